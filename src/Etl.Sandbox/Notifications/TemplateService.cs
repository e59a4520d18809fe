using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Lists;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Notifications;

/// <summary>
/// <c>eventnotification_eventnotificationtemplate</c>: list, listTemplates, get, clone, update, updateStatus, delete. <c>add</c> is for the service's own
/// administrators, here as in its public permissions; those would also refuse update, updateStatus and delete, which accounts of the
/// hosted service are told to use.
/// </summary>
internal sealed class TemplateService(TemplateBook templates, int partner, TimeProvider clock)
{
    public const string Name = "eventnotification_eventnotificationtemplate";

    public object? Run(string action, ParamNode call, KalturaSession? session)
    {
        Dispatcher.RequireAdmin(session, Name, action);
        return action switch
        {
            "list" => List(call, delivered: false),
            "listtemplates" => List(call, delivered: true),
            "get" => templates.Change(Id(call), t => t).ToReply(),
            "clone" => templates.Clone(Id(call), partner, clock.GetUtcNow().ToUnixTimeSeconds(), t => Apply(t, call["eventNotificationTemplate"])).ToReply(),
            "update" => templates.Change(Id(call), t => Apply(t, call["eventNotificationTemplate"] ?? throw ApiException.Missing("eventNotificationTemplate"))).ToReply(),
            "updatestatus" => templates.Change(Id(call), t => t with { Status = (int)PhpCast.ToInt(call.TextOf("status")) }).ToReply(),
            "delete" => Delete(call),
            "add" => throw ApiException.Forbidden(Name, action),
            _ => throw ApiException.UnknownAction(Name, action),
        };
    }

    private object? Delete(ParamNode call)
    {
        templates.Change(Id(call), t => t with { Status = 3 });
        return null;
    }

    private static long Id(ParamNode call) => PhpCast.ToInt(call.TextOf("id") ?? throw ApiException.Missing("id"));

    private ApiObject List(ParamNode call, bool delivered)
    {
        var filter = call["filter"];
        var matches = templates.List(delivered).Where(t =>
            filter?.TextOf("typeEqual") is null or "httpNotification.Http"
            && (filter?.TextOf("systemNameEqual") is not { } name || t.SystemName == name)
            && (filter?.TextOf("statusEqual") is not { } status || t.Status == PhpCast.ToInt(status))).ToList();
        return ListPager.Read(call["pager"]).Reply("KalturaEventNotificationTemplateListResponse", matches, t => t.ToReply(), capped: false);
    }

    /// <summary>Takes over what was sent. Properties that the type does not have are dropped without a word, as everywhere (wire facts 1.2).</summary>
    private static Template Apply(Template template, ParamNode? sent)
    {
        if (sent is not { IsMap: true }) return template;
        // Another class than the declared one's children counts as the declared one, which has no URL.
        var isHttp = sent.TextOf("objectType") == "KalturaHttpNotificationTemplate";
        if (!isHttp)
            throw new ApiException("EVENT_NOTIFICATION_WRONG_TYPE", "Event notification template is of type [httpNotification.Http]", ("TYPE", "httpNotification.Http"));
        var data = sent["data"];
        if (data is { IsMap: true } && data.TextOf("apiObjectType") is not { Length: > 0 })
            throw new ApiException("HTTP_NOTIFICATION_INVALID_OBJECT_TYPE", "Invalid object type");
        return template with
        {
            Name = sent.TextOf("name") ?? template.Name,
            SystemName = sent.TextOf("systemName") ?? template.SystemName,
            Description = sent.TextOf("description") ?? template.Description,
            Url = sent.TextOf("url") ?? template.Url,
            Method = sent.TextOf("method") is { } method ? (int)PhpCast.ToInt(method) : template.Method,
            HashAlgorithm = sent.TextOf("secureHashingAlgo") is { } hash ? (int)PhpCast.ToInt(hash) : template.HashAlgorithm,
            DataType = data?.TextOf("objectType") ?? template.DataType,
            ApiObjectType = data?.TextOf("apiObjectType") ?? template.ApiObjectType,
        };
    }
}

using System.Globalization;
using System.Text.Json;
using Etl.Sandbox.Events;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Actions;

/// <summary>
/// The messaging service's <c>POST /api/v1/message/send</c>: recorded and answered, and sent to nobody. Its groups are <c>attendees-&lt;event&gt;</c> of the
/// events 70001 to 70003; every template and application is taken to exist.
/// <code>
/// {"receiverType":"group"|"user","groupIds"|"userIds":[..],"appGuid","templateId","type":"email","msgParams":{name:{"type","value"}}[,"session"][,"adminTags"]}
/// -> {"id","bulkId","partnerId","appGuid","templateId","type","receiverType","status":"sending","session"}
/// errors: 401, 403 and 400 as {"statusCode","error","message": list}; 400 as {"code":"noActiveGroups","message"}
/// </code>
/// </summary>
internal sealed class MessagingEndpoint(SessionBook sessions, FaultBook faults, ActionBook actions, int partner)
{
    private static readonly string[] Tokens = ["User", "String", "MagicLink", "Dynamic", "UnsubscribeUri", "JwtQrCode"];

    public async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.TrimEnd('/').ToLowerInvariant();
        var known = path == "/api/v1/message/send" && HttpMethods.IsPost(context.Request.Method);
        var hits = known ? faults.Take("message", "send", null, null) : [];
        var (status, body) = known
            ? await SendAsync(context, hits).ConfigureAwait(false)
            : Error(404, "Not Found", $"Cannot {context.Request.Method} {context.Request.Path.Value}");
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json; charset=utf-8";
        await AnswerWriter.WriteAsync(context, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(body), hits).ConfigureAwait(false);
    }

    private async Task<(int Status, object Body)> SendAsync(HttpContext context, List<SandboxFault> hits)
    {
        if (hits.Any(h => h.Kind == SandboxFaultKinds.ActionBlocked)) return Error(429, "Too Many Requests", "Too many requests");
        if (hits.Any(h => h.Kind == SandboxFaultKinds.InternalError)) return Error(500, "Internal Server Error", "Internal server error");
        if (hits.Any(h => h.Kind == SandboxFaultKinds.ExpiredSession) || Open(context) is not { } session) return Error(401, "Unauthorized", "Unauthorized");
        if (session.Type != 2) return Error(403, "Forbidden", "Forbidden resource");
        JsonElement body;
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
            body = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return Error(400, "Bad Request", "The body is not JSON");
        }
        if (body.ValueKind != JsonValueKind.Object) return Error(400, "Bad Request", "The body is not an object");
        var wrong = Faults(body).ToList();
        if (wrong.Count > 0) return (400, new { statusCode = 400, error = "Bad Request", message = wrong });
        var group = Text(body, "receiverType") == "group";
        var to = body.GetProperty(group ? "groupIds" : "userIds").EnumerateArray().Select(e => e.GetString()!).ToList();
        if (group && !to.Any(g => VirtualEvents.Ids.Any(id => g == string.Create(CultureInfo.InvariantCulture, $"attendees-{id}"))))
            return (400, new { code = "noActiveGroups", message = "All specified groups are inactive" });
        var number = actions.Send(Text(body, "templateId")!, group ? "groups " + string.Join(',', to) : string.Create(CultureInfo.InvariantCulture, $"{to.Count} users"));
        return (201, new
        {
            id = $"66{number:x22}", bulkId = $"bulk_{number:x8}", partnerId = partner, appGuid = Text(body, "appGuid"), templateId = Text(body, "templateId"),
            type = "email", receiverType = Text(body, "receiverType"), status = "sending", session = Text(body, "session"),
        });
    }

    private static IEnumerable<string> Faults(JsonElement body)
    {
        foreach (var needed in (string[])["appGuid", "templateId"])
            if (Text(body, needed) is not { Length: > 0 }) yield return $"{needed} should not be empty";
        if (Text(body, "type") != "email") yield return "type must be one of the following values: email";
        if (Text(body, "receiverType") is not ("user" or "group")) yield return "receiverType must be one of the following values: user, group";
        else if (!(body.TryGetProperty(Text(body, "receiverType") == "group" ? "groupIds" : "userIds", out var to) && to.ValueKind == JsonValueKind.Array && to.GetArrayLength() > 0
            && to.EnumerateArray().All(e => e.ValueKind == JsonValueKind.String)))
            yield return "each receiver must be a string";
        if (!body.TryGetProperty("msgParams", out var tokens) || tokens.ValueKind != JsonValueKind.Object) yield return "msgParams must be an object";
        else
        {
            foreach (var token in tokens.EnumerateObject())
            {
                if (token.Value.ValueKind != JsonValueKind.Object || Text(token.Value, "type") is not { } type || !Tokens.Contains(type) || !token.Value.TryGetProperty("value", out var value)) yield return $"msgParams.{token.Name} needs type and value";
                else if (type == "MagicLink" && !(value.ValueKind == JsonValueKind.Object && value.TryGetProperty("expiry", out var hours) && hours.ValueKind == JsonValueKind.Number))
                    yield return $"msgParams.{token.Name}.value.expiry must be a number";
            }
        }
    }

    private KalturaSession? Open(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.Ordinal)) return null;
        try
        {
            return sessions.Open(header["Bearer ".Length..].Trim());
        }
        catch (ApiException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement item, string member) => item.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static (int Status, object Body) Error(int status, string error, string message) => (status, new { statusCode = status, error, message });
}

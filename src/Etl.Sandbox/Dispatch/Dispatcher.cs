using System.Globalization;
using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Dispatch;

/// <summary>
/// Finds service and action of a call and runs it. Order of checks as on the service (wire facts 1.2): session token, arguments,
/// permission, action.
/// </summary>
internal sealed class Dispatcher(
    SandboxOptions options, SessionBook sessions, FaultBook faults, ReportBook book, CatalogueData catalogue, ReportEngine engine)
{
    private readonly TableAction _table = new(engine, book);
    private readonly TotalAction _total = new(engine, book);
    private readonly GraphAction _graphs = new(engine, book);

    /// <summary>
    /// The result of a call, errors included; faults of the HTTP answer are added to <paramref name="httpFaults"/>. A multirequest gives the
    /// list of its results.
    /// </summary>
    public object? Run(ParamNode call, List<SandboxFault> httpFaults) =>
        string.Equals(call.TextOf("service"), "multirequest", StringComparison.OrdinalIgnoreCase)
            ? new Multirequest(part => Single(part, httpFaults)).Run(call)
            : Single(call, httpFaults);

    private object? Single(ParamNode call, List<SandboxFault> httpFaults)
    {
        try
        {
            var service = (call.TextOf("service") is { Length: > 0 } s ? s : throw ApiException.NoService()).ToLowerInvariant();
            var action = (call.TextOf("action") is { Length: > 0 } a ? a : throw ApiException.NoAction()).ToLowerInvariant();
            var hits = faults.Take(service, action, NumberOf(call, "reportType"), NumberOf(call["pager"], "pageIndex"));
            httpFaults.AddRange(hits);
            ThrowIfAsked(hits, service, action);
            return Execute(service, action, call, hits);
        }
        catch (ApiException error)
        {
            return error.ToReply();
        }
    }

    private static void ThrowIfAsked(List<SandboxFault> hits, string service, string action)
    {
        foreach (var hit in hits)
        {
            switch (hit.Kind)
            {
                case SandboxFaultKinds.ActionBlocked: throw ApiException.Blocked(service, action);
                case SandboxFaultKinds.QueryTimedOut: throw ApiException.TimedOut();
                case SandboxFaultKinds.InternalError: throw ApiException.Internal();
                case SandboxFaultKinds.ExpiredSession: throw ApiException.InvalidKs("EXPIRED");
            }
        }
    }

    private object? Execute(string service, string action, ParamNode call, List<SandboxFault> hits)
    {
        var token = call.TextOf("ks") is { Length: > 0 } ks ? ks : null;
        switch (service)
        {
            case "session":
                return Session(action, call, token);
            case "apptoken":
                return action == "startsession" ? AppToken(call, token) : throw ApiException.UnknownAction(service, action);
            case "report":
                return Report(action, call, token, hits);
            default:
                throw ApiException.UnknownService(service);
        }
    }

    private object? Session(string action, ParamNode call, string? token)
    {
        var session = token is null ? null : sessions.Open(token);
        switch (action)
        {
            case "start":
                return sessions.Start(
                    call.TextOf("secret") ?? throw ApiException.Missing("secret"),
                    call.TextOf("userId") ?? "",
                    PhpCast.ToInt(call.TextOf("type")),
                    call.TextOf("partnerId") ?? call.TextOf("p") ?? "",
                    PhpCast.ToInt(call.TextOf("expiry")),
                    call.TextOf("privileges") ?? "");
            case "startwidgetsession":
                return sessions.StartWidget(call.TextOf("widgetId"), PhpCast.ToInt(call.TextOf("expiry")));
            case "get":
                var asked = call.TextOf("session") is { Length: > 0 } other ? other : token;
                if (asked is null || session is null)
                    throw ApiException.MissingKs();
                return SessionBook.Describe(asked, asked == token ? session : sessions.Open(asked));
            case "end":
                if (token is null || session is null)
                    throw ApiException.MissingKs();
                sessions.End(token, session);
                return null;
            default:
                throw ApiException.UnknownAction("session", action);
        }
    }

    private ApiObject AppToken(ParamNode call, string? token)
    {
        if (token is not null)
            sessions.Open(token);
        var id = call.TextOf("id") ?? throw ApiException.Missing("id");
        var hash = call.TextOf("tokenHash") ?? throw ApiException.Missing("tokenHash");
        return sessions.StartFromAppToken(
            token ?? throw ApiException.MissingKs(), id, hash, call.TextOf("userId"),
            PhpCast.ToInt(call.TextOf("expiry")), call.TextOf("sessionPrivileges") ?? "");
    }

    private object? Report(string action, ParamNode call, string? token, List<SandboxFault> hits)
    {
        var session = token is null ? null : sessions.Open(token);
        var name = action switch
        {
            "gettable" => "getTable",
            "gettotal" => "getTotal",
            "getgraphs" => "getGraphs",
            "getbasetotal" => "getBaseTotal",
            _ => throw ApiException.UnknownAction("report", action),
        };
        // A `reftime` privilege replaces "now" for relative times.
        var now = session?.PrivilegeValue("reftime") is { } reference ? PhpCast.ToInt(reference) : options.Clock.GetUtcNow().ToUnixTimeSeconds();
        var request = ReportRequest.Read(call, name == "getTable", book, catalogue, now);
        if (session is null)
            throw ApiException.MissingKs();
        // Ordinary users hold no analytics permission.
        if (session.Type != 2)
            throw ApiException.Forbidden("report", name);
        switch (name)
        {
            case "getTable":
                var reply = _table.Run(TableFaults.Before(request, hits), TableFaults.Shift(hits));
                return TableFaults.After(reply, hits).ToApi(request.Delimiter);
            case "getTotal":
                return _total.Run(request);
            case "getGraphs":
                return _graphs.Run(request);
            default:
                // Only 17 and 18 have base totals, and the sandbox computes neither.
                throw ApiException.Internal();
        }
    }

    private static long? NumberOf(ParamNode? owner, string name) =>
        long.TryParse(owner?.TextOf(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}

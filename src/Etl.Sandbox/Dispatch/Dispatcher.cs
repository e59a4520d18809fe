using System.Globalization;
using Etl.Sandbox.Accounts;
using Etl.Sandbox.Collect;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Dispatch;

/// <summary>Runs one action of a service; the session is open and valid, or was not sent.</summary>
internal delegate object? ServiceCall(string action, ParamNode call, KalturaSession? session, List<SandboxFault> hits);

/// <summary>
/// Finds service and action of a call and runs it. Order of checks as on the service (wire facts 1.2): session token, arguments,
/// permission, action. Services of plugins are known by their prefixed name only.
/// </summary>
internal sealed class Dispatcher(AccountBook accounts, Collector collector, FaultBook faults)
{
    /// <summary>
    /// The result of a call, errors included; faults of the HTTP answer are added to <paramref name="httpFaults"/>. A multirequest gives the
    /// list of its results; a file among them replaces the whole answer.
    /// </summary>
    public object? Run(ParamNode call, Caller caller, List<SandboxFault> httpFaults)
    {
        if (!string.Equals(call.TextOf("service"), "multirequest", StringComparison.OrdinalIgnoreCase))
            return Single(call, caller, httpFaults);
        var results = new Multirequest(part => IsTracking(part) ? ApiException.UnknownAction("analytics", "trackEvent").ToReply() : Single(part, caller, httpFaults)).Run(call);
        return results.OfType<FileAnswer>().FirstOrDefault() is { } file ? file : results;
    }

    /// <summary>The tracking host is a server of its own, without multirequests.</summary>
    private static bool IsTracking(ParamNode part) =>
        Collector.IsTracking(part.TextOf("service")?.ToLowerInvariant() ?? "", part.TextOf("action")?.ToLowerInvariant() ?? "");

    private object? Single(ParamNode call, Caller caller, List<SandboxFault> httpFaults)
    {
        try
        {
            var service = (call.TextOf("service") is { Length: > 0 } s ? s : throw ApiException.NoService()).ToLowerInvariant();
            var action = (call.TextOf("action") is { Length: > 0 } a ? a : throw ApiException.NoAction()).ToLowerInvariant();
            // Custom reports carry their number as id.
            var hits = faults.Take(service, action, NumberOf(call, "reportType") ?? NumberOf(call, "id"), NumberOf(call["pager"], "pageIndex"), accounts.Meant(call));
            httpFaults.AddRange(hits);
            ThrowIfAsked(hits, service, action);
            var owner = accounts.Owner(call);
            if (Collector.Takes(service, action))
                return collector.Run(service, action, call, () => Open(owner, call), caller);
            if (!owner.Services.ContainsKey(service))
                throw ApiException.UnknownService(service);
            var session = Open(owner, call);
            return accounts.Acting(owner, call, service, action).Services[service](action, call, session, hits);
        }
        catch (ApiException error)
        {
            return error.ToReply();
        }
    }

    private static KalturaSession? Open(Account owner, ParamNode call) => call.TextOf("ks") is { Length: > 0 } token ? owner.Sessions.Open(token) : null;

    /// <summary>The session of an action that only administrators may call.</summary>
    public static KalturaSession RequireAdmin(KalturaSession? session, string service, string action)
    {
        if (session is null)
            throw ApiException.MissingKs();
        return session.Type == 2 ? session : throw ApiException.Forbidden(service, action);
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

    private static long? NumberOf(ParamNode? owner, string name) =>
        long.TryParse(owner?.TextOf(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}

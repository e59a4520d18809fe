using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Live;

/// <summary>The services <c>liveReports</c> (open to ordinary users) and <c>beacon_beacon</c>.</summary>
internal sealed class LiveService(Timeline timeline, Beacons beacons, TimeProvider clock)
{
    public object? LiveReports(string action, ParamNode call, KalturaSession? session)
    {
        if (action != "getevents")
            throw ApiException.UnknownAction("livereports", action);
        return session is null ? throw ApiException.MissingKs() : timeline.Run(call, Now(session));
    }

    public object? Beacons(string action, ParamNode call, KalturaSession? session)
    {
        if (action != "list")
            throw ApiException.UnknownAction("beacon_beacon", action);
        return beacons.Run(call, Now(Dispatcher.RequireAdmin(session, "beacon_beacon", "list")));
    }

    private long Now(KalturaSession session) =>
        session.PrivilegeValue("reftime") is { } reference ? PhpCast.ToInt(reference) : clock.GetUtcNow().ToUnixTimeSeconds();
}

using System.Net;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Doors;

/// <summary>
/// The names under which this server may be asked. A page of somebody else can make a browser ask this machine under a name of its own
/// (DNS rebinding); it cannot change the name that the browser then says.
/// </summary>
internal sealed class HostNames(IReadOnlyList<string> allowed)
{
    private static readonly string[] s_loopback = ["localhost", "127.0.0.1", "[::1]"];

    private readonly HashSet<string> _names = new([.. s_loopback, .. allowed], StringComparer.OrdinalIgnoreCase);

    public void Use(IApplicationBuilder application) => application.Use(async (context, next) =>
    {
        // Probes of a load balancer ask by address, and learn nothing.
        if (_names.Contains(context.Request.Host.Host) || Health.HealthEndpoints.IsProbe(context.Request.Path))
        {
            await next(context).ConfigureAwait(false);
            return;
        }
        await Problem.Of(
            StatusCodes.Status421MisdirectedRequest, $"This server does not answer to that host name. Set {StatusServerOptions.HostsSetting} to the names under which it may be asked.", "host").ExecuteAsync(context).ConfigureAwait(false);
    });

    public static bool IsLoopback(string host) =>
        s_loopback.Contains(host, StringComparer.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}

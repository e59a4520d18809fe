using Etl.Server.Doors;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Health;

/// <summary>
/// Two questions of whoever keeps processes alive: <c>/healthz</c>, does this one live; <c>/readyz</c>, can it work. Open to anybody, so they
/// name what is wrong in one word and tell no more.
/// </summary>
internal static class HealthEndpoints
{
    private const string Live = "/healthz", Ready = "/readyz";

    public static bool IsProbe(PathString path) => path == Live || path == Ready;

    public static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Live, () => Results.Text("ok")).AllowAnonymous().ExcludeFromDescription();
        endpoints.MapGet(Ready, ReadyAsync).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(Readiness readiness, CancellationToken cancellation) =>
        await readiness.FindFaultAsync(cancellation).ConfigureAwait(false) is { } fault
            ? Problem.Of(StatusCodes.Status503ServiceUnavailable, $"Not ready: {fault}.", fault)
            : Results.Text("ready");
}

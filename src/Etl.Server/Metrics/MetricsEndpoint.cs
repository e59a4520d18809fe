using Etl.Core.Telemetry;
using Etl.Server.Who;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server.Metrics;

/// <summary><c>/metrics</c>, for viewers unless a setting opens it.</summary>
internal static class MetricsEndpoint
{
    public static void Map(IEndpointRouteBuilder endpoints, bool open)
    {
        // Made now: what is counted before the first reading counts.
        var metrics = endpoints.ServiceProvider.GetRequiredService<ServerMetrics>();
        var text = endpoints.ServiceProvider.GetRequiredService<PrometheusText>();
        var endpoint = endpoints.MapGet("/metrics", async (CancellationToken cancellation) =>
        {
            await metrics.RefreshAsync(cancellation).ConfigureAwait(false);
            return Results.Text(text.Write(), PrometheusText.ContentType);
        }).ExcludeFromDescription();
        if (open) endpoint.AllowAnonymous();
        else endpoint.RequireAuthorization(Policies.Viewer);
    }

    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton(provider =>
        {
            var own = provider.GetRequiredService<ServerMetrics>().Meter;
            return new PrometheusText(m => ReferenceEquals(m, own) || ReferenceEquals(m, EtlActivity.Meter) || m.Name == "System.Runtime");
        });
    }
}

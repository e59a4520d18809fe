using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Etl.Server;

/// <summary>The web server inside <c>etl serve</c>: page, API, webhooks, health and metrics.</summary>
public sealed class StatusServer : IAsyncDisposable
{
    private readonly WebApplication _application;

    private StatusServer(WebApplication application) => _application = application;

    /// <summary>Where it listens, with the ports that were really taken.</summary>
    public IReadOnlyList<Uri> Urls => [.. _application.Urls.Select(u => new Uri(u))];

    /// <summary>Starts to listen.</summary>
    /// <param name="options">Where, and for whom.</param>
    /// <param name="parts">What it works with.</param>
    /// <param name="cancellation">Stops the start.</param>
    public static async Task<StatusServer> StartAsync(StatusServerOptions options, ServerParts parts, CancellationToken cancellation)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls([.. options.Urls.Select(u => u.ToString())]);
        builder.Services.AddSingleton(parts);
        builder.Services.AddSingleton<Pages.PageReader>();
        builder.Services.AddAntiforgery();
        var application = builder.Build();
        application.MapGet("/healthz", () => Results.Text("ok"));
        Pages.PageEndpoints.Map(application);
        foreach (var extension in options.Extensions) extension(application);
        await application.StartAsync(cancellation).ConfigureAwait(false);
        return new StatusServer(application);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }
}

using Etl.Server.Api;
using Etl.Server.Doors;
using Etl.Server.Health;
using Etl.Server.Metrics;
using Etl.Server.Pages;
using Etl.Server.Reading;
using Etl.Server.Telemetry;
using Etl.Server.Who;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server;

/// <summary>The web server inside <c>etl serve</c>: page, API, webhooks, health and metrics.</summary>
public sealed class StatusServer : IAsyncDisposable
{
    private readonly WebApplication _application;
    private readonly Otlp? _otlp;

    private StatusServer(WebApplication application, Otlp? otlp) => (_application, _otlp) = (application, otlp);

    /// <summary>Where it listens, with the ports that were really taken.</summary>
    public IReadOnlyList<Uri> Urls => [.. _application.Urls.Select(u => new Uri(u))];

    /// <summary>True while whoever sits at this machine is its operator, since it has no users.</summary>
    public bool WelcomesAnybody => Schemes.KnowsLocalPerson(_application.Services.GetRequiredService<StatusServerOptions>()) && _application.Services.GetRequiredService<Users>().IsEmpty;

    /// <summary>What it answers to.</summary>
    internal IEnumerable<Endpoint> Endpoints => ((IEndpointRouteBuilder)_application).DataSources.SelectMany(s => s.Endpoints);

    /// <summary>Starts to listen.</summary>
    /// <param name="options">Where, and for whom.</param>
    /// <param name="parts">What it works with.</param>
    /// <param name="cancellation">Stops the start.</param>
    /// <exception cref="Core.Errors.EtlException">It would be open to anybody, or a setting is not usable; nothing listens.</exception>
    public static async Task<StatusServer> StartAsync(StatusServerOptions options, ServerParts parts, CancellationToken cancellation)
    {
        var folder = StatusServerOptions.UsersFolder(options.DataFolder);
        var users = new Users(folder, options.Users, options.Say, parts.Time);
        DoorRules.Check(options, users);
        var certificate = DoorRules.Certificate(options);
        var forwarded = DoorRules.Forwarded(options.Proxies);

        // Empty: an environment variable of the framework's could otherwise open other doors than these, or believe any proxy.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().UseUrls([.. options.Urls.Select(u => u.ToString())]).ConfigureKestrel(kestrel =>
        {
            Limits.Set(kestrel);
            if (certificate is not null) kestrel.ConfigureHttpsDefaults(https => https.ServerCertificate = certificate);
        });
        AddServices(builder.Services, options, parts, users, folder);

        var application = builder.Build();
        SecurityHeaders.Use(application);
        Faults.Use(application, options.Say);
        new HostNames(options.Hosts).Use(application);
        if (options.Proxies.Count > 0) application.UseForwardedHeaders(forwarded);
        application.UseRouting();
        application.UseAuthentication();
        application.UseAuthorization();
        AntiforgeryGuard.Use(application);
        HealthEndpoints.Map(application);
        LoginEndpoints.Map(application);
        OpenIdLogin.Map(application, options.OpenId);
        ApiEndpoints.Map(application);
        application.MapOpenApi(ApiEndpoints.OpenApi).RequireAuthorization(Policies.Viewer);
        PageEndpoints.Map(application);
        MetricsEndpoint.Map(application, options.AreMetricsOpen);
        foreach (var extension in options.Extensions) extension(application);
        try
        {
            await application.StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or System.Net.Sockets.SocketException)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw Limits.CannotListen(options.Urls, fault);
        }
        return new StatusServer(application, Otlp.Start(application.Services.GetRequiredService<ServerMetrics>()));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        _otlp?.Dispose();
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private static void AddServices(IServiceCollection services, StatusServerOptions options, ServerParts parts, Users users, string folder)
    {
        services.AddSingleton(parts);
        services.AddSingleton(parts.Time);
        services.AddSingleton(options);
        services.AddSingleton(users);
        services.AddSingleton<Logins>();
        services.AddSingleton<RunEvents>();
        services.AddSingleton<EndedLogins>();
        services.AddSingleton<LoginThrottle>();
        services.AddSingleton<HashQueue>();
        services.AddSingleton<Overviews>();
        services.AddSingleton<Readiness>();
        MetricsEndpoint.Add(services);
        services.AddRouting();
        services.AddDataProtection().SetApplicationName("etl");
        services.Configure<KeyManagementOptions>(o => o.XmlRepository = new CookieKeys(Path.Combine(folder, "cookies")));
        services.ConfigureHttpJsonOptions(o => ApiJson.Set(o.SerializerOptions));
        services.AddOpenApi("v1", ApiDocument.Describe);
        Schemes.Add(services, options);
        AntiforgeryGuard.Add(services);
        PageEndpoints.Add(services);
    }
}

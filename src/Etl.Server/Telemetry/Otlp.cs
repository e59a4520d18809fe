using Etl.Core.Telemetry;
using Etl.Server.Metrics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Etl.Server.Telemetry;

/// <summary>
/// Sends spans and metrics to a collector by OTLP. Switched on by the standard variable <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; the other standard ones
/// (protocol, headers, service name, sampler) are followed as well. Only etl's own spans are sent: those of the HTTP client would show addresses,
/// which may hold sessions.
/// </summary>
internal sealed class Otlp : IDisposable
{
    /// <summary>The variable that switches it on.</summary>
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _refreshing;

    private Otlp(ServerMetrics metrics)
    {
        var resource = ResourceBuilder.CreateDefault();
        if (Environment.GetEnvironmentVariable("OTEL_SERVICE_NAME") is null) resource.AddService(EtlActivity.Name, serviceVersion: metrics.Meter.Version);
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(EtlActivity.Name).AddOtlpExporter().Build();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(EtlActivity.Name, "System.Runtime").AddOtlpExporter().Build();
        _refreshing = RefreshAsync(metrics, _end.Token);
    }

    /// <summary>Begins to send where the variable is set; null otherwise.</summary>
    public static Otlp? Start(ServerMetrics metrics) => string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Endpoint)) ? null : new Otlp(metrics);

    /// <summary>Sends what is left and ends.</summary>
    public void Dispose()
    {
        _end.Cancel();
        _refreshing.ContinueWith(_ => { }, TaskScheduler.Default).Wait();
        _traces.Dispose();
        _metrics.Dispose();
        _end.Dispose();
    }

    // Gauges are asked by the exporter's own clock and cannot wait for a ledger.
    private static async Task RefreshAsync(ServerMetrics metrics, CancellationToken end)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(30));
        do await metrics.RefreshAsync(end).ConfigureAwait(false);
        while (await timer.WaitForNextTickAsync(end).ConfigureAwait(false));
    }
}

using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Telemetry;
using Etl.Server.Tests.Support;
using Etl.Testing.Rows;

namespace Etl.Server.Tests;

/// <summary>Sets variables of the process, so nothing runs beside it.</summary>
[CollectionDefinition(nameof(OtlpTests), DisableParallelization = true)]
public sealed class OtlpAlone;

[Collection(nameof(OtlpTests))]
public sealed class OtlpTests
{
    [Fact]
    public async Task Spans_and_metrics_reach_a_collector_that_the_standard_variable_names()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Url);
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        try
        {
            await using var house = await House.OpenAsync();
            using (EtlActivity.Start("window", Keys.Key()))
            using (EtlActivity.Start("pull", Keys.Key()))
            {
                // Nothing to do.
            }
            house.Feed.Finished(new WindowOutcome { Key = Keys.Key(), State = WindowState.Landed, Rows = 12 });
        }
        finally
        {
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", null);
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL", null);
        }
        var spans = receiver.Spans();
        Assert.Equal(["pull", "window"], spans.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(spans.Single(s => s.Name == "window").Id, spans.Single(s => s.Name == "pull").Parent);
        Assert.Contains("etl.windows.finished", receiver.Metrics());
        Assert.Contains("etl.build", receiver.Metrics());
    }

    [Fact]
    public async Task Nothing_is_sent_without_the_variable()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using (await House.OpenAsync()) Assert.Null(EtlActivity.Start("window", Keys.Key()));
        Assert.Empty(receiver.Received);
    }
}

using System.Diagnostics.Metrics;
using System.Net;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Server.Metrics;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Etl.Testing.Rows;

namespace Etl.Server.Tests;

public sealed class MetricsTests
{
    [Fact]
    public async Task Metrics_tell_windows_lateness_and_what_this_server_did()
    {
        await using var house = await House.OpenAsync();
        await ApiTests.LandAsync(house, "2026-11-18", "p1", 12);
        await ApiTests.SettleAsync(house, "2026-11-19", WindowState.Failed, "no");
        house.Feed.Moved(Keys.Key(), WindowState.Pulling);
        house.Feed.Moved(Keys.Key("2026-11-18"), WindowState.Pulling);
        house.Feed.Finished(new WindowOutcome { Key = Keys.Key(), State = WindowState.Landed, Rows = 12, Quarantined = 2, Elapsed = TimeSpan.FromSeconds(2) });
        using var client = house.Client(Role.Viewer);
        using var answer = await client.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n');
        foreach (var line in new[]
        {
            "# TYPE etl_windows gauge", "etl_windows{job=\"nightly\",state=\"landed\"} 1", "etl_windows{job=\"nightly\",state=\"failed\"} 1",
            "etl_job_rows{job=\"nightly\"} 12", "etl_job_late_seconds{job=\"nightly\"} 17100", "etl_job_freshness_seconds{job=\"nightly\"} 111600", "etl_job_next_seconds{job=\"nightly\"} 3600",
            "# TYPE etl_windows_finished_total counter", "etl_windows_finished_total{job=\"nightly\",state=\"landed\"} 1", "etl_rows_landed_total{job=\"nightly\"} 12",
            "etl_rows_quarantined_total{job=\"nightly\"} 2", "etl_windows_running 1", "# TYPE etl_window_duration_seconds histogram",
            "etl_window_duration_seconds_bucket{job=\"nightly\",state=\"landed\",le=\"1\"} 0", "etl_window_duration_seconds_bucket{job=\"nightly\",state=\"landed\",le=\"3\"} 1",
            "etl_window_duration_seconds_bucket{job=\"nightly\",state=\"landed\",le=\"+Inf\"} 1", "etl_window_duration_seconds_sum{job=\"nightly\",state=\"landed\"} 2",
            "etl_window_duration_seconds_count{job=\"nightly\",state=\"landed\"} 1",
        })
            Assert.Contains(line, lines);
        Assert.Contains(lines, l => l.StartsWith("etl_build_info{engine=\"quartz\",version=\"", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("dotnet_process_memory_working_set_bytes ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_are_open_only_where_a_setting_says_so()
    {
        await using var open = await House.OpenAsync(more: o => o with { AreMetricsOpen = true });
        using var stranger = open.Client();
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/api/v1/jobs")).StatusCode);
    }

    [Fact]
    public void Values_of_labels_cannot_break_out()
    {
        using var meter = new Meter("test");
        using var text = new PrometheusText(m => ReferenceEquals(m, meter));
        var counter = meter.CreateCounter<int>("a.b", description: "two\nlines");
        counter.Add(1, new("z", "quote\" slash\\ line\nend"), new("a", null));
        counter.Add(2, new("a", null), new("z", "quote\" slash\\ line\nend"));
        Assert.Equal("# HELP a_b_total two lines\n# TYPE a_b_total counter\na_b_total{a=\"\",z=\"quote\\\" slash\\\\ line\\nend\"} 3\n", text.Write());
        Assert.Equal(text.Write(), text.Write());
    }

    [Fact]
    public async Task Counting_from_many_threads_loses_nothing()
    {
        using var meter = new Meter("test");
        using var text = new PrometheusText(m => ReferenceEquals(m, meter));
        var counter = meter.CreateCounter<long>("n");
        var histogram = meter.CreateHistogram<double>("h", "s");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() =>
        {
            for (var j = 0; j < 2000; j++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("k", j % 5));
                histogram.Record(0.2);
                if (j % 500 == 0) text.Write();
            }
        })));
        var lines = text.Write().Split('\n');
        for (var k = 0; k < 5; k++) Assert.Contains($"n_total{{k=\"{k}\"}} 3200", lines);
        Assert.Contains("h_seconds_bucket{le=\"0.1\"} 0", lines);
        Assert.Contains("h_seconds_bucket{le=\"0.25\"} 16000", lines);
        Assert.Contains("h_seconds_count 16000", lines);
    }

    [Fact]
    public async Task Readiness_names_what_does_not_answer_and_no_more()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        Assert.Equal("ready", await client.GetStringAsync("/readyz"));
        house.Desk.Fault = new EtlException(FaultKind.Unreachable, "canary") { IsTransient = true };
        Assert.Equal("ready", await client.GetStringAsync("/readyz"));
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        using var answer = await client.GetAsync("/readyz");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("Not ready: scheduler.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        Assert.Equal("ok", await client.GetStringAsync("/healthz"));
        // Probes ask by address.
        using var probe = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = "10.1.2.3:8080" } };
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(probe)).StatusCode);
    }
}

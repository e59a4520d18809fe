using Etl.Core.Jobs;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Live;

public class LiveRulesTests
{
    private static readonly KalturaSourceRules s_rules = new(KalturaCatalog.Shared);

    [Theory]
    [InlineData("10001")]
    [InlineData("10005")]
    [InlineData("10008")]
    [InlineData("10011")]
    public void Realtime_tables_fit_a_live_job(string report) =>
        Assert.Empty(s_rules.CheckLive(new SourceSpec { Action = "table", Report = report, Interval = "ten_seconds" }, live: true));

    [Theory]
    [InlineData("table", "38", null, true, "report", "polls live-events, beacons, stream-status, or the table of a realtime report: 10001,")]
    [InlineData("table", "10009", null, true, "report", "10011")]
    [InlineData("graphs", "10005", null, true, "action", "the table of a realtime report")]
    [InlineData("table", "10005", "minutes", true, "interval", "Write 'interval: ten_seconds'")]
    [InlineData("table", "10005", "ten_seconds", false, "interval", "window: { every: minute }")]
    [InlineData("live-events", null, null, false, "action", "window: { every: minute }")]
    [InlineData("beacons", null, null, false, "action", "--for 10m")]
    public void What_does_not_fit_is_told_with_the_right_form(string action, string? report, string? interval, bool live, string path, string words)
    {
        var fault = Assert.Single(s_rules.CheckLive(new SourceSpec { Action = action, Report = report, Interval = interval, Entries = ["1_abc"] }, live));

        Assert.Equal(path, fault.Path);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sources_of_the_past_fit_jobs_that_are_not_live()
    {
        Assert.Empty(s_rules.CheckLive(new SourceSpec { Action = "table", Report = "38" }, live: false));
        Assert.Empty(s_rules.CheckLive(new SourceSpec { Action = "table", Report = "10005" }, live: false));
    }

    [Fact]
    public void TenSeconds_is_refused_with_the_word_that_the_service_takes() =>
        Assert.Contains("Did you mean 'ten_seconds'?", Assert.Single(s_rules.Check(new SourceSpec { Action = "table", Report = "10005", Interval = "tenSeconds" })).Message, StringComparison.Ordinal);

    [Fact]
    public void Entries_and_kind_are_checked()
    {
        Assert.Contains(s_rules.Check(new SourceSpec { Action = "live-events" }), f => f.Path == "entries");
        Assert.Contains(s_rules.Check(new SourceSpec { Action = "live-events", Entries = ["a b"] }), f => f.Path == "entries[0]");
        Assert.Contains(s_rules.Check(new SourceSpec { Action = "beacons", Kind = "Log", Entries = ["1_a"] }), f => f.Path == "kind");
        Assert.Contains(s_rules.Check(new SourceSpec { Action = "stream-status", Entries = [.. Enumerable.Range(0, 101).Select(i => $"1_{i}")] }), f => f.Message.Contains("100", StringComparison.Ordinal));
        Assert.Empty(s_rules.Check(new SourceSpec { Action = "stream-status", Entries = ["1_abc"] }));
    }
}

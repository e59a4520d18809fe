using Etl.Core.Jobs;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Jobs;

/// <summary>Job files of live jobs.</summary>
public class LiveJobTests
{
    private static string Live(string source, string window = "{ every: minute }", string more = "") =>
        $"job: ops\nsource: {source}\nwindow: {window}\nland: [ parquet: {{ dataset: ops }} ]\n{more}";

    [Fact]
    public void Live_job_waits_two_minutes_for_late_points_and_looks_back_at_nothing()
    {
        var job = Yaml.Job(Live("{ action: beacons, kind: health, entries: [1_abc, 1_def] }"));

        Assert.True(job.IsLive);
        Assert.Equal((WindowUnit.Minute, "UTC", 1, TimeSpan.FromMinutes(2)), (job.Window.Every, job.Window.TimeZone, job.Window.Lookback, job.Window.Settle));
        Assert.Equal(("beacons", "health", "1_abc 1_def"), (job.Sources[0].Action, job.Sources[0].Kind, string.Join(' ', job.Sources[0].Entries)));
        Assert.True(Yaml.Job(Live("{ action: live-events, entries: [1_abc], live: true }")).Sources[0].LiveOnly);
        Assert.False(Yaml.Job(Yaml.Smallest).IsLive);
    }

    [Theory]
    [InlineData("{ every: minute, timezone: America/New_York }", "3:36: Live minutes are cut in UTC: in other zones two minutes of the night that repeats an hour would have one label. Leave 'timezone' out.")]
    [InlineData("{ every: minute, lookback: 3 }", "3:26: A live minute cannot be asked for again, so a live job has no 'lookback'. Leave it out; 'settle' says how long a minute waits for late points.")]
    [InlineData("{ every: minute, settle: 1h }", "3:34: A live minute waits for at most 10m: no point is shown for longer.")]
    [InlineData("{ every: minutes }", "3:18: 'minutes' is not a value of 'every'. Expected 'minute', 'hour', 'day' or 'month'. Did you mean 'minute'?")]
    public void Window_that_a_live_job_cannot_have_is_refused(string window, string fault) =>
        Assert.Equal([fault], Yaml.Faults(Live("{ action: stream-status, entries: [1_abc] }", window)));

    [Fact]
    public void Live_job_has_no_schedule() =>
        Assert.Equal(
            ["5:1: A live job is not fired by a schedule: it runs while somebody watches. Leave 'schedule' out and run it with '--for 2h'."],
            Yaml.Faults(Live("{ action: stream-status, entries: [1_abc] }", more: "schedule: { cron: \"* * * * *\" }")));

    [Theory]
    [InlineData("{ action: live-events }", "2:9: A live-events source needs 'entries'. Write the ids of the live entries, such as 'entries: [1_abc]'.")]
    [InlineData("{ action: beacons, entries: [1_abc] }", "2:9: A beacons source needs 'kind'. Write 'kind: health' for alerts or 'kind: diagnostics' for what the encoder sends.")]
    [InlineData("{ action: beacons, kind: Log, entries: [1_abc] }", "2:34: 'Log' is not a value of 'kind'. Expected 'health' or 'diagnostics'.")]
    [InlineData("{ action: live-events, entries: ['1_abc,1_def'] }", "2:42: '1_abc,1_def' is not the id of an entry. Write several as a list: [1_abc, 1_def].")]
    [InlineData("{ action: live-events, entries: [1_abc], kind: health }", "2:50: 'kind' is not a key of a live-events source.")]
    [InlineData("{ action: stream-status, entries: [1_abc], filter: { a: b } }", "2:52: 'filter' is not a key of a stream-status source.")]
    public void Fault_of_a_live_source_is_the_only_one_and_names_its_place(string source, string fault) => Assert.Equal([fault], Yaml.Faults(Live(source)));

    [Fact]
    public void Live_job_never_freezes()
    {
        Assert.Null(Yaml.Job(Live("{ action: stream-status, entries: [1_abc] }")).Freeze);
        Assert.Equal(
            ["5:1: A live minute cannot be asked for again, so a live job has no 'freeze'. Leave it out."],
            Yaml.Faults(Live("{ action: stream-status, entries: [1_abc] }", more: "freeze: 2")));
    }

    [Fact]
    public void Live_job_never_parks()
    {
        Assert.Null(Yaml.Job(Live("{ action: stream-status, entries: [1_abc] }")).Attempts);
        Assert.Equal(
            ["5:1: A live minute cannot be asked for again, so a live job has no 'attempts'. Leave it out."],
            Yaml.Faults(Live("{ action: stream-status, entries: [1_abc] }", more: "attempts: 2")));
    }

    [Fact]
    public void Live_job_takes_no_hooks() =>
        Assert.Equal(
            ["5:1: A live job is polled all the time, so there is nothing that a hook could ask for. Leave 'hooks' out."],
            Yaml.Faults(Live("{ action: stream-status, entries: [1_abc] }", more: "hooks: due")));

    [Fact]
    public void Definition_of_other_sources_is_what_it_was_and_that_of_live_ones_knows_their_entries()
    {
        static string Hash(SourceSpec spec) => spec.DefinitionHash("UTC");
        var one = new SourceSpec { Action = "live-events", Entries = ["1_abc"] };

        Assert.Equal(6, new[] { one, one with { Entries = ["1_def"] }, one with { LiveOnly = true }, one with { Action = "stream-status" },
            one with { Action = "beacons", Kind = "health" }, one with { Action = "beacons", Kind = "diagnostics" } }.Select(Hash).Distinct().Count());
    }
}

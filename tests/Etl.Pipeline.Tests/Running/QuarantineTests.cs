using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Rows that cannot be typed: taken out whole, kept with their raw text, and typed again from what was recorded.</summary>
public class QuarantineTests
{
    private const string Label = "2026-11-19";
    private static readonly PlanOptions s_day = new() { From = Label, To = Label, Force = true };

    private static async Task<Bench> OpenAsync(int bad, QuarantineLimit? limit = null)
    {
        var bench = await Bench.OpenAsync();
        bench.Source.Rows = _ => [("a", 1), ("b", 2), ("c", 4), ("d", 8)];
        bench.Source.Refuses = id => id[0] - 'a' < bad;
        bench.Job = bench.Job with { Checks = new CheckSpec { Totals = CheckPolicy.Warn, Quarantine = limit ?? QuarantineLimit.OfRows(3) } };
        return bench;
    }

    private static async Task<WindowOutcome> RunAsync(Bench bench) =>
        Assert.Single((await new JobRunner(bench.Parts() with { Sources = new CapturingSource(bench.Source) }).RunAsync(bench.Job, s_day, 1, default)).Outcomes);

    private static Task<IReadOnlyList<WindowOutcome>> ReplayAsync(Bench bench, string? label = null) =>
        new QuarantineReplayer(bench.Parts(), _ => new CapturingSource(bench.Source)).ReplayAsync(bench.Job, label, default);

    private static string[] Raw(Bench bench, string pull) => [.. bench.Quarantine.Read(bench.Key(Label), pull).Select(r => r.Raw)];

    [Fact]
    public async Task Row_that_cannot_be_typed_is_in_no_target_and_in_quarantine_as_it_was_sent()
    {
        await using var bench = await OpenAsync(bad: 1);

        var outcome = await RunAsync(bench);

        Assert.Equal((WindowState.Landed, 3L, 1L), (outcome.State, outcome.Rows, outcome.Quarantined));
        bench.AssertPublished(Label, "b=2", "c=4", "d=8");
        Assert.Equal(["""{"id":"a","plays":"many"}"""], Raw(bench, outcome.Pull!));
        var record = Assert.Single(await bench.Ledger.PullsAsync(bench.Key(Label), default));
        Assert.Equal((3L, 1L), (record.Rows, record.Quarantined));
        Assert.Equal(new CheckResult("quarantine", Verdict.Warn, "1 of 4 rows cannot be typed and is in quarantine."), record.Checks.Single(c => c.Name == "quarantine"));
        var totals = record.Checks.Single(c => c.Name == "totals");
        Assert.Equal(Verdict.Warn, totals.Verdict);
        Assert.EndsWith("The sums lack 1 row in quarantine.", totals.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clean_pull_leaves_no_file()
    {
        await using var bench = await OpenAsync(bad: 0);
        Assert.Equal((WindowState.Landed, 0L), ((await RunAsync(bench)) is var o ? o.State : default, o.Quarantined));
        Assert.False(Directory.Exists(Path.Combine(bench.Folder, "quarantine")));
    }

    [Fact]
    public async Task Restart_of_the_source_forgets_its_refused_rows()
    {
        await using var bench = await OpenAsync(bad: 1);
        bench.Source.Restarts = true;
        var outcome = await RunAsync(bench);
        Assert.Equal((3L, 1L), (outcome.Rows, outcome.Quarantined));
        Assert.Single(Raw(bench, outcome.Pull!));
    }

    [Fact]
    public async Task Held_pull_keeps_its_quarantine_until_it_is_replaced()
    {
        await using var bench = await OpenAsync(bad: 4);
        var held = await RunAsync(bench);
        Assert.Equal((WindowState.Held, ExitCode.Held, 4L), (held.State, held.ExitCode, held.Quarantined));
        Assert.Contains("all 4 rows that came are in quarantine", held.Message, StringComparison.Ordinal);
        Assert.Equal(4, Raw(bench, held.Pull!).Length);

        bench.Source.Refuses = _ => false;
        Assert.Equal(WindowState.Landed, (await RunAsync(bench)).State);
        Assert.Empty(bench.Quarantine.List("plays"));
    }

    [Fact]
    public async Task Pull_that_failed_keeps_its_quarantine_until_a_later_one_lands()
    {
        await using var bench = await OpenAsync(bad: 1);
        var fails = true;
        bench.Source.Halfway = (_, _) => fails ? throw new EtlException(FaultKind.Window, "The data is broken.") { Code = "broken" } : Task.CompletedTask;
        Assert.Equal(WindowState.Failed, (await RunAsync(bench)).State);
        var failed = Assert.Single(bench.Quarantine.List("plays"));

        fails = false;
        var landed = await RunAsync(bench);

        Assert.Equal(WindowState.Landed, landed.State);
        Assert.NotEqual(failed.Pull, landed.Pull);
        Assert.Equal([landed.Pull], bench.Quarantine.List("plays").Select(p => p.Pull));
    }

    [Fact]
    public async Task Pull_that_was_refused_by_the_service_or_cancelled_leaves_nothing_in_quarantine()
    {
        await using var bench = await OpenAsync(bad: 1);
        bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Refused, "No.");
        Assert.Equal(WindowState.Failed, (await RunAsync(bench)).State);
        Assert.Empty(bench.Quarantine.List("plays"));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Plain_replay_that_is_refused_leaves_the_quarantine_of_the_pull()
    {
        await using var bench = await OpenAsync(bad: 1);
        var first = await RunAsync(bench);
        bench.Source.Rows = _ => [("a", 1), ("z", 2)];
        Assert.Equal("replay-differs", Assert.Single(await new Replayer(bench.Parts(), _ => bench.Source).ReplayAsync(bench.Job, Label, default)).Code);
        Assert.Equal(["""{"id":"a","plays":"many"}"""], Raw(bench, first.Pull!));
        bench.AssertPublished(Label, "b=2", "c=4", "d=8");
    }

    [Fact]
    public async Task Replay_that_could_not_be_typed_leaves_no_quarantine_of_its_own()
    {
        await using var bench = await OpenAsync(bad: 2);
        var first = await RunAsync(bench);
        bench.Source.Refuses = id => id == "a";
        var (ledger, away) = AwayLedger.Over(bench.Ledger);
        // The rows in quarantine are on disk by now, and nothing else of the replay is known anywhere.
        bench.WhenMoved = state => away.IsAway = state == WindowState.Staged;
        await new QuarantineReplayer(bench.Parts() with { Ledger = ledger }, _ => new CapturingSource(bench.Source)).ReplayAsync(bench.Job, Label, default);
        Assert.Equal([first.Pull], bench.Quarantine.List("plays").Select(p => p.Pull));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Half_written_quarantine_of_a_run_that_died_is_swept()
    {
        await using var bench = await OpenAsync(bad: 0);
        var folder = Directory.CreateDirectory(Path.Combine(bench.Folder, "quarantine", "plays", Label));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, ".20261119T120000Z-dead.tmp"), "half a row");
        Assert.Equal(WindowState.Landed, (await RunAsync(bench)).State);
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Quarantine_of_a_pull_that_landed_stays_when_a_later_one_lands()
    {
        await using var bench = await OpenAsync(bad: 1);
        var first = await RunAsync(bench);
        var second = await RunAsync(bench);
        Assert.Equal(new[] { first.Pull, second.Pull }.Order(), bench.Quarantine.List("plays").Select(p => p.Pull).Order());
    }

    [Fact]
    public async Task Replay_that_types_more_rows_lands_a_new_pull_over_the_same_recording()
    {
        await using var bench = await OpenAsync(bad: 2);
        var first = await RunAsync(bench);
        bench.Clock.Advance(TimeSpan.FromHours(1));
        bench.Source.Refuses = id => id == "a";

        var healed = Assert.Single(await ReplayAsync(bench));

        Assert.Equal((WindowState.Landed, ExitCode.Done, 3L, 1L), (healed.State, healed.ExitCode, healed.Rows, healed.Quarantined));
        Assert.NotEqual(first.Pull, healed.Pull);
        Assert.True(healed.Fence > first.Fence);
        bench.AssertPublished(Label, "b=2", "c=4", "d=8");
        bench.AssertNoLeftovers();
        var pulls = await bench.Ledger.PullsAsync(bench.Key(Label), default);
        Assert.Equal([first.Pull, healed.Pull], pulls.Select(p => p.Pull));
        Assert.Equal(pulls[0].StartedAt.AddMilliseconds(1), pulls[1].StartedAt);
        Assert.Equal(healed.Pull, (await bench.WindowAsync(Label)).LandedPull);

        // The new pull is recorded itself: it can be replayed as it is, and typed once more.
        File.Delete(Path.Combine(bench.Folder, "parquet", "plays", $"date={Label}", "data.parquet"));
        var again = Assert.Single(await new Replayer(bench.Parts(), _ => bench.Source).ReplayAsync(bench.Job, Label, default));
        Assert.Equal((WindowState.Landed, healed.Pull), (again.State, again.Pull));
        bench.Source.Refuses = _ => false;
        Assert.Equal((WindowState.Landed, 4L, 0L), Assert.Single(await ReplayAsync(bench)) is var last ? (last.State, last.Rows, last.Quarantined) : default);
        bench.AssertPublished(Label, "a=1", "b=2", "c=4", "d=8");
        Assert.Empty(await ReplayAsync(bench));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Replay_that_types_no_more_rows_changes_nothing(int bad)
    {
        await using var bench = await OpenAsync(bad: 2);
        var first = await RunAsync(bench);
        bench.Source.Refuses = id => id[0] - 'a' < bad;
        var before = await bench.WindowAsync(Label);

        var same = Assert.Single(await ReplayAsync(bench, Label));

        Assert.Equal((WindowState.Landed, ExitCode.Done, "still-quarantined"), (same.State, same.ExitCode, same.Code));
        Assert.Contains("--force", same.Message, StringComparison.Ordinal);
        var after = await bench.WindowAsync(Label);
        Assert.Equal((before.LandedPull, before.LandedFence, before.Settled, before.EqualPulls), (after.LandedPull, after.LandedFence, after.Settled, after.EqualPulls));
        bench.AssertPublished(Label, "c=4", "d=8");
        Assert.Single(await bench.Ledger.PullsAsync(bench.Key(Label), default));
        Assert.Equal([first.Pull], bench.Quarantine.List("plays").Select(p => p.Pull));
        Assert.Equal(2, Raw(bench, first.Pull!).Length);
        Assert.Single(bench.Raw.Newest("plays", Label));
        bench.AssertNoLeftovers();
    }

    [Theory]
    [InlineData(2, WindowState.Held)]
    [InlineData(1, WindowState.Landed)]
    [InlineData(3, WindowState.Held)]
    public async Task Replay_of_a_held_pull_lands_only_where_its_checks_pass(int bad, WindowState expected)
    {
        await using var bench = await OpenAsync(bad: 3, QuarantineLimit.OfRows(1));
        var held = await RunAsync(bench);
        Assert.Equal(WindowState.Held, held.State);
        bench.Source.Refuses = id => id[0] - 'a' < bad;

        var outcome = Assert.Single(await ReplayAsync(bench));

        Assert.Equal((expected, expected == WindowState.Held ? ExitCode.Held : ExitCode.Done), (outcome.State, outcome.ExitCode));
        var record = await bench.WindowAsync(Label);
        Assert.Equal(expected, record.State);
        if (expected == WindowState.Landed)
        {
            bench.AssertPublished(Label, "b=2", "c=4", "d=8");
            bench.AssertNoLeftovers();
        }
        else
        {
            bench.AssertPublished(Label);
            // As many rows: the held pull stays. Fewer: it is replaced, like by any pull.
            Assert.Equal(bad == 3, record.HeldPull == held.Pull);
            Assert.Equal([record.HeldPull!], bench.Staging.List());
            Assert.Equal((record.HeldPull, (long)bad), Assert.Single(bench.Quarantine.List("plays")) is var kept ? (kept.Pull, kept.Rows) : default);
        }
    }

    [Fact]
    public async Task Replay_without_a_recording_says_to_pull_again_and_goes_on_with_the_others()
    {
        await using var bench = await OpenAsync(bad: 1);
        bench.Job = bench.Job with { Raw = TimeSpan.Zero };
        await RunAsync(bench);
        var outcome = Assert.Single(await ReplayAsync(bench));
        Assert.Equal((WindowState.Landed, ExitCode.WindowFailed, "not-recorded"), (outcome.State, outcome.ExitCode, outcome.Code));
        Assert.Contains($"'etl run plays --from {Label} --to {Label} --force'", outcome.Message, StringComparison.Ordinal);
        bench.AssertPublished(Label, "b=2", "c=4", "d=8");
    }

    [Fact]
    public async Task Replay_of_an_older_recording_never_replaces_a_later_pull()
    {
        await using var bench = await OpenAsync(bad: 1);
        await RunAsync(bench);
        bench.Job = bench.Job with { Raw = TimeSpan.Zero };
        bench.Clock.Advance(TimeSpan.FromHours(1));
        var later = await RunAsync(bench);
        bench.Source.Refuses = _ => false;
        Assert.Equal("not-recorded", Assert.Single(await ReplayAsync(bench)).Code);
        Assert.Equal(later.Pull, (await bench.WindowAsync(Label)).LandedPull);
    }

    [Fact]
    public async Task Replay_of_a_window_without_such_rows_is_refused_by_name()
    {
        await using var bench = await OpenAsync(bad: 1);
        await RunAsync(bench);
        var fault = await Assert.ThrowsAsync<EtlException>(() => ReplayAsync(bench, "2026-11-18"));
        Assert.Equal((FaultKind.Usage, "not-quarantined"), (fault.Kind, fault.Code));
        Assert.Contains(Label, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replay_settles_no_pull_that_is_owed()
    {
        await using var bench = await OpenAsync(bad: 1);
        await bench.RunAsync();
        await RunAsync(bench);
        bench.Clock.Advance(TimeSpan.FromDays(1));
        var due = await bench.DueAsync();
        Assert.Contains(Label, due);
        bench.Source.Refuses = _ => false;
        Assert.Equal(WindowState.Landed, Assert.Single(await ReplayAsync(bench, Label)).State);
        Assert.Equal(due, await bench.DueAsync());
    }

    [Fact]
    public async Task Replay_whose_landing_breaks_off_is_brought_to_the_other_targets_by_the_next_run()
    {
        await using var bench = await OpenAsync(bad: 1);
        var first = await RunAsync(bench);
        bench.Source.Refuses = _ => false;
        var healthy = bench.Targets;
        bench.Targets = new FailingTable(healthy);
        Assert.Equal((WindowState.Failed, ExitCode.WindowFailed), Assert.Single(await ReplayAsync(bench)) is var broken ? (broken.State, broken.ExitCode) : default);

        bench.Targets = healthy;
        var pulled = bench.Source.Pulled.Count;
        var forward = (await bench.RunAsync()).Single(o => o.Key.Label == Label);

        Assert.Equal(WindowState.Landed, forward.State);
        Assert.NotEqual(first.Pull, forward.Pull);
        Assert.DoesNotContain(Label, bench.Source.Pulled.Skip(pulled));
        bench.AssertPublished(Label, "a=1", "b=2", "c=4", "d=8");
        bench.AssertNoLeftovers();
    }
}

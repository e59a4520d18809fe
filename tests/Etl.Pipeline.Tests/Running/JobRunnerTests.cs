using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

public class JobRunnerTests
{
    private const string Label = "2026-11-19";

    [Fact]
    public async Task Window_lands_at_every_target_and_leaves_nothing_staged()
    {
        await using var bench = await Bench.OpenAsync();
        var outcomes = await bench.RunAsync();
        Assert.Equal(3, outcomes.Count);
        Assert.All(outcomes, o => Assert.Equal((ExitCode.Done, null, null), (o.ExitCode, o.Code, o.Message)));
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Landed, 2L), (record.State, record.LandedRows));
        Assert.Null(record.Owner);
    }

    [Fact]
    public async Task Restarted_pull_forgets_the_rows_before_the_restart()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Restarts = true;
        await bench.RunAsync();
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    [Fact]
    public async Task Totals_that_disagree_once_are_pulled_again_and_land()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (_, attempt) => attempt == 0 ? 5 : 0;
        Assert.All(await bench.RunAsync(), o => Assert.Equal(WindowState.Landed, o.State));
        Assert.Equal(2, bench.Source.Pulled.Count(l => l == Label));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Totals_that_disagree_twice_hold_the_pull_and_publish_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        var held = (await bench.RunAsync()).Single(o => o.Key.Label == Label);
        Assert.Equal((WindowState.Held, ExitCode.Held), (held.State, held.ExitCode));
        Assert.Equal(2, bench.Source.Pulled.Count(l => l == Label));
        bench.AssertPublished(Label);
        Assert.Equal([held.Pull!], bench.Staging.List());
        Assert.Equal(held.Pull, (await bench.WindowAsync(Label)).HeldPull);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task C6_Source_that_moves_is_pulled_again_until_it_stands(int moves)
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, attempt) => label == Label && attempt < moves ? attempt + 1 : 0;
        Assert.All(await bench.RunAsync(), o => Assert.Equal(WindowState.Landed, o.State));
        Assert.Equal(moves + 1, bench.Source.Pulled.Count(l => l == Label));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task C6_Open_window_of_a_source_that_moves_all_the_time_lands_marked_and_a_closed_one_is_held()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (_, attempt) => attempt + 1;
        var outcomes = await bench.RunAsync();
        // The oldest has had all pulls that the job owes it.
        Assert.Equal([WindowState.Held, WindowState.Landed, WindowState.Landed], outcomes.OrderBy(o => o.Key.Label, StringComparer.Ordinal).Select(o => o.State));
        Assert.All(outcomes, o => Assert.Equal(4, bench.Source.Pulled.Count(l => l == o.Key.Label)));
        var landed = outcomes.Single(o => o.Key.Label == Label).Checks.Single(c => c.Name == "totals");
        Assert.Equal(
            (Verdict.Warn, "Moving: 1 of 1 sums differ from the service's totals (plays: rows 30, total 34). The totals changed with each of 4 pulls; the window is still open and will be pulled again."),
            (landed.Verdict, landed.Detail));
        Assert.Contains(landed, (await bench.Ledger.PullsAsync(bench.Key(Label), default))[^1].Checks);
        Assert.Contains("the source moves", (await bench.WindowAsync("2026-11-17")).Reason, StringComparison.Ordinal);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertPublished("2026-11-17");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task C6_Window_that_would_freeze_is_not_landed_while_it_moves(int freeze)
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Freeze = freeze };
        for (var pull = 1; pull < freeze; pull++) await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true });
        bench.Source.TotalsOff = (_, attempt) => attempt + 1;
        Assert.Equal(WindowState.Held, Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true })).State);
    }

    [Fact]
    public async Task Held_pull_is_replaced_by_a_good_run()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        bench.Source.TotalsOff = (_, _) => 0;
        await bench.RunAsync();
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        Assert.Null((await bench.WindowAsync(Label)).HeldPull);
    }

    [Fact]
    public async Task Window_that_becomes_empty_is_held_and_the_rows_stay()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Source.Rows = label => label == Label ? [] : [($"{label}-a", 10), ($"{label}-b", 20)];
        bench.Clock.Advance(TimeSpan.FromDays(1));
        var outcome = (await bench.RunAsync()).Single(o => o.Key.Label == Label);
        Assert.Equal(WindowState.Held, outcome.State);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    [Fact]
    public async Task Window_that_becomes_empty_is_emptied_when_the_job_accepts_it()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Checks = bench.Job.Checks with { Empty = CheckPolicy.Off } };
        await bench.RunAsync();
        bench.Source.Rows = _ => [];
        await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true });
        bench.AssertPublished(Label);
        Assert.True(File.Exists(Path.Combine(bench.Folder, "parquet", "plays", $"date={Label}", "data.parquet")));
    }

    [Fact]
    public async Task Guard_looks_at_every_target_and_names_the_one_that_would_lose_most()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        Directory.Delete(Path.Combine(bench.Folder, "parquet", "plays", $"date={Label}"), recursive: true);
        bench.Source.Rows = _ => [];
        var outcome = Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true }));
        Assert.Equal(WindowState.Held, outcome.State);
        Assert.Contains("2 are published at table:warehouse:plays", outcome.Message, StringComparison.Ordinal);
        Assert.Equal([$"{Label}-a=10", $"{Label}-b=20"], bench.TableRows(Label));
        Assert.Empty(bench.ParquetRows(Label));
    }

    [Fact]
    public async Task Guard_speaks_for_the_target_that_would_lose_most_where_they_show_different_pulls()
    {
        await using var bench = await Bench.OpenAsync();
        var forced = new PlanOptions { From = Label, To = Label, Force = true };
        bench.Source.Rows = label => [.. Enumerable.Range(0, 10).Select(i => ($"{label}-{i}", 1L))];
        await bench.RunAsync();
        var job = bench.Job;
        bench.Job = job with { Land = [.. job.Land.Where(l => l is TableLandSpec)], Checks = job.Checks with { ShrinkShare = null } };
        bench.Source.Rows = label => [($"{label}-a", 10), ($"{label}-b", 20)];
        Assert.Equal(WindowState.Landed, Assert.Single(await bench.RunAsync(forced)).State);
        bench.Job = job;
        var outcome = Assert.Single(await bench.RunAsync(forced));
        Assert.Equal("shrink", outcome.Checks.Single(c => c.Verdict == Verdict.Hold).Name);
        Assert.Contains("parquet:plays", outcome.Message, StringComparison.Ordinal);
        Assert.Equal((2, 10), (bench.TableRows(Label).Length, bench.ParquetRows(Label).Length));
    }

    [Fact]
    public async Task Source_that_counts_other_rows_than_it_wrote_is_a_defect_and_publishes_nothing()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Miscounts = 1;
        bench.Source.Rows = _ => [("a", 1), ("b", 2), ("c", 4), ("d", 8)];
        bench.Source.Refuses = id => id == "a";
        var defect = await Assert.ThrowsAsync<InvalidOperationException>(() => bench.RunAsync(new PlanOptions { From = Label, To = Label }));
        Assert.Equal("The source counted 5 rows and wrote 4.", defect.Message);
        bench.AssertPublished(Label);
        bench.AssertNoLeftovers();
        Assert.Contains(Label, await bench.DueAsync());
    }

    [Fact]
    public async Task Shrunken_window_is_held()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Rows = label => [.. Enumerable.Range(0, 10).Select(i => ($"{label}-{i}", 1L))];
        await bench.RunAsync();
        bench.Source.Rows = label => [.. Enumerable.Range(0, 4).Select(i => ($"{label}-{i}", 1L))];
        var outcome = Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true }));
        Assert.Equal("shrink", outcome.Checks.Single(c => c.Verdict == Verdict.Hold).Name);
        Assert.Equal(10, bench.TableRows(Label).Length);
    }

    [Fact]
    public async Task Repeated_key_holds_and_unresolved_keys_are_exempt()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Rows = label => label == Label ? [("a", 1), ("b", 1), ("a", 1)] : [("", 1), ("", 2), ("Unknown", 1), ("Unknown", 1), ("c", 1)];
        var outcomes = await bench.RunAsync();
        Assert.Equal("keys", outcomes.Single(o => o.Key.Label == Label).Checks.Single(c => c.Verdict == Verdict.Hold).Name);
        Assert.All(outcomes.Where(o => o.Key.Label != Label), o => Assert.Equal((WindowState.Landed, 5L), (o.State, o.Rows)));
    }

    [Fact]
    public async Task Fault_in_mid_pull_leaves_the_published_rows_and_the_window_due()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromDays(1));
        bench.Source.Rows = label => [($"{label}-new", 7), ($"{label}-newer", 8)];
        bench.Source.Halfway = (r, _) => r.Window.Label == Label
            ? throw new EtlException(FaultKind.Unreachable, "The service does not answer.") { Code = "unreachable" }
            : Task.CompletedTask;
        var failed = (await bench.RunAsync()).Single(o => o.Key.Label == Label);
        Assert.Equal((WindowState.Failed, ExitCode.Unreachable, "unreachable"), (failed.State, failed.ExitCode, failed.Code));
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        Assert.Equal([Label], await bench.DueAsync());

        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        await bench.RunAsync();
        bench.AssertPublished(Label, $"{Label}-new=7", $"{Label}-newer=8");
    }

    [Fact]
    public async Task Cancelled_run_exits_130_and_leaves_the_window_due_and_free()
    {
        await using var bench = await Bench.OpenAsync();
        using var stop = new CancellationTokenSource();
        bench.Source.Halfway = async (_, token) =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
        };
        var outcome = Assert.Single(await bench.RunAsync(cancellation: stop.Token));
        Assert.Equal(ExitCode.Cancelled, outcome.ExitCode);
        bench.AssertNoLeftovers();
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        Assert.Equal(3, (await bench.RunAsync()).Count(o => o.State == WindowState.Landed));
    }

    [Fact]
    public async Task Run_cancelled_between_two_targets_lands_at_both()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Source.Rows = label => [($"{label}-a", 11), ($"{label}-b", 20)];
        using var stop = new CancellationTokenSource();
        bench.Targets = new WatchedTargets(bench.Targets) { Landed = (_, _) => stop.CancelAsync() };
        Assert.Equal(WindowState.Landed, Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true }, stop.Token)).State);
        bench.AssertPublished(Label, $"{Label}-a=11", $"{Label}-b=20");
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Cancelled_run_leaves_a_window_that_failed_half_landed_due()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Source.Rows = label => [($"{label}-a", 11), ($"{label}-b", 20)];
        var good = bench.Targets;
        bench.Targets = new FailingTable(good);
        Assert.Equal(WindowState.Failed, Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true })).State);
        bench.Targets = good;
        // Another definition: what waits is not what the job asks for any more.
        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { Report = "39" }] };
        await CancelInMidPullAsync(bench);
        Assert.Equal([Label], await bench.DueAsync());
        await bench.RunAsync();
        bench.AssertPublished(Label, $"{Label}-a=11", $"{Label}-b=20");
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Cancelled_run_leaves_a_held_window_held()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Source.Rows = label => [($"{label}-a", 11), ($"{label}-b", 20)];
        bench.Source.TotalsOff = (_, _) => 5;
        var held = Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true }));
        await CancelInMidPullAsync(bench);
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Held, held.Pull), (record.State, record.HeldPull));
        Assert.Contains("totals", record.Reason, StringComparison.Ordinal);
        Assert.Equal([Label], await bench.DueAsync());
        await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default);
        bench.AssertPublished(Label, $"{Label}-a=11", $"{Label}-b=20");
    }

    [Fact]
    public async Task Pull_held_by_another_run_since_the_plan_was_made_stays_staged()
    {
        await using var bench = await Bench.OpenAsync();
        await using var other = await bench.SecondWorkerAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        bench.Source.Halfway = async (r, token) =>
        {
            if (r.Window.Label != "2026-11-17") return;
            bench.Source.Halfway = (_, _) => Task.CompletedTask;
            Assert.Equal(WindowState.Held, Assert.Single(await other.RunAsync(new PlanOptions { From = Label, To = Label }, token)).State);
            bench.Source.Halfway = (q, _) => q.Window.Label == Label ? throw new EtlException(FaultKind.Unreachable, "no") : Task.CompletedTask;
        };
        Assert.Equal(WindowState.Failed, (await bench.RunAsync()).Single(o => o.Key.Label == Label).State);
        Assert.Equal([(await bench.WindowAsync(Label)).HeldPull!], bench.Staging.List());
        await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    [Fact]
    public async Task Disk_fault_in_mid_pull_fails_its_window_alone()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = (r, _) => r.Window.Label == "2026-11-17" ? throw new IOException("No space left on device") : Task.CompletedTask;
        var outcomes = await bench.RunAsync();
        Assert.Equal([WindowState.Failed, WindowState.Landed, WindowState.Landed], outcomes.Select(o => o.State));
        Assert.Equal((ExitCode.WindowFailed, "disk"), (outcomes[0].ExitCode, outcomes[0].Code));
        Assert.Equal(["2026-11-17"], await bench.DueAsync());
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Ledger_that_cannot_be_told_of_a_fault_does_not_hide_it_or_stop_the_other_windows()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = (r, _) => r.Window.Label == "2026-11-17" ? throw new EtlException(FaultKind.Unreachable, "The service does not answer.") : Task.CompletedTask;
        var parts = bench.Parts() with { Ledger = new DeafLedger(bench.Ledger) };
        var (_, outcomes) = await new JobRunner(parts).RunAsync(bench.Job, new PlanOptions(), 1, default);
        Assert.Equal(3, outcomes.Count);
        Assert.Equal((WindowState.Failed, ExitCode.Unreachable), (outcomes[0].State, outcomes[0].ExitCode));
        Assert.Contains("does not answer", outcomes[0].Message, StringComparison.Ordinal);
        Assert.Contains("database is locked", outcomes[0].Message, StringComparison.Ordinal);
        Assert.All(outcomes.Skip(1), o => Assert.Equal(WindowState.Landed, o.State));
    }

    [Fact]
    public async Task Ledger_that_goes_away_in_mid_pull_does_not_hide_what_the_window_failed_on()
    {
        await using var bench = await Bench.OpenAsync();
        var (ledger, away) = AwayLedger.Over(bench.Ledger);
        bench.Source.Halfway = (_, _) =>
        {
            away.IsAway = true;
            throw new EtlException(FaultKind.Unreachable, "The service does not answer.") { Code = "unreachable" };
        };
        var (_, outcomes) = await new JobRunner(bench.Parts() with { Ledger = ledger }).RunAsync(bench.Job, new PlanOptions { From = Label, To = Label }, 1, default);
        var failed = Assert.Single(outcomes);
        Assert.Equal((WindowState.Failed, ExitCode.Unreachable, "unreachable"), (failed.State, failed.ExitCode, failed.Code));
        Assert.Equal("The service does not answer. The ledger could not be told: The ledger's database does not answer.", failed.Message);
    }

    [Fact]
    public async Task Refused_session_stops_the_run_at_the_first_window()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Refused, "Wrong secret.");
        var outcomes = await bench.RunAsync();
        Assert.Equal(["2026-11-17"], bench.Source.Pulled);
        Assert.Equal("Wrong secret.", outcomes[0].Message);
        // Each window that the plan named is told of: nobody may take one that was left out for done.
        Assert.Equal(["2026-11-17", "2026-11-18", "2026-11-19"], outcomes.Select(o => o.Key.Label));
        Assert.All(outcomes, o => Assert.Equal((WindowState.Failed, ExitCode.Refused), (o.State, o.ExitCode)));
        Assert.All(outcomes.Skip(1), o => Assert.Equal((0, "not-begun"), (o.Fence, o.Code)));
        Assert.Contains("'2026-11-17'", outcomes[2].Message, StringComparison.Ordinal);
        Assert.Equal(3, bench.FinishedWindows);
        var known = Assert.Single(await bench.Ledger.WindowsAsync(bench.Job.Name, default));
        Assert.Equal(("2026-11-17", ExitCode.Refused), (known.Key.Label, known.ExitCode));
        Assert.Equal(3, (await bench.DueAsync()).Length);
    }

    [Fact]
    public async Task History_keeps_every_pull_with_its_checks_and_proof()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, attempt) => label == Label && attempt == 0 ? 5 : 0;
        await bench.RunAsync();
        var pulls = await bench.Ledger.PullsAsync(bench.Key(Label), default);
        Assert.Equal(2, pulls.Count);
        Assert.Equal(Verdict.Hold, pulls[0].Checks.Single(c => c.Name == "totals").Verdict);
        Assert.Equal(Verdict.Pass, pulls[1].Checks.Single(c => c.Name == "totals").Verdict);
        Assert.Contains("\"calls\":2", pulls[1].ProofJson, StringComparison.Ordinal);
        Assert.Equal(["parquet:plays", "table:warehouse:plays"], (await bench.Ledger.LandingsAsync(bench.Key(Label), default)).Select(l => l.Target).Order());
    }

    private static async Task CancelInMidPullAsync(Bench bench)
    {
        using var stop = new CancellationTokenSource();
        bench.Source.Halfway = async (_, token) =>
        {
            await stop.CancelAsync();
            token.ThrowIfCancellationRequested();
        };
        Assert.Equal(ExitCode.Cancelled, Assert.Single(await bench.RunAsync(cancellation: stop.Token)).ExitCode);
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
    }

    [Fact]
    public async Task Difference_that_a_loss_of_power_brought_back_goes_with_the_next_run()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        var folder = Directory.CreateDirectory(Path.Combine(bench.Folder, "staged", "20261120T120000Z-0000abcd.restates"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "p0.parquet"), "rows");
        Assert.Empty(await bench.DueAsync());
        await bench.RunAsync();
        Assert.False(Directory.Exists(folder.FullName));
    }
}

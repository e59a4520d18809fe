using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>A landing that broke off is brought to its end from the staging area, without asking the service.</summary>
public sealed class RollForwardTests
{
    private const string Label = "2026-11-19";

    [Fact]
    public async Task Window_that_landed_at_one_target_lands_at_the_other_without_a_call()
    {
        await using var bench = await BrokenAsync();
        Assert.Equal([$"{Label}-a=10", $"{Label}-b=20"], bench.ParquetRows(Label));
        Assert.Empty(bench.TableRows(Label));
        var waiting = Assert.Single(bench.Staging.List());

        // What the service would say now is something else.
        bench.Source.Rows = _ => [("other", 1)];
        var outcome = await RunOneAsync(bench);
        Assert.Equal((WindowState.Landed, ExitCode.Done, waiting, true), (outcome.State, outcome.ExitCode, outcome.Pull, outcome.IsRolledForward));
        Assert.Equal([LandingOutcome.AlreadyLanded, LandingOutcome.Landed], outcome.Targets.Select(t => t.Outcome));
        Assert.Contains("without asking the service again", outcome.Message, StringComparison.Ordinal);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        Assert.Single(bench.Source.Pulled);
        bench.AssertNoLeftovers();
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Landed, waiting, 1), (record.State, record.LandedPull, record.Settled));
        Assert.Empty(await bench.DueAsync());
        Assert.Equal([WindowState.Failed, WindowState.Landed], bench.Moves(Label)[^2..]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Waiting_pull_that_is_older_than_a_published_one_is_dropped_and_the_window_pulled_anew(bool everywhere)
    {
        await using var bench = await OvertakenAsync(everywhere);

        var outcome = await RunOneAsync(bench);

        Assert.Equal((WindowState.Landed, ExitCode.Done, false), (outcome.State, outcome.ExitCode, outcome.IsRolledForward));
        Assert.Equal(
            [WindowState.Failed, WindowState.Superseded, WindowState.Pulling, WindowState.Pulled, WindowState.Staged, WindowState.Committing, WindowState.Landed], bench.Moves(Label)[^7..]);
        Assert.Equal(3, bench.Source.Pulled.Count);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        Assert.Empty(await bench.DueAsync());
    }

    [Fact]
    public async Task Waiting_pull_that_is_dropped_is_no_success_where_the_run_is_stopped_before_it_pulls_anew()
    {
        await using var bench = await OvertakenAsync(everywhere: true);
        using var stop = new CancellationTokenSource();
        bench.WhenMoved = state =>
        {
            if (state == WindowState.Superseded) stop.Cancel();
        };

        var dropped = Assert.Single(await bench.RunAsync(cancellation: stop.Token));

        Assert.Equal((WindowState.Superseded, ExitCode.WindowFailed, "superseded"), (dropped.State, dropped.ExitCode, dropped.Code));
        Assert.Equal("A newer pull of this window is published; the one of an earlier run was dropped.", dropped.Message);
        bench.AssertPublished(Label, "newer=1");
        bench.AssertNoLeftovers();
        Assert.Equal([Label], await bench.DueAsync());
    }

    [Fact]
    public async Task Pull_that_every_target_refused_for_good_is_not_kept_because_an_earlier_one_landed()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = OneWindow(bench.Job) with { Land = [.. bench.Job.Land.OfType<TableLandSpec>()] };
        await RunOneAsync(bench);
        bench.Targets = new FailingTable(bench.Targets);
        Assert.Equal(WindowState.Failed, Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true })).State);
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Pull_whose_landings_the_ledger_cannot_tell_waits_until_it_can()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = OneWindow(bench.Job);
        var (ledger, away) = AwayLedger.Over(bench.Ledger);
        var targets = new WatchedTargets(bench.Targets)
        {
            Landing = _ =>
            {
                away.IsAway = true;
                throw new EtlException(FaultKind.Window, "The warehouse is full.");
            },
        };
        var (_, outcomes) = await new JobRunner(bench.Parts() with { Ledger = ledger, Targets = targets }).RunAsync(bench.Job, new PlanOptions(), 1, default);
        Assert.Equal(WindowState.Failed, Assert.Single(outcomes).State);
        Assert.Single(bench.Staging.List());

        await bench.ExpireLeaseAsync(Label);
        Assert.True((await RunOneAsync(bench)).IsRolledForward);
        Assert.Single(bench.Source.Pulled);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 2)]
    public async Task Pull_that_no_target_took_waits_only_for_a_fault_that_may_pass(bool transient, int calls)
    {
        await using var bench = await BrokenAsync(transient, tableOnly: true);
        Assert.Equal(transient ? 1 : 0, bench.Staging.List().Count);
        Assert.Equal(WindowState.Landed, (await RunOneAsync(bench)).State);
        Assert.Equal([$"{Label}-a=10", $"{Label}-b=20"], bench.TableRows(Label));
        Assert.Equal(calls, bench.Source.Pulled.Count);
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Target_that_stays_away_keeps_the_pull_waiting()
    {
        await using var bench = await BrokenAsync(transient: true);
        var good = bench.Targets;
        for (var night = 0; night < 3; night++)
        {
            bench.Targets = new FailingTable(good, transient: true);
            var failed = await RunOneAsync(bench);
            Assert.Equal((WindowState.Failed, ExitCode.WindowFailed), (failed.State, failed.ExitCode));
            Assert.Single(bench.Staging.List());
        }
        bench.Targets = good;
        Assert.Equal(WindowState.Landed, (await RunOneAsync(bench)).State);
        Assert.Single(bench.Source.Pulled);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    [Fact]
    public async Task Target_that_refuses_the_waiting_pull_for_good_gets_a_new_one()
    {
        await using var bench = await BrokenAsync();
        bench.Targets = new FailingTable(bench.Targets);
        await RunOneAsync(bench);
        Assert.Equal(2, bench.Source.Pulled.Count);
    }

    [Fact]
    public async Task Newer_pull_that_is_owed_is_made_after_the_waiting_one_landed()
    {
        await using var bench = await BrokenAsync();
        bench.Source.Rows = _ => [("late", 1)];
        bench.Clock.Advance(TimeSpan.FromDays(1));
        bench.Job = bench.Job with { Window = bench.Job.Window with { Lookback = 3 } };
        var outcomes = await bench.RunAsync(new PlanOptions { From = Label, To = Label });
        Assert.False(Assert.Single(outcomes).IsRolledForward);
        bench.AssertPublished(Label, "late=1");
        Assert.Equal(2, bench.Source.Pulled.Count);
        Assert.Equal(2, (await bench.Ledger.LandingsAsync(bench.Key(Label), default)).Where(l => l.Outcome == LandingOutcome.Landed).Count(l => l.Target.StartsWith("table", StringComparison.Ordinal)));
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Forced_run_pulls_anew()
    {
        await using var bench = await BrokenAsync();
        bench.Source.Rows = _ => [("new", 1)];
        var outcome = Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true }));
        Assert.Equal((WindowState.Landed, false), (outcome.State, outcome.IsRolledForward));
        bench.AssertPublished(Label, "new=1");
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Changed_definition_pulls_anew()
    {
        await using var bench = await BrokenAsync();
        bench.Source.Rows = _ => [("new", 1)];
        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { Report = "39" }] };
        Assert.False((await RunOneAsync(bench)).IsRolledForward);
        bench.AssertPublished(Label, "new=1");
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Damaged_rows_are_never_landed()
    {
        await using var bench = await BrokenAsync();
        var path = Path.Combine(bench.Folder, "staged", bench.Staging.List()[0] + ".parquet");
        var bytes = await File.ReadAllBytesAsync(path);
        // Behind the magic number lies the first page.
        bytes[60] ^= 0xFF;
        await File.WriteAllBytesAsync(path, bytes);
        bench.Source.Rows = _ => [("new", 1)];
        Assert.False((await RunOneAsync(bench)).IsRolledForward);
        bench.AssertPublished(Label, "new=1");
        bench.AssertNoLeftovers();
        Assert.Contains(await bench.Ledger.StepsAsync(bench.Key(Label), default), s => s.Detail.StartsWith("dropped what an earlier run pulled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_that_died_after_the_last_target_settles_without_a_call()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = OneWindow(bench.Job);
        bench.Targets = new WatchedTargets(bench.Targets)
        {
            Landed = (target, _) => target.Kind == "table" ? throw new IOException("The power went.") : Task.CompletedTask,
        };
        Assert.Equal(WindowState.Failed, (await RunOneAsync(bench)).State);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.Targets = (await bench.SecondWorkerAsync()).Targets;
        var outcome = await RunOneAsync(bench);
        Assert.All(outcome.Targets, t => Assert.Equal(LandingOutcome.AlreadyLanded, t.Outcome));
        Assert.Single(bench.Source.Pulled);
        Assert.Equal(WindowState.Landed, (await bench.WindowAsync(Label)).State);
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Held_pull_waits_for_a_person_and_not_for_the_next_run()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = OneWindow(bench.Job);
        bench.Source.TotalsOff = (_, _) => 5;
        Assert.Equal(WindowState.Held, (await RunOneAsync(bench)).State);
        bench.Source.TotalsOff = (_, _) => 0;
        bench.Source.Rows = _ => [("new", 1)];
        Assert.False((await RunOneAsync(bench)).IsRolledForward);
        bench.AssertPublished(Label, "new=1");
    }

    /// <summary>A bench whose one window was pulled and not landed in its table, which works again now.</summary>
    private static async Task<Bench> BrokenAsync(bool transient = false, bool tableOnly = false)
    {
        var bench = await Bench.OpenAsync();
        bench.Job = OneWindow(bench.Job);
        if (tableOnly) bench.Job = bench.Job with { Land = [.. bench.Job.Land.OfType<TableLandSpec>()] };
        var good = bench.Targets;
        bench.Targets = new FailingTable(good, transient);
        Assert.Equal(WindowState.Failed, (await RunOneAsync(bench)).State);
        bench.Targets = good;
        return bench;
    }

    /// <summary>A bench whose one window landed, was pulled again on a person's word and not landed in its table, and was then overtaken by a pull that the ledger does not know.</summary>
    private static async Task<Bench> OvertakenAsync(bool everywhere)
    {
        var bench = await Bench.OpenAsync();
        bench.Job = OneWindow(bench.Job);
        await RunOneAsync(bench);
        var good = bench.Targets;
        bench.Targets = new FailingTable(good, transient: true);
        Assert.Equal(WindowState.Failed, Assert.Single(await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true })).State);
        bench.Targets = good;
        await Rival.LandAsync(bench, Label, land => everywhere || land is TableLandSpec);
        Assert.Single(bench.Staging.List());
        return bench;
    }

    private static JobDefinition OneWindow(JobDefinition job) => job with { Window = job.Window with { Lookback = 1 } };

    private static async Task<WindowOutcome> RunOneAsync(Bench bench) => Assert.Single(await bench.RunAsync());
}

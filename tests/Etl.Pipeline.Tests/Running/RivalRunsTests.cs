using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Runs that meet: two workers at one window, and pulls that a ledger before this one knew of.</summary>
public class RivalRunsTests
{
    private const string Label = "2026-11-19";

    [Fact]
    public async Task Second_worker_leaves_a_leased_window_alone()
    {
        await using var first = await Bench.OpenAsync();
        await using var second = await first.SecondWorkerAsync();
        string[] seen = ["not asked"];
        first.Source.Halfway = async (r, _) =>
        {
            if (r.Window.Label == "2026-11-17") seen = await second.DueAsync();
        };
        await first.RunAsync();
        Assert.Equal(["2026-11-18", "2026-11-19"], seen);
    }

    [Theory]
    [InlineData(null, WindowState.Planned)]
    [InlineData(1, WindowState.Frozen)]
    public async Task Window_that_another_run_landed_since_the_plan_is_left_as_it_is(int? freeze, WindowState after)
    {
        await using var bench = await Bench.OpenAsync();
        await using var other = await bench.SecondWorkerAsync();
        bench.Job = other.Job = bench.Job with { Freeze = freeze };
        var planned = (await bench.PlanAsync()).Due.Single(d => d.Key.Label == Label);
        var landed = (await other.RunAsync(new PlanOptions { From = Label, To = Label })).Single();
        var second = await new WindowRunner(bench.Parts()).RunAsync(bench.Job, planned, default);
        Assert.Equal((WindowState.Leased, "busy", ExitCode.Done), (second.State, second.Code, second.ExitCode));
        Assert.Contains("landed this window since", second.Message, StringComparison.Ordinal);
        Assert.Equal([Label], bench.Source.Pulled);
        var record = await bench.WindowAsync(Label);
        Assert.Equal((after, landed.Pull, null), (record.State, record.LandedPull, record.Owner));
        Assert.Equal(after, bench.Moves(Label)[^1]);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        // Nothing is due of it any more, and whoever asks for a new pull gets one.
        Assert.DoesNotContain(Label, await bench.DueAsync());
        Assert.Equal(WindowState.Landed, (await new WindowRunner(bench.Parts()).RunAsync(bench.Job with { Freeze = null }, planned with { Forced = true }, default)).State);
        Assert.Equal([Label, Label], bench.Source.Pulled);
    }

    [Fact]
    public async Task Window_that_another_run_failed_since_the_plan_is_pulled()
    {
        await using var bench = await Bench.OpenAsync();
        await using var other = await bench.SecondWorkerAsync();
        await bench.RunAsync();
        var planned = (await bench.PlanAsync(new PlanOptions { From = Label, To = Label, Force = true })).Due.Single() with { Forced = false };
        bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Unreachable, "The line broke.");
        Assert.Equal(WindowState.Failed, (await other.RunAsync(new PlanOptions { From = Label, To = Label, Force = true })).Single().State);
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        Assert.Equal(WindowState.Landed, (await new WindowRunner(bench.Parts()).RunAsync(bench.Job, planned, default)).State);
    }

    [Fact]
    public async Task Window_that_another_worker_has_is_left_to_it()
    {
        await using var bench = await Bench.OpenAsync();
        await using var other = await bench.SecondWorkerAsync();
        var planned = (await bench.PlanAsync()).Due.Single(d => d.Key.Label == Label);
        WindowOutcome? second = null;
        bench.Source.Halfway = async (_, _) => second = await new WindowRunner(other.Parts()).RunAsync(other.Job, planned, default);
        var first = await new WindowRunner(bench.Parts()).RunAsync(bench.Job, planned, default);
        Assert.Equal((WindowState.Leased, "busy", ExitCode.Done), (second!.State, second.Code, second.ExitCode));
        Assert.Equal(WindowState.Landed, first.State);
        Assert.Equal([Label], bench.Source.Pulled);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        Assert.Equal(0, (await bench.WindowAsync(Label)).Strikes);
    }

    [Fact]
    public async Task Second_attempt_of_the_same_process_leaves_its_own_live_lease_alone()
    {
        await using var bench = await Bench.OpenAsync();
        var parts = bench.Parts();
        // Both planned before either began.
        var planned = (await bench.PlanAsync()).Due.Single(d => d.Key.Label == Label);
        WindowOutcome? second = null;
        bench.Source.Halfway = async (_, _) =>
        {
            bench.Source.Halfway = (_, _) => Task.CompletedTask;
            second = await new WindowRunner(parts).RunAsync(bench.Job, planned, default);
        };
        var first = await new WindowRunner(parts).RunAsync(bench.Job, planned, default);
        Assert.Equal((WindowState.Leased, "busy", ExitCode.Done), (second!.State, second.Code, second.ExitCode));
        Assert.Equal(WindowState.Landed, first.State);
        Assert.Equal([Label], bench.Source.Pulled);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        // Free again: nobody has it in hand any more.
        Assert.Equal(WindowState.Landed, (await new WindowRunner(parts).RunAsync(bench.Job, planned with { Forced = true }, default)).State);
    }

    [Fact]
    public async Task Clock_that_is_ahead_takes_no_living_worker_for_dead()
    {
        await using var bench = await Bench.OpenAsync();
        await using var other = await bench.SecondWorkerAsync();
        // Ahead of the ledger's own clock by more than a lease lives.
        bench.Clock.Advance(DateTimeOffset.UtcNow.AddDays(2) - bench.Clock.GetUtcNow());
        bench.Job = other.Job = bench.Job with { Window = bench.Job.Window with { Lookback = 1 } };
        var label = (await bench.DueAsync()).Single();
        // The pull is staged and on its way to the targets when another worker of this folder begins.
        bench.Targets = new WatchedTargets(bench.Targets)
        {
            Landed = async (target, _) =>
            {
                if (target.Kind == "parquet") Assert.Empty(await other.RunAsync());
            },
        };
        Assert.Equal(WindowState.Landed, Assert.Single(await bench.RunAsync()).State);
        bench.AssertPublished(label, $"{label}-a=10", $"{label}-b=20");
    }

    [Fact]
    public async Task Worker_that_lost_its_lease_publishes_nothing_over_the_newer_pull()
    {
        await using var stalled = await Bench.OpenAsync();
        stalled.Source.Halfway = async (r, _) =>
        {
            if (r.Window.Label != Label) return;
            stalled.Source.Halfway = (_, _) => Task.CompletedTask;
            // Another worker takes the window over while this one stands still.
            await Rival.StealAsync(stalled, Label);
            stalled.Source.Rows = _ => [("old", 1)];
        };
        var outcomes = await stalled.RunAsync();
        var lost = outcomes.Single(o => o.Key.Label == Label);
        Assert.Equal(("lease-lost", ExitCode.WindowFailed), (lost.Code, lost.ExitCode));
        // The one that it had: the other worker's is the next.
        Assert.Equal((await stalled.WindowAsync(Label)).Fence - 1, lost.Fence);
        stalled.AssertPublished(Label, "newer=1");
    }

    [Fact]
    public async Task Lost_ledger_starts_above_the_published_fences()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true });
        await bench.LoseLedgerAsync();
        bench.Source.Rows = label => [($"{label}-a", 11), ($"{label}-b", 20)];
        Assert.All(await bench.RunAsync(), o => Assert.Equal(WindowState.Landed, o.State));
        bench.AssertPublished(Label, $"{Label}-a=11", $"{Label}-b=20");
    }

    [Fact]
    public async Task Held_rows_of_a_lost_ledger_stay_until_their_window_lands()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        var held = (await bench.RunAsync()).Single(o => o.Key.Label == Label).Pull!;
        await bench.LoseLedgerAsync();
        bench.Clock.Advance(TimeSpan.FromDays(10));
        await bench.RunAsync();
        await bench.RunAsync();
        Assert.Equal([held], bench.Staging.List());
        bench.Source.TotalsOff = (_, _) => 0;
        await bench.RunAsync(new PlanOptions { From = Label, To = Label });
        await bench.RunAsync();
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pull_that_a_target_refuses_as_older_is_no_success_also_where_another_took_it(bool together)
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        bench.Job = bench.Job with { Land = [.. bench.Job.Land.Where(l => l is TableLandSpec)] };
        for (var pull = together ? 0 : 1; pull < 2; pull++) await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true });
        if (together) bench.Job = bench.Job with { Land = [new ParquetLandSpec { Dataset = "plays" }, .. bench.Job.Land] };
        // Rows that were meddled with are not what their record says, so the target does not tell its fence to a ledger that begins anew.
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(bench.Folder, "warehouse.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = $"DELETE FROM plays WHERE id = '{Label}-a'";
            Assert.Equal(1, await command.ExecuteNonQueryAsync());
        }
        await bench.LoseLedgerAsync();
        var outcome = (await bench.RunAsync()).Single(o => o.Key.Label == Label);
        Assert.Equal(together ? 1 : 0, outcome.Targets.Count(t => t.Outcome == LandingOutcome.Landed));
        Assert.Equal((WindowState.Superseded, ExitCode.WindowFailed, "superseded"), (outcome.State, outcome.ExitCode, outcome.Code));
        Assert.Contains("Is the ledger older than the target? Run again.", outcome.Message, StringComparison.Ordinal);
        Assert.Equal([Label], await bench.DueAsync());
        await bench.RunAsync();
        Assert.Equal([$"{Label}-a=10", $"{Label}-b=20"], bench.TableRows(Label));
    }
}

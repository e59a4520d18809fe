using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;
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
    public async Task Released_pull_is_published_as_it_was_pulled()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        bench.Source.Rows = _ => [];
        var released = Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal(WindowState.Landed, released.State);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        Assert.Empty(await bench.DueAsync());
    }

    [Fact]
    public async Task Release_is_refused_when_a_newer_pull_has_landed()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        var lease = (await bench.Ledger.TryLeaseAsync(bench.Key(Label), Day(Label), "newer", TimeSpan.FromMinutes(5), 0, default))!;
        await PublishDirectlyAsync(bench, lease);
        await bench.Ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned }, default);
        var refused = Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal((WindowState.Superseded, ExitCode.WindowFailed), (refused.State, refused.ExitCode));
        bench.AssertPublished(Label, "newer=1");
    }

    [Fact]
    public async Task Release_without_a_held_pull_says_which_windows_are_held()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        var fault = await Assert.ThrowsAsync<EtlException>(() => new Releaser(bench.Parts()).ReleaseAsync(bench.Job, "2026-11-18", default));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains($"Held: {Label}.", fault.Message, StringComparison.Ordinal);
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
    public async Task Refused_session_stops_the_run_at_the_first_window()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Refused, "Wrong secret.");
        Assert.Equal(ExitCode.Refused, Assert.Single(await bench.RunAsync()).ExitCode);
    }

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

    [Fact]
    public async Task Worker_that_lost_its_lease_publishes_nothing_over_the_newer_pull()
    {
        await using var stalled = await Bench.OpenAsync();
        stalled.Source.Halfway = async (r, _) =>
        {
            if (r.Window.Label != Label) return;
            stalled.Source.Halfway = (_, _) => Task.CompletedTask;
            // Another worker takes the window over while this one stands still.
            await StealAsync(stalled, Label);
            stalled.Source.Rows = _ => [("old", 1)];
        };
        var outcomes = await stalled.RunAsync();
        Assert.Equal("lease-lost", outcomes.Single(o => o.Key.Label == Label).Code);
        stalled.AssertPublished(Label, "newer=1");
    }

    [Fact]
    public async Task Lost_ledger_starts_above_the_published_fences()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        await bench.RunAsync(new PlanOptions { From = Label, To = Label, Force = true });
        await bench.Ledger.DisposeAsync();
        foreach (var file in Directory.GetFiles(bench.Folder, "ledger.db*")) File.Delete(file);
        await bench.OpenLedgerAsync();
        bench.Source.Rows = label => [($"{label}-a", 11), ($"{label}-b", 20)];
        Assert.All(await bench.RunAsync(), o => Assert.Equal(WindowState.Landed, o.State));
        bench.AssertPublished(Label, $"{Label}-a=11", $"{Label}-b=20");
    }

    [Fact]
    public async Task Target_that_fails_leaves_the_window_due_and_the_next_run_lands_everywhere()
    {
        await using var bench = await Bench.OpenAsync();
        var good = bench.Targets;
        bench.Targets = new FailingTable(good);
        Assert.All(await bench.RunAsync(), o => Assert.Equal(WindowState.Failed, o.State));
        Assert.Empty(bench.Staging.List());
        bench.Targets = good;
        bench.Source.Rows = label => [($"{label}-a", 12)];
        await bench.RunAsync();
        bench.AssertPublished(Label, $"{Label}-a=12");
        bench.AssertNoLeftovers();
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

    // Lands one row under a newer fence, as another worker would.
    private static async Task StealAsync(Bench bench, string label)
    {
        await using var thief = await bench.SecondWorkerAsync();
        await bench.ExpireLeaseAsync(label);
        var lease = (await thief.Ledger.TryLeaseAsync(bench.Key(label), Day(label), "thief", TimeSpan.FromMinutes(5), 0, default))!;
        await PublishDirectlyAsync(thief, lease);
        await thief.Ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned }, default);
    }

    private static async Task PublishDirectlyAsync(Bench bench, Lease lease)
    {
        var window = Day(lease.Key.Label);
        var batch = new Etl.Core.Columns.RowBatch(ScriptedSource.Schema);
        batch.Text(0).Append("newer"u8);
        batch.Fixed<long>(1).Append(1);
        var stamp = new PullStamp("newer-pull", lease.Fence, 1, new string('0', 64), bench.Clock.GetUtcNow(), "x");
        using (var writer = bench.Staging.Begin(lease.Key, window, stamp.Pull, stamp.PulledAt, ScriptedSource.Schema, withAccount: false))
        {
            writer.Write(batch);
            writer.Complete(stamp);
        }
        using (var staged = bench.Staging.Open(stamp.Pull)!)
            foreach (var land in bench.Job.Land)
                await bench.Targets.Create(land, severalAccounts: false).LandAsync(new LandingOrder(lease.Key, window, stamp), staged, default);
        bench.Staging.Remove(stamp.Pull);
    }

    private static Window Day(string label) => new WindowCalendar("UTC", WindowUnit.Day).Parse(label);

    private sealed class FailingTable(ITargetFactory inner) : ITargetFactory
    {
        public string NameOf(LandSpec land) => inner.NameOf(land);

        public ITarget Create(LandSpec land, bool severalAccounts) =>
            land is TableLandSpec ? new Broken(inner.Create(land, severalAccounts)) : inner.Create(land, severalAccounts);

        private sealed class Broken(ITarget inner) : ITarget
        {
            public string Kind => inner.Kind;

            public string Name => inner.Name;

            public string Locate(WindowKey key, Window window) => inner.Locate(key, window);

            public Task<LandingReceipt> LandAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) =>
                throw new EtlException(FaultKind.Window, "The warehouse is full.");

            public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.FindAsync(key, window, cancellation);

            public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.SweepAsync(key, window, cancellation);
        }
    }
}

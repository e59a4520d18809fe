using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Restating;

public class FreezeTests
{
    private const string Label = "2026-11-19";
    private static readonly PlanOptions s_again = new() { From = Label, To = Label, Force = true };
    private static readonly string[] s_old = [$"{Label}-a=10", $"{Label}-b=20"];

    [Fact]
    public async Task Window_freezes_after_as_many_equal_pulls_as_the_job_says()
    {
        await using var bench = await Bench.OpenAsync();
        Assert.Equal(WindowState.Landed, (await bench.RunAsync()).Single(o => o.Key.Label == Label).State);
        Assert.Equal(WindowState.Landed, Assert.Single(await bench.RunAsync(s_again)).State);
        Assert.Equal(WindowState.Frozen, Assert.Single(await bench.RunAsync(s_again)).State);
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Frozen, 3), (record.State, record.EqualPulls));
        bench.AssertPublished(Label, s_old);
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Frozen_window_is_not_due_though_pulls_are_owed()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Freeze = 1 };
        await bench.RunAsync();
        bench.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal(["2026-11-20"], await bench.DueAsync());
        bench.Job = bench.Job with { Freeze = null };
        Assert.Equal(["2026-11-18", Label, "2026-11-20"], await bench.DueAsync());
    }

    [Fact]
    public async Task Content_that_changes_begins_the_count_anew()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        await bench.RunAsync(s_again);
        bench.Source.Rows = _ => [("a", 1), ("b", 2)];
        Assert.Equal(WindowState.Landed, Assert.Single(await bench.RunAsync(s_again)).State);
        Assert.Equal(1, (await bench.WindowAsync(Label)).EqualPulls);
    }

    [Fact]
    public async Task Forced_pull_that_equals_leaves_the_window_frozen()
    {
        await using var bench = await FrozenAsync();
        Assert.Equal(WindowState.Frozen, Assert.Single(await bench.RunAsync(s_again)).State);
        Assert.Equal((WindowState.Frozen, 4), ((await bench.WindowAsync(Label)).State, (await bench.WindowAsync(Label)).EqualPulls));
    }

    [Fact]
    public async Task Forced_pull_that_differs_is_held_with_what_changed_and_release_publishes_it()
    {
        await using var bench = await FrozenAsync();
        bench.Source.Rows = _ => [($"{Label}-a", 11), ("c", 1)];

        var held = Assert.Single(await bench.RunAsync(s_again));

        Assert.Equal((WindowState.Held, ExitCode.Held), (held.State, held.ExitCode));
        Assert.Equal(
            new CheckResult("frozen", Verdict.Hold, $"The window is frozen: its last 3 pulls were equal, and this one differs: 1 rows added, 1 removed, 1 changed, such as 'plays' of '{Label}-a' from 10 to 11."),
            held.Checks.Single(c => c.Verdict == Verdict.Hold));
        Assert.Contains("frozen", (await bench.WindowAsync(Label)).Reason, StringComparison.Ordinal);
        bench.AssertPublished(Label, s_old);

        var released = Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal((WindowState.Landed, new RestatedRows(1, 1, 1)), (released.State, released.Restated));
        Assert.Equal((WindowState.Landed, 1), ((await bench.WindowAsync(Label)).State, (await bench.WindowAsync(Label)).EqualPulls));
        bench.AssertPublished(Label, $"{Label}-a=11", "c=1");
    }

    [Fact]
    public async Task Held_pull_of_a_frozen_window_is_replaced_by_an_equal_one_and_the_window_is_frozen_again()
    {
        await using var bench = await FrozenAsync();
        var before = bench.Source.Rows;
        bench.Source.Rows = _ => [("x", 1), ("y", 1)];
        await bench.RunAsync(s_again);
        bench.Source.Rows = before;
        Assert.Equal(WindowState.Frozen, Assert.Single(await bench.RunAsync()).State);
        bench.AssertPublished(Label, s_old);
        bench.AssertNoLeftovers();
    }

    [Fact]
    public async Task Window_stays_frozen_when_a_forced_pull_is_cancelled()
    {
        await using var bench = await FrozenAsync();
        using var stop = new CancellationTokenSource();
        bench.Source.Halfway = (_, _) => stop.CancelAsync();
        await bench.RunAsync(s_again, stop.Token);
        Assert.Equal(WindowState.Frozen, (await bench.WindowAsync(Label)).State);
        Assert.Empty(await bench.DueAsync());
    }

    [Fact]
    public async Task Window_whose_forced_pull_failed_still_holds_what_differs()
    {
        await using var bench = await FrozenAsync();
        bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Unreachable, "Gone.");
        await bench.RunAsync(s_again);
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        bench.Source.Rows = _ => [("x", 1), ("y", 1)];
        Assert.Equal(WindowState.Held, Assert.Single(await bench.RunAsync()).State);
        bench.AssertPublished(Label, s_old);
    }

    [Fact]
    public async Task Job_that_asks_for_other_rows_now_is_not_held_by_the_freeze()
    {
        await using var bench = await FrozenAsync();
        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { Report = "39" }] };
        bench.Source.Rows = _ => [("x", 1), ("y", 1)];
        var outcome = Assert.Single(await bench.RunAsync(s_again));
        Assert.Equal((WindowState.Landed, Verdict.Skipped), (outcome.State, outcome.Checks.Single(c => c.Name == "frozen").Verdict));
        bench.AssertPublished(Label, "x=1", "y=1");
    }

    [Fact]
    public async Task Job_that_never_freezes_lands_what_differs()
    {
        await using var bench = await FrozenAsync();
        bench.Job = bench.Job with { Freeze = null };
        bench.Source.Rows = _ => [("x", 1), ("y", 1)];
        Assert.Equal(WindowState.Landed, Assert.Single(await bench.RunAsync(s_again)).State);
    }

    private static async Task<Bench> FrozenAsync()
    {
        var bench = await Bench.OpenAsync();
        await bench.RunAsync();
        await bench.RunAsync(s_again);
        await bench.RunAsync(s_again);
        Assert.Equal(WindowState.Frozen, (await bench.WindowAsync(Label)).State);
        return bench;
    }
}

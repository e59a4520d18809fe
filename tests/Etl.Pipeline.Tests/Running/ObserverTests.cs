using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>What whoever watches a run, and whoever publishes its rows, is told of a window.</summary>
public class ObserverTests
{
    private const string Label = "2026-11-19";
    private static readonly PlanOptions s_day = new() { From = Label, To = Label };

    [Fact]
    public async Task Observer_sees_every_state_of_a_window_that_lands()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync(s_day);
        Assert.Equal([WindowState.Pulling, WindowState.Pulled, WindowState.Staged, WindowState.Committing, WindowState.Landed], bench.Moves(Label));
        // As the ledger does, but for the lease.
        Assert.Equal([WindowState.Leased, .. bench.Moves(Label)], (await bench.Ledger.StepsAsync(bench.Key(Label), default)).Select(s => s.State));
    }

    [Fact]
    public async Task Observer_sees_a_hold()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Rows = _ => [("a", 1), ("a", 1)];
        Assert.Equal(ExitCode.Held, Assert.Single(await bench.RunAsync(s_day)).ExitCode);
        Assert.Equal([WindowState.Pulling, WindowState.Pulled, WindowState.Staged, WindowState.Held], bench.Moves(Label));
    }

    [Fact]
    public async Task Observer_sees_a_failure_and_its_outcome_names_the_lease()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync(s_day);
        bench.Source.Halfway = (_, _) => throw new EtlException(FaultKind.Unreachable, "no answer");
        var failed = Assert.Single(await bench.RunAsync(s_day with { Force = true }));
        Assert.Equal([WindowState.Pulling, WindowState.Failed], bench.Moves(Label)[^2..]);
        Assert.Equal((2, 2), (failed.Fence, (await bench.WindowAsync(Label)).Fence));
    }

    [Fact]
    public async Task Every_target_is_told_the_job_at_first_and_when_a_waiting_pull_lands()
    {
        await using var bench = await Bench.OpenAsync();
        var jobs = new List<JobDefinition?>();
        var good = bench.Targets;
        bench.Targets = new WatchedTargets(new FailingTable(good, transient: true)) { Landing = Note };
        await bench.RunAsync(s_day);
        bench.Targets = new WatchedTargets(good) { Landing = Note };
        Assert.True(Assert.Single(await bench.RunAsync(s_day)).IsRolledForward);
        Assert.Equal(4, jobs.Count);
        Assert.All(jobs, j => Assert.Same(bench.Job, j));

        Task Note(Etl.Core.Targets.LandingOrder order)
        {
            jobs.Add(order.Job);
            return Task.CompletedTask;
        }
    }
}

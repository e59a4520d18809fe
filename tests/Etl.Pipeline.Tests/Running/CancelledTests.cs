using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>What a person who stops a run is told, and what the window is afterwards.</summary>
public sealed class CancelledTests : IDisposable
{
    private const string Label = "2026-11-19";
    private static readonly PlanOptions s_day = new() { From = Label, To = Label }, s_forced = s_day with { Force = true };

    private readonly CancellationTokenSource _stop = new();

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task Landing_that_is_cancelled_says_so_and_the_next_run_lands_the_pull_without_a_call()
    {
        await using var bench = await Bench.OpenAsync();
        await AssertLandingIsCancelledAsync(bench);
    }

    [Fact]
    public async Task Landing_of_a_waiting_pull_that_is_cancelled_says_so_and_the_pull_waits_on()
    {
        await using var bench = await Bench.OpenAsync();
        var good = bench.Targets;
        bench.Targets = new FailingTable(good, transient: true);
        await bench.RunAsync(s_day);
        bench.Targets = good;
        await AssertLandingIsCancelledAsync(bench);
    }

    [Fact]
    public async Task Frozen_window_stays_frozen()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with { Freeze = 1 };
        Assert.Equal(WindowState.Frozen, Assert.Single(await bench.RunAsync(s_day)).State);
        StopInMidPull(bench);
        var cancelled = Assert.Single(await bench.RunAsync(s_forced, _stop.Token));
        Assert.Equal((WindowState.Frozen, ExitCode.Cancelled), (cancelled.State, cancelled.ExitCode));
        Assert.Equal(WindowState.Frozen, (await bench.WindowAsync(Label)).State);
    }

    [Fact]
    public async Task Window_whose_ledger_does_not_answer_is_told_as_unfinished()
    {
        await using var bench = await Bench.OpenAsync();
        await bench.RunAsync(s_day);
        var (ledger, away) = AwayLedger.Over(bench.Ledger);
        StopInMidPull(bench, () => away.IsAway = true);
        var (_, outcomes) = await new JobRunner(bench.Parts() with { Ledger = ledger }).RunAsync(bench.Job, s_forced, 1, _stop.Token);
        var cancelled = Assert.Single(outcomes);
        Assert.Equal((WindowState.Unknown, ExitCode.Cancelled, "cancelled"), (cancelled.State, cancelled.ExitCode, cancelled.Code));
        Assert.Equal("Cancelled; nothing was published. The ledger could not be told: The ledger's database does not answer.", cancelled.Message);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    private void StopInMidPull(Bench bench, Action? first = null) => bench.Source.Halfway = async (_, token) =>
    {
        first?.Invoke();
        await _stop.CancelAsync();
        token.ThrowIfCancellationRequested();
    };

    /// <summary>Cancels a run at its first target, then lets the next one land what was pulled.</summary>
    private async Task AssertLandingIsCancelledAsync(Bench bench)
    {
        var good = bench.Targets;
        bench.Targets = new WatchedTargets(good)
        {
            Landing = async _ =>
            {
                await _stop.CancelAsync();
                _stop.Token.ThrowIfCancellationRequested();
            },
        };
        var cancelled = Assert.Single(await bench.RunAsync(s_day, _stop.Token));
        Assert.Equal((WindowState.Unknown, ExitCode.Cancelled, "cancelled"), (cancelled.State, cancelled.ExitCode, cancelled.Code));
        Assert.Equal("Cancelled while landing; each place holds one whole pull, and the next run brings them together.", cancelled.Message);
        Assert.Equal((WindowState.Unknown, cancelled.Message, null), (await bench.WindowAsync(Label)) is var w ? (w.State, w.Reason, w.Owner) : default);

        bench.Targets = good;
        Assert.Equal((WindowState.Landed, true), Assert.Single(await bench.RunAsync(s_day)) is var landed ? (landed.State, landed.IsRolledForward) : default);
        Assert.Single(bench.Source.Pulled);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
    }
}

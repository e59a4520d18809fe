using Etl.Core.Ledger;
using Etl.Testing.Rows;

namespace Etl.Testing.Ledger;

public abstract partial class LedgerContract
{
    private async Task<(int Strikes, int Failures, WindowState State)> CountsAsync() => (await WindowAsync()) is var w ? (w.Strikes, w.Failures, w.State) : default;

    private Task StrikeAsync(Lease lease, WindowState state, int? strikes) =>
        Ledger.SettleAsync(lease, new Settlement { State = state, Strikes = strikes, Reason = "bad row" }, None);

    [SkippableFact]
    public async Task Strikes_are_what_a_settlement_says_and_stay_when_it_says_nothing()
    {
        await StrikeAsync(await LeaseAsync(), WindowState.Failed, 1);
        await StrikeAsync(await LeaseAsync(), WindowState.Failed, null);
        Assert.Equal((1, 2, WindowState.Failed), await CountsAsync());
        await StrikeAsync(await LeaseAsync(), WindowState.Parked, 2);
        Assert.Equal((2, 3, WindowState.Parked), await CountsAsync());
        Assert.Equal("bad row", (await WindowAsync()).Reason);
        Assert.Equal("bad row", (await Ledger.StepsAsync(Keys.Key(), None))[^1].Detail);
        await StrikeAsync(await LeaseAsync(), WindowState.Parked, null);
        Assert.Equal((2, 3, WindowState.Parked), await CountsAsync());
    }

    [SkippableFact]
    public async Task Failed_window_keeps_the_exit_code_of_its_fault_until_it_is_settled_anew()
    {
        await Ledger.SettleAsync(await LeaseAsync(), new Settlement { State = WindowState.Failed, Reason = "no", ExitCode = 4 }, None);
        Assert.Equal(4, (await WindowAsync()).ExitCode);
        await SettleAsync(await LeaseAsync(), WindowState.Failed);
        Assert.Null((await WindowAsync()).ExitCode);
        await Ledger.SettleAsync(await LeaseAsync(), new Settlement { State = WindowState.Failed, ExitCode = 5 }, None);
        await Ledger.SettleAsync(await LeaseAsync(), new Settlement { State = WindowState.Planned, ExitCode = 130 }, None);
        Assert.Null((await WindowAsync()).ExitCode);
    }

    [SkippableTheory]
    [InlineData(WindowState.Landed)]
    [InlineData(WindowState.Frozen)]
    [InlineData(WindowState.Held)]
    public async Task Pull_that_lands_or_is_held_clears_the_strikes(WindowState state)
    {
        await StrikeAsync(await LeaseAsync(), WindowState.Parked, 5);
        var lease = await LeaseAsync();
        await SettleAsync(lease, state, Keys.Stamp("p1", lease.Fence, 9), settled: 1);
        Assert.Equal((0, state), (await WindowAsync()) is var w ? (w.Strikes, w.State) : default);
    }

    [SkippableFact]
    public async Task Lease_that_was_left_to_run_out_is_a_strike_when_another_worker_takes_it()
    {
        await LeaseAsync(owner: "dead", lifetime: TimeSpan.FromMilliseconds(-1));
        Assert.Equal(0, (await WindowAsync()).Strikes);
        var lease = await LeaseAsync(owner: "b");
        var window = await WindowAsync();
        Assert.Equal((1, WindowState.Leased, "b"), (window.Strikes, window.State, window.Owner));
        Assert.Contains("ended without a word", window.Reason, StringComparison.Ordinal);
        Assert.Contains("ended without a word", (await Ledger.StepsAsync(Keys.Key(), None))[^1].Detail, StringComparison.Ordinal);
        await SettleAsync(lease, WindowState.Failed);
        await LeaseAsync(owner: "c");
        Assert.Equal(1, (await WindowAsync()).Strikes);
    }

    [SkippableFact]
    public async Task Worker_that_takes_its_own_lease_again_did_not_die()
    {
        await LeaseAsync(lifetime: TimeSpan.FromMilliseconds(-1));
        await LeaseAsync();
        Assert.Equal(0, (await WindowAsync()).Strikes);
    }

    [SkippableTheory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Broken_lease_is_a_strike_where_it_counts(bool counts, int strikes)
    {
        await LeaseAsync(owner: "dead");
        Assert.True(await Ledger.BreakLeaseAsync(Keys.Key(), "dead", counts, None));
        await LeaseAsync(owner: "b");
        Assert.Equal(strikes, (await WindowAsync()).Strikes);
    }

    [SkippableFact]
    public async Task Workers_that_race_for_a_dead_ones_window_count_its_death_once()
    {
        for (var round = 1; round <= 10; round++)
        {
            await LeaseAsync(owner: "dead", lifetime: TimeSpan.FromMilliseconds(-1));
            var leases = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(
                () => Ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "w" + i, Lifetime, 0, None))));
            Assert.Equal(round, (await WindowAsync()).Strikes);
            await SettleAsync(leases.OfType<Lease>().Single(), WindowState.Failed);
        }
    }
}

using Etl.Core.Sources;

namespace Etl.Testing.Ledger;

/// <summary>What every store of budgets must do. The store's clock runs, so what has to be waited for is known only to be at most so long.</summary>
public abstract class CallBudgetContract : IAsyncLifetime
{
    private static readonly CancellationToken s_none = CancellationToken.None;

    // Long against the time that a test takes.
    private const int PerMinute = 6;
    private static readonly TimeSpan s_call = TimeSpan.FromSeconds(10);

    protected ICallBudget Budget { get; private set; } = null!;

    /// <summary>Opens the test's store; a second call opens the same one again, as another process would.</summary>
    protected abstract Task<ICallBudget> OpenAsync();

    public virtual async Task InitializeAsync() => Budget = await OpenAsync();

    public virtual async Task DisposeAsync() => await ((IAsyncDisposable)Budget).DisposeAsync();

    private Task<TimeSpan> BorrowAsync(int calls = 1, string account = "101", int? perMinute = PerMinute) => Budget.BorrowAsync(account, perMinute, calls, s_none);

    private static void IsAbout(TimeSpan expected, TimeSpan found) => Assert.InRange(found, expected - s_call * 0.9, expected);

    [SkippableFact]
    public async Task One_lot_is_saved_up_and_the_next_ones_wait_for_their_turn()
    {
        Assert.Equal(TimeSpan.Zero, await BorrowAsync());
        Assert.Equal(TimeSpan.Zero, await BorrowAsync());
        for (var lot = 1; lot < 4; lot++) IsAbout(lot * s_call, await BorrowAsync());
    }

    [SkippableFact]
    public async Task Lot_of_several_calls_takes_as_long_as_its_calls()
    {
        await BorrowAsync(calls: 3);
        await BorrowAsync(calls: 3);
        IsAbout(3 * s_call, await BorrowAsync(calls: 3));
    }

    [SkippableFact]
    public async Task Workers_of_all_processes_share_it_and_accounts_do_not()
    {
        await using var other = (IAsyncDisposable)await OpenAsync();
        await BorrowAsync();
        await ((ICallBudget)other).BorrowAsync("101", PerMinute, 1, s_none);
        IsAbout(s_call, await BorrowAsync());
        IsAbout(2 * s_call, await ((ICallBudget)other).BorrowAsync("101", PerMinute, 1, s_none));
        Assert.Equal(TimeSpan.Zero, await BorrowAsync(account: "102"));
    }

    [SkippableFact]
    public async Task Lots_that_many_borrow_at_once_never_overlap()
    {
        const int workers = 12;
        var waits = await Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => BorrowAsync())));
        // All but the two at once are a call apart, however they came.
        var sorted = waits.Order().ToList();
        Assert.Equal(TimeSpan.Zero, sorted[0]);
        for (var i = 2; i < workers; i++) IsAbout((i - 1) * s_call, sorted[i]);
    }

    [SkippableFact]
    public async Task Nobody_waits_without_a_bound_unless_the_account_pauses()
    {
        for (var i = 0; i < 5; i++) Assert.Equal(TimeSpan.Zero, await BorrowAsync(calls: 1000, perMinute: null));
        await Budget.PauseAsync("101", TimeSpan.FromMinutes(10), s_none);
        Assert.InRange(await BorrowAsync(calls: 1000, perMinute: null), TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(10));
        Assert.Equal(TimeSpan.Zero, await BorrowAsync(account: "102", perMinute: null));
    }

    [SkippableFact]
    public async Task Pause_makes_all_wait_and_goes_on_at_the_budgets_pace()
    {
        await Budget.PauseAsync("101", TimeSpan.FromMinutes(10), s_none);
        IsAbout(TimeSpan.FromMinutes(10), await BorrowAsync());
        IsAbout(TimeSpan.FromMinutes(10) + s_call, await BorrowAsync());
        IsAbout(TimeSpan.FromMinutes(10), await BorrowAsync(calls: 0));
    }

    [SkippableFact]
    public async Task Shorter_pause_does_not_end_a_longer_one()
    {
        await Budget.PauseAsync("101", TimeSpan.FromMinutes(10), s_none);
        await Budget.PauseAsync("101", TimeSpan.FromSeconds(1), s_none);
        IsAbout(TimeSpan.FromMinutes(10), await BorrowAsync(calls: 0));
    }

    [SkippableFact]
    public async Task Lot_of_a_worker_that_died_costs_its_time_and_nothing_more()
    {
        // A thousand calls a second: what was borrowed and never used is over at once.
        for (var lot = 0; lot < 20; lot++) await BorrowAsync(calls: 10, perMinute: 60_000);
        await Task.Delay(TimeSpan.FromMilliseconds(250));
        Assert.Equal(TimeSpan.Zero, await BorrowAsync(calls: 10, perMinute: 60_000));
    }

    [SkippableFact]
    public async Task Bounds_that_cannot_be_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => BorrowAsync(perMinute: 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => BorrowAsync(calls: -1));
    }
}

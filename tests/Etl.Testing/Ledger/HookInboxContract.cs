using Etl.Core.Hooks;

namespace Etl.Testing.Ledger;

/// <summary>What every inbox of hooks must do. An implementation inherits this and says how one is opened.</summary>
public abstract class HookInboxContract : IAsyncLifetime
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);
    private static readonly CancellationToken s_none = CancellationToken.None;

    private IHookInbox _inbox = null!;

    /// <summary>Opens the test's inbox; a second call opens the same one again, as another process would.</summary>
    protected abstract Task<IHookInbox> OpenAsync();

    public virtual async Task InitializeAsync() => _inbox = await OpenAsync();

    public virtual async Task DisposeAsync() => await ((IAsyncDisposable)_inbox).DisposeAsync();

    private static KeptHook Hook(string id, string job = "nightly", string? label = null, TimeSpan after = default, TimeSpan wait = default) =>
        new(job, id, label, Force: label is not null, s_now + after, s_now + after + wait);

    private async Task<string[]> WaitingAsync(DateTimeOffset? now = null) => [.. (await _inbox.WaitingAsync(now ?? s_now, s_none)).Select(h => h.Id)];

    [SkippableFact]
    public async Task Hook_is_kept_once_for_each_job()
    {
        Assert.True(await _inbox.TryKeepAsync(Hook("42"), s_none));
        Assert.False(await _inbox.TryKeepAsync(Hook("42"), s_none));
        Assert.False(await _inbox.TryKeepAsync(Hook("42", after: TimeSpan.FromMinutes(3), label: "2026-11-18"), s_none));
        Assert.True(await _inbox.TryKeepAsync(Hook("42", job: "hourly"), s_none));
        Assert.Equal(2, (await _inbox.WaitingAsync(s_now, s_none)).Count);
    }

    [SkippableFact]
    public async Task Hook_comes_back_as_it_was_kept()
    {
        var (due, window) = (Hook("1"), Hook("2", label: "2026-11-18", after: TimeSpan.FromTicks(1)));
        await _inbox.TryKeepAsync(window, s_none);
        await _inbox.TryKeepAsync(due, s_none);
        Assert.Equal([due, window], await _inbox.WaitingAsync(s_now.AddSeconds(1), s_none));
    }

    [SkippableFact]
    public async Task Hook_waits_until_its_time_to_ask()
    {
        await _inbox.TryKeepAsync(Hook("1", wait: TimeSpan.FromHours(9)), s_none);
        Assert.Empty(await WaitingAsync(s_now.AddHours(9).AddTicks(-1)));
        Assert.Equal(["1"], await WaitingAsync(s_now.AddHours(9)));
    }

    [SkippableFact]
    public async Task Hook_that_was_passed_on_waits_no_more_and_is_not_taken_again()
    {
        await _inbox.TryKeepAsync(Hook("1"), s_none);
        await _inbox.TryKeepAsync(Hook("2", after: TimeSpan.FromTicks(1)), s_none);
        await _inbox.PassedOnAsync([Hook("1"), Hook("never kept")], s_none);
        Assert.Equal(["2"], await WaitingAsync(s_now.AddSeconds(1)));
        Assert.False(await _inbox.TryKeepAsync(Hook("1"), s_none));
    }

    [SkippableFact]
    public async Task Id_is_forgotten_after_30_days_unless_its_hook_still_waits()
    {
        await _inbox.TryKeepAsync(Hook("done"), s_none);
        await _inbox.TryKeepAsync(Hook("waits"), s_none);
        await _inbox.PassedOnAsync([Hook("done")], s_none);
        Assert.True(await _inbox.TryKeepAsync(Hook("a month later", after: IHookInbox.Memory), s_none));
        Assert.False(await _inbox.TryKeepAsync(Hook("done"), s_none));
        Assert.True(await _inbox.TryKeepAsync(Hook("and a moment", after: IHookInbox.Memory + TimeSpan.FromTicks(1)), s_none));
        Assert.True(await _inbox.TryKeepAsync(Hook("done", after: TimeSpan.FromTicks(2)), s_none));
        Assert.False(await _inbox.TryKeepAsync(Hook("waits"), s_none));
    }

    [SkippableFact]
    public async Task Hook_survives_the_process()
    {
        await _inbox.TryKeepAsync(Hook("1"), s_none);
        var other = await OpenAsync();
        await using var _ = (IAsyncDisposable)other;
        Assert.False(await other.TryKeepAsync(Hook("1"), s_none));
        Assert.Equal("1", Assert.Single(await other.WaitingAsync(s_now, s_none)).Id);
    }

    [SkippableFact]
    public async Task Servers_that_take_the_same_hook_at_once_keep_it_once()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = $"round {round}";
            using var start = new Barrier(4);
            var kept = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                return _inbox.TryKeepAsync(Hook(id), s_none);
            })));
            Assert.Single(kept, k => k);
        }
    }
}

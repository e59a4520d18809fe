using Etl.Core.Alerts;
using Etl.Core.Ledger;
using Etl.Testing.Rows;

namespace Etl.Testing.Ledger;

/// <summary>What every ledger must do for alerts: one state each, messages in order and never lost. An implementation inherits this and says how one is opened.</summary>
public abstract class AlertStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken s_none = CancellationToken.None;
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5), s_over = TimeSpan.FromMilliseconds(-1);

    private ILedger _ledger = null!;

    private IAlertStore Store => (IAlertStore)_ledger;

    private IAlertOutbox Outbox => (IAlertOutbox)_ledger;

    /// <summary>Opens the test's ledger; a second call opens the same one again, as another process would.</summary>
    protected abstract Task<ILedger> OpenAsync();

    public virtual async Task InitializeAsync() => _ledger = await OpenAsync();

    public virtual async Task DisposeAsync() => await _ledger.DisposeAsync();

    [SkippableFact]
    public async Task State_is_read_as_it_was_stored_by_another_process_too()
    {
        var state = State() with
        {
            Phase = new AlertPhase(true, 2, Keys.Noon), Since = Keys.Noon.AddHours(1), Value = 0.1, Window = "2026-11-19", Fault = "It's not there.",
            Before = new AlertPhase(false, 1, Keys.Noon.AddDays(-1)), BeforeUntil = Keys.Noon.AddDays(-2),
            Readings = [new AlertReading("2026-11-18", Keys.Noon.AddDays(-1), "p1", null), new AlertReading("2026-11-19", Keys.Noon, "p2", double.MaxValue)],
        };
        Assert.Null(await Store.FindAsync(state.Key, s_none));
        Assert.True(await Store.TrySaveAsync(state, [], s_none));
        await using var other = await OpenAsync();
        var read = await ((IAlertStore)other).FindAsync(state.Key, s_none);
        Assert.Equal(state.Readings, read!.Readings);
        Assert.Equal(state with { Version = 1, Readings = read.Readings }, read);
        Assert.Null(await Store.FindAsync(state.Key with { Account = "102" }, s_none));
    }

    [SkippableFact]
    public async Task State_that_somebody_changed_meanwhile_is_not_stored_and_nothing_is_told()
    {
        Assert.True(await Store.TrySaveAsync(State(), [Message("1")], s_none));
        Assert.False(await Store.TrySaveAsync(State(), [Message("2")], s_none));
        var first = (await Store.FindAsync(State().Key, s_none))!;
        Assert.True(await Store.TrySaveAsync(first with { Value = 1 }, [], s_none));
        Assert.False(await Store.TrySaveAsync(first with { Value = 2 }, [Message("3")], s_none));
        var now = (await Store.FindAsync(State().Key, s_none))!;
        Assert.Equal((2, 1d), (now.Version, now.Value));
        Assert.Equal(1, Assert.Single(await Store.ListAsync(null, s_none)).Waiting);
    }

    [SkippableFact]
    public async Task Of_many_that_see_the_same_at_once_one_tells_it()
    {
        for (var round = 0; round < 10; round++)
        {
            var key = new AlertKey("nightly", $"late{round}", "101");
            using var start = new Barrier(4);
            var saved = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
            {
                start.SignalAndWait();
                return await Store.TrySaveAsync(State() with { Key = key }, [Message($"{i}", key.Alert)], s_none);
            })));
            Assert.Single(saved, s => s);
        }
        var taken = new List<string>();
        while (await Outbox.TakeAsync("a", s_long, s_none) is { } item) taken.Add(item.Message.Key.Alert);
        Assert.Equal(Enumerable.Range(0, 10).Select(r => $"late{r}").Order(StringComparer.Ordinal), taken.Order(StringComparer.Ordinal));
    }

    [SkippableFact]
    public async Task Message_is_taken_by_one_and_comes_back_when_that_one_says_nothing()
    {
        await StoreAsync(Message("1"));
        var dead = await Outbox.TakeAsync("dead", s_long, s_none);
        Assert.Equal(("1", "{\"a\":\"ü\"}", "A thing", AlertMessageKind.Firing, 0), (dead!.Message.Id, dead.Message.Body, dead.Message.Subject, dead.Message.Kind, dead.Tries));
        Assert.InRange(dead.Age, TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.Null(await Outbox.TakeAsync("b", s_long, s_none));

        await StoreAsync(Message("2", "other"));
        Assert.Equal("2", (await Outbox.TakeAsync("b", s_over, s_none))!.Message.Id);
        var again = await Outbox.TakeAsync("c", s_over, s_none);
        Assert.Equal("2", again!.Message.Id);
        Assert.False(await Outbox.DeliveredAsync(again with { Owner = "b" }, s_none));
        Assert.True(await Outbox.DeliveredAsync(again, s_none));
        Assert.False(await Outbox.DeliveredAsync(again, s_none));
        Assert.True(await Outbox.DeliveredAsync(dead, s_none));
        Assert.Null(await Outbox.TakeAsync("c", s_long, s_none));
    }

    [SkippableFact]
    public async Task Messages_of_one_alert_go_to_a_channel_in_order_and_hold_up_no_other()
    {
        await StoreAsync(Message("1"), Message("2", channel: "mail"));
        await StoreAsync(Message("3"), Message("4", "other"));
        var first = await Outbox.TakeAsync("a", s_long, s_none);
        Assert.True(await Outbox.PostponeAsync(first!, s_long, "It is down.", s_none));
        Assert.Equal(["2", "4"], await DrainAsync());
        Assert.Null(await Outbox.TakeAsync("a", s_long, s_none));
        Assert.Equal((2, 0), await CountsAsync());
    }

    [SkippableFact]
    public async Task Message_that_failed_is_due_later_with_one_more_try_and_those_behind_it_follow()
    {
        await StoreAsync(Message("1"), Message("2"));
        var first = (await Outbox.TakeAsync("a", s_long, s_none))!;
        Assert.True(await Outbox.PostponeAsync(first, s_over, "It is down.", s_none));
        var again = (await Outbox.TakeAsync("a", s_long, s_none))!;
        Assert.Equal(("1", 1), (again.Message.Id, again.Tries));
        var view = Assert.Single(await Store.ListAsync("nightly", s_none));
        Assert.Equal(("log", AlertMessageKind.Firing, OutboxState.Waiting, "It is down."), (view.LastDelivery!.Channel, view.LastDelivery.Kind, view.LastDelivery.State, view.LastDelivery.Fault));
        Assert.True(await Outbox.DeliveredAsync(again, s_none));
        Assert.Equal(["2"], await DrainAsync());
    }

    [SkippableFact]
    public async Task Message_that_was_given_up_is_counted_and_the_next_one_goes_on()
    {
        await StoreAsync(Message("1"), Message("2"));
        Assert.True(await Outbox.PostponeAsync((await Outbox.TakeAsync("a", s_long, s_none))!, null, "Nobody there.", s_none));
        Assert.Equal((1, 1), await CountsAsync());
        var view = Assert.Single(await Store.ListAsync(null, s_none));
        Assert.Equal((OutboxState.Dead, "Nobody there."), (view.LastDelivery!.State, view.LastDelivery.Fault));
        Assert.Equal(["2"], await DrainAsync());
        Assert.Equal(OutboxState.Delivered, Assert.Single(await Store.ListAsync(null, s_none)).LastDelivery!.State);
    }

    [SkippableFact]
    public async Task Sweep_forgets_what_is_done_and_never_what_waits()
    {
        await StoreAsync(Message("1"), Message("2"));
        await Outbox.DeliveredAsync((await Outbox.TakeAsync("a", s_long, s_none))!, s_none);
        Assert.Equal(0, await Outbox.SweepAsync(s_long, s_none));
        Assert.Equal(1, await Outbox.SweepAsync(s_over, s_none));
        Assert.Equal(["2"], await DrainAsync());
    }

    [SkippableFact]
    public async Task Alerts_are_listed_by_job_and_name()
    {
        foreach (var (job, alert) in new[] { ("b", "x"), ("a", "z"), ("a", "y") })
            await Store.TrySaveAsync(State() with { Key = new AlertKey(job, alert, "101") }, [], s_none);
        Assert.Equal(["a/y/101", "a/z/101", "b/x/101"], (await Store.ListAsync(null, s_none)).Select(v => v.State.Key.ToString()));
        Assert.Equal(["b/x/101"], (await Store.ListAsync("b", s_none)).Select(v => v.State.Key.ToString()));
        Assert.Empty(await Store.ListAsync("c", s_none));
    }

    [SkippableFact]
    public async Task Standing_of_a_job_counts_its_windows_by_source_and_account()
    {
        Assert.Empty(await Store.StandingsAsync("nightly", s_none));
        await _ledger.BeginJobAsync(new JobKey("nightly", "main", "101"), "2026-11-15", s_none);
        await _ledger.BeginJobAsync(new JobKey("nightly", "main", "102"), "2026-11-16", s_none);
        await SettleAsync("2026-11-16", WindowState.Landed);
        await SettleAsync("2026-11-17", WindowState.Held);
        await SettleAsync("2026-11-18", WindowState.Failed);
        await SettleAsync("2026-11-18", WindowState.Failed);
        await SettleAsync("2026-11-19", WindowState.Failed);
        await SettleAsync("2026-11-19", WindowState.Parked, "201");
        Assert.Equal(
            [
                new JobStanding(new JobKey("nightly", "main", "101"), "2026-11-15", Keys.Day("2026-11-16").To, 1, 2, 2, 0),
                new JobStanding(new JobKey("nightly", "main", "102"), "2026-11-16", null, 0, 0, 0, 0),
                new JobStanding(new JobKey("nightly", "main", "201"), null, null, 0, 0, 0, 1),
            ],
            await Store.StandingsAsync("nightly", s_none));
    }

    [SkippableFact]
    public async Task Landed_windows_are_listed_from_an_instant_on_with_the_pull_that_is_published()
    {
        foreach (var label in new[] { "2026-11-19", "2026-11-17", "2026-11-18" }) await SettleAsync(label, WindowState.Landed);
        await SettleAsync("2026-11-18", WindowState.Held);
        await SettleAsync("2026-11-20", WindowState.Failed);
        var job = new JobKey("nightly", "main", "101");
        Assert.Equal(
            [("2026-11-18", "pull-2026-11-18", 7L), ("2026-11-19", "pull-2026-11-19", 7L)],
            (await Store.LandedAsync(job, Keys.Day("2026-11-18").From, s_none)).Select(w => (w.Key.Label, w.Pull, w.Rows)));
        Assert.Equal(3, (await Store.LandedAsync(job, DateTimeOffset.UnixEpoch, s_none)).Count);
        Assert.Empty(await Store.LandedAsync(job with { Account = "102" }, DateTimeOffset.UnixEpoch, s_none));
    }

    private static AlertState State() => new() { Key = new AlertKey("nightly", "late", "101"), RuleHash = "hash" };

    private static AlertMessage Message(string id, string alert = "late", string channel = "log") => new()
    {
        Id = id, Key = new AlertKey("nightly", alert, "101"), Channel = channel, Kind = AlertMessageKind.Firing, Subject = "A thing", Body = "{\"a\":\"ü\"}",
    };

    private async Task StoreAsync(params AlertMessage[] messages)
    {
        var state = await Store.FindAsync(State().Key, s_none) ?? State();
        Assert.True(await Store.TrySaveAsync(state, messages, s_none));
    }

    private async Task<string[]> DrainAsync()
    {
        var ids = new List<string>();
        while (await Outbox.TakeAsync("a", s_long, s_none) is { } item)
        {
            ids.Add(item.Message.Id);
            Assert.True(await Outbox.DeliveredAsync(item, s_none));
        }
        return [.. ids];
    }

    private async Task<(int Waiting, int Dead)> CountsAsync()
    {
        var view = Assert.Single(await Store.ListAsync(null, s_none));
        return (view.Waiting, view.Dead);
    }

    private async Task SettleAsync(string label, WindowState state, string account = "101")
    {
        var lease = (await _ledger.TryLeaseAsync(Keys.Key(label, account: account), Keys.Day(label), "a", s_long, 0, s_none))!;
        var stamp = state is WindowState.Landed or WindowState.Held ? Keys.Stamp($"pull-{label}{(state == WindowState.Held ? "-held" : "")}", lease.Fence, 7) : null;
        await _ledger.SettleAsync(lease, new Settlement { State = state, Stamp = stamp, Settled = stamp is null ? null : 1 }, s_none);
    }
}

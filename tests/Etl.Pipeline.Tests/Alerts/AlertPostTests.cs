using System.Collections.Concurrent;
using Etl.Core.Webhooks;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Pipeline.Alerts;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Alerts;

/// <summary>Messages get to their channels, whatever a channel or a process does meanwhile.</summary>
public sealed class AlertPostTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _said = [];
    private readonly ScriptedChannels _channels = new();
    private Bench _bench = null!;

    private IAlertOutbox Outbox => (IAlertOutbox)_bench.Ledger;

    public async Task InitializeAsync() => _bench = await Bench.OpenAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Message_that_a_dead_process_had_taken_is_delivered()
    {
        await StoreAsync("1");
        Assert.NotNull(await Outbox.TakeAsync("dead", TimeSpan.FromMilliseconds(-1), default));
        Assert.True(await Post().DeliverNextAsync(default));
        Assert.Equal(["ops 1"], _channels.Delivered);
        Assert.False(await Post().DeliverNextAsync(default));
    }

    [Fact]
    public async Task Message_that_was_delivered_by_a_process_that_died_before_it_could_say_so_comes_again_with_its_id()
    {
        await StoreAsync("1");
        var taken = await Outbox.TakeAsync("dead", TimeSpan.FromMilliseconds(-1), default);
        await _channels.Find("ops").DeliverAsync(taken!.Message, default);
        Assert.True(await Post().DeliverNextAsync(default));
        Assert.Equal(["ops 1", "ops 1"], _channels.Delivered);
    }

    [Fact]
    public async Task Channel_that_refuses_is_tried_again_and_told_of_once()
    {
        await StoreAsync("1");
        _channels.Fails = tries => tries < 3 ? "It is down." : null;
        using var stop = new CancellationTokenSource();
        var run = Post().RunAsync(stop.Token);
        await UntilAsync(() => !_channels.Delivered.IsEmpty);
        await stop.CancelAsync();
        await run;
        Assert.Equal((3, "ops 1"), (_channels.Tries, Assert.Single(_channels.Delivered)));
        Assert.Equal("A message of alert 'plays/low/100' could not be delivered and is tried again: It is down.", Assert.Single(_said));
        Assert.Equal(OutboxState.Delivered, Assert.Single(await ((IAlertStore)_bench.Ledger).ListAsync(null, default)).LastDelivery!.State);
    }

    [Fact]
    public async Task Channel_that_does_not_answer_is_left_and_holds_up_no_other()
    {
        await StoreAsync("1", "slow");
        await StoreAsync("2", "ops");
        var post = new AlertPost(Outbox, _channels, _said.Enqueue) { Timeout = TimeSpan.FromMilliseconds(200), LookEvery = TimeSpan.FromMilliseconds(10) };
        using var stop = new CancellationTokenSource();
        var run = post.RunAsync(stop.Token);
        await UntilAsync(() => !_channels.Delivered.IsEmpty && !_said.IsEmpty);
        await stop.CancelAsync();
        await run;
        Assert.Equal("ops 2", Assert.Single(_channels.Delivered));
        Assert.Contains("Channel 'slow' did not answer within 0.2 s.", _said.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Channel_that_breaks_in_a_way_nobody_foresaw_is_tried_again_and_its_words_are_not_repeated()
    {
        _channels.Breaks = new InvalidOperationException("https://example.com/t0ken");
        var old = new AgedOutbox(TimeSpan.Zero);
        await new AlertPost(old, _channels, _said.Enqueue).DeliverNextAsync(default);
        Assert.Equal("Channel 'ops' failed with InvalidOperationException.", Assert.Single(old.Postponed).Fault);
        Assert.DoesNotContain("t0ken", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Message_is_given_up_after_a_day()
    {
        _channels.Fails = _ => "It is down.";
        var old = new AgedOutbox(TimeSpan.FromHours(24) + TimeSpan.FromSeconds(1));
        await new AlertPost(old, _channels, _said.Enqueue).DeliverNextAsync(default);
        Assert.Equal(((TimeSpan?)null, "It is down."), Assert.Single(old.Postponed));
        Assert.StartsWith("A message of alert 'plays/low/100' was given up after a day of tries: It is down.", Assert.Single(_said), StringComparison.Ordinal);
        var young = new AgedOutbox(TimeSpan.FromHours(23));
        await new AlertPost(young, _channels, _said.Enqueue).DeliverNextAsync(default);
        Assert.InRange(Assert.Single(young.Postponed).After!.Value, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Waits_double_from_a_second_to_a_quarter_of_an_hour_with_chance_in_their_second_half()
    {
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900], Enumerable.Range(1, 12).Select(t => (int)WebhookRetry.WaitAfter(t, 1).TotalSeconds));
        Assert.Equal(TimeSpan.FromSeconds(0.5), WebhookRetry.WaitAfter(1, 0));
        Assert.Equal(TimeSpan.FromMinutes(7.5), WebhookRetry.WaitAfter(1000, 0));
    }

    [Fact]
    public async Task Service_looks_when_windows_end_and_tells_what_fires()
    {
        _bench.Job = _bench.Job with
        {
            Alerts = [new AlertRule { Name = "low", When = "rows < 5", Source = "main", Measure = AlertMeasure.Rows, Is = Comparison.Less, Threshold = 5, ClearAt = 5, Notify = ["ops"] }],
        };
        using var service = new AlertService(AlertWatchTests.Watch(_bench), Post(), Outbox, () => [_bench.Job], _said.Enqueue, TimeProvider.System) { Gather = TimeSpan.FromMilliseconds(1) };
        using var stop = new CancellationTokenSource();
        var run = service.RunAsync(stop.Token);
        // The first look, at nothing, is over when the job's own state would be there; what ends later wakes it.
        foreach (var outcome in await _bench.RunAsync()) service.Finished(outcome);
        await UntilAsync(() => !_channels.Delivered.IsEmpty);
        await stop.CancelAsync();
        await run;
        Assert.Single(_channels.Delivered);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task Fault_of_one_job_is_said_once_and_stops_no_other()
    {
        _bench.Job = _bench.Job with
        {
            Alerts = [new AlertRule { Name = "low", When = "rows < 5", Source = "main", Measure = AlertMeasure.Rows, Is = Comparison.Less, Threshold = 5, ClearAt = 5, Notify = ["ops"] }],
        };
        await _bench.RunAsync();
        var broken = _bench.Job with { Name = "broken", Window = _bench.Job.Window with { TimeZone = "Nowhere/Never" } };
        await _bench.Ledger.BeginJobAsync(new Core.Ledger.JobKey("broken", "main", "100"), "2026-11-19", default);
        broken = broken with { Alerts = [new AlertRule { Name = "late", When = "late > 1h", Measure = AlertMeasure.Late, Is = Comparison.Greater, Threshold = 1, ClearAt = 1 }] };
        using var service = new AlertService(AlertWatchTests.Watch(_bench), Post(), Outbox, () => [broken, _bench.Job], _said.Enqueue, TimeProvider.System)
        {
            Gather = TimeSpan.FromMilliseconds(1), LookEvery = TimeSpan.FromMilliseconds(5),
        };
        using var stop = new CancellationTokenSource();
        var run = service.RunAsync(stop.Token);
        await UntilAsync(() => !_channels.Delivered.IsEmpty);
        await stop.CancelAsync();
        await run;
        Assert.StartsWith("The alerts of job 'broken' could not be looked at and will be: Time zone 'Nowhere/Never'", Assert.Single(_said), StringComparison.Ordinal);
    }

    private AlertPost Post() => new(Outbox, _channels, _said.Enqueue) { LookEvery = TimeSpan.FromMilliseconds(10) };

    private async Task StoreAsync(string id, string channel = "ops")
    {
        var store = (IAlertStore)_bench.Ledger;
        var key = new AlertKey("plays", "low", "100");
        var state = await store.FindAsync(key, default) ?? new AlertState { Key = key, RuleHash = "" };
        Assert.True(await store.TrySaveAsync(state, [new AlertMessage { Id = id, Key = key, Channel = channel, Kind = AlertMessageKind.Firing, Subject = "", Body = "{}" }], default));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!condition()) await Task.Delay(10, limit.Token);
    }

    private sealed class ScriptedChannels : IAlertChannels
    {
        private int _tries;

        public ConcurrentQueue<string> Delivered { get; } = [];

        public Func<int, string?> Fails { get; set; } = _ => null;

        public Exception? Breaks { get; set; }

        public int Tries => _tries;

        public IAlertChannel Find(string name) => new Channel(this, name);

        private sealed class Channel(ScriptedChannels all, string name) : IAlertChannel
        {
            public async Task DeliverAsync(AlertMessage message, CancellationToken cancellation)
            {
                if (name == "slow") await Task.Delay(Timeout.Infinite, cancellation);
                if (all.Breaks is { } broken) throw broken;
                if (all.Fails(Interlocked.Increment(ref all._tries)) is { } fault) throw new EtlException(FaultKind.Unreachable, fault);
                all.Delivered.Enqueue($"{name} {message.Id}");
            }
        }
    }

    private sealed class AgedOutbox(TimeSpan age) : IAlertOutbox
    {
        public List<(TimeSpan? After, string Fault)> Postponed { get; } = [];

        public Task<OutboxItem?> TakeAsync(string owner, TimeSpan lifetime, CancellationToken cancellation) => Task.FromResult<OutboxItem?>(new OutboxItem(
            1, owner, 0, age, new AlertMessage { Id = "1", Key = new AlertKey("plays", "low", "100"), Channel = "ops", Kind = AlertMessageKind.Firing, Subject = "", Body = "{}" }));

        public Task<bool> DeliveredAsync(OutboxItem item, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> PostponeAsync(OutboxItem item, TimeSpan? after, string fault, CancellationToken cancellation)
        {
            Postponed.Add((after, fault));
            return Task.FromResult(true);
        }

        public Task<int> SweepAsync(TimeSpan olderThan, CancellationToken cancellation) => Task.FromResult(0);
    }
}

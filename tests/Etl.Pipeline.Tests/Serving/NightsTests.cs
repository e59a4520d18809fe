using System.Collections.Concurrent;
using System.Globalization;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Pipeline.Serving;
using Etl.Pipeline.Tests.Running;
using Etl.Scheduling;
using Etl.Scheduling.Quartz;
using Etl.Testing.Scheduling;

namespace Etl.Pipeline.Tests.Serving;

/// <summary>A server over nights on which something is odd: clocks are changed, nobody is there, the ledger is away. Each day lands exactly once.</summary>
public sealed class NightsTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> _said = [];
    private Bench _bench = null!;

    public async Task InitializeAsync() => _bench = await Bench.OpenAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Theory]
    [InlineData("30 2 * * *", "America/New_York", "2026-03-06T17:00:00Z")] // 02:30 of 8 March does not exist
    [InlineData("30 1 * * *", "America/New_York", "2026-10-30T16:00:00Z")] // 01:30 of 1 November comes twice
    [InlineData("0 0 * * *", "America/Santiago", "2026-09-04T16:00:00Z")] // nor does the midnight with which 6 September would begin
    [InlineData("*/30 * * * *", "Australia/Lord_Howe", "2026-04-04T13:10:00Z")] // 01:30 to 02:00 of 5 April comes twice
    public async Task Nights_on_which_clocks_are_changed_land_every_day_once(string cron, string zone, string from)
    {
        Begin(DateTimeOffset.Parse(from, CultureInfo.InvariantCulture), cron, zone);
        var end = _bench.Clock.GetUtcNow().AddDays(3);
        await using var scheduler = Engine();
        using var stop = new CancellationTokenSource();
        var server = Serve(scheduler, stop.Token);
        await LandedAsync(1);
        // An alarm each half hour is followed over the hours around the switch only.
        for (var alarm = 0; alarm < 8 && await NextAsync(scheduler) is var next && next < end; alarm++)
        {
            _bench.Clock.Advance(next - _bench.Clock.GetUtcNow() + TimeSpan.FromSeconds(1));
            await UntilAsync(async () => await NextAsync(scheduler) > _bench.Clock.GetUtcNow(), "The alarm fires");
            await UntilAsync(async () => (await _bench.DueAsync()).Length == 0, "What is due lands");
        }
        await stop.CancelAsync();
        await server;
        var windows = await AssertOnceEachAsync();
        var local = TimeZoneInfo.ConvertTime(_bench.Clock.GetUtcNow(), TimeZoneInfo.FindSystemTimeZoneById(zone));
        Assert.Equal(local.AddDays(-1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), windows[^1].Key.Label);
    }

    [Fact]
    public async Task Nights_that_were_missed_while_no_server_ran_are_caught_up_when_one_starts()
    {
        Begin(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero), "15 2 * * *", "UTC");
        await RunUntilAsync(1);
        _bench.Clock.Advance(TimeSpan.FromDays(3));
        await RunUntilAsync(4);
        Assert.Equal(["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"], (await AssertOnceEachAsync()).Select(w => w.Key.Label));

        async Task RunUntilAsync(int landed)
        {
            await using var scheduler = Engine();
            using var stop = new CancellationTokenSource();
            var server = Serve(scheduler, stop.Token);
            await LandedAsync(landed);
            await stop.CancelAsync();
            await server;
        }
    }

    [Fact]
    public async Task Nights_that_were_missed_while_the_server_was_suspended_are_caught_up_by_one_alarm()
    {
        Begin(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero), "15 2 * * *", "UTC");
        await using var scheduler = Engine();
        using var stop = new CancellationTokenSource();
        var server = Serve(scheduler, stop.Token);
        await LandedAsync(1);
        _bench.Clock.Advance(TimeSpan.FromDays(3));
        await LandedAsync(4);
        await stop.CancelAsync();
        await server;
        Assert.Equal(4, (await AssertOnceEachAsync()).Count);
    }

    [Fact]
    public async Task Look_that_the_ledger_was_away_for_is_done_when_it_is_back()
    {
        Begin(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero), "15 2 * * *", "UTC");
        var (ledger, away) = AwayLedger.Over(_bench.Ledger);
        away.IsAway = true;
        await using var scheduler = Engine();
        using var stop = new CancellationTokenSource();
        var server = Serve(scheduler, stop.Token, ledger);
        await UntilAsync(() => Task.FromResult(!_said.IsEmpty), "It is said");
        await Task.Delay(300);
        Assert.Contains("does not answer", Assert.Single(_said), StringComparison.Ordinal);
        away.IsAway = false;
        await LandedAsync(1);
        await stop.CancelAsync();
        await server;
        await AssertOnceEachAsync();
    }

    [Fact]
    public async Task Window_that_was_in_hand_when_the_ledger_went_away_is_finished_when_its_lease_is_over()
    {
        Begin(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero), "15 2 * * *", "UTC");
        var (ledger, away) = AwayLedger.Over(_bench.Ledger);
        var tries = 0;
        _bench.Source.Halfway = (_, _) =>
        {
            if (tries++ == 0) away.IsAway = true;
            return Task.CompletedTask;
        };
        await using var scheduler = Engine();
        using var stop = new CancellationTokenSource();
        var server = Serve(scheduler, stop.Token, ledger);
        await UntilAsync(() => Task.FromResult(away.IsAway), "The ledger goes away");
        await UntilAsync(() => Task.FromResult(!_said.IsEmpty), "It is said");
        // Only when the try is over is the ledger sure not to have heard how it ended.
        await UntilAsync(() => Task.FromResult(_bench.FinishedWindows > 0), "The try ends");
        Assert.Empty(_bench.TableRows("2026-11-19"));
        away.IsAway = false;
        // The server looks while the lease of the broken try still runs: that is not the last look.
        var asked = away.Asked;
        await UntilAsync(() => Task.FromResult(away.Asked > asked + 20), "It looks again");
        await _bench.ExpireLeaseAsync("2026-11-19");
        await LandedAsync(1);
        await stop.CancelAsync();
        await server;
        await AssertOnceEachAsync(ofPulls: false);
    }

    [Fact]
    public async Task Long_item_that_an_engine_does_again_and_again_is_pulled_once()
    {
        Begin(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero), "15 2 * * *", "UTC");
        await using var other = await _bench.SecondWorkerAsync();
        using var gate = new SemaphoreSlim(0);
        var (pulling, most) = (0, 0);
        _bench.Source.Halfway = async (_, cancellation) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref pulling));
            await gate.WaitAsync(cancellation);
            Interlocked.Decrement(ref pulling);
        };
        var (first, second) = TwiceScheduler.Pair();
        using var stop = new CancellationTokenSource();
        Task[] servers = [Serve(first, stop.Token), Serve(second, stop.Token, other.Ledger)];
        await UntilAsync(() => Task.FromResult(Volatile.Read(ref pulling) > 0), "The pull begins");
        // An engine that takes a long item for lost hands it out again, to any node.
        for (var round = 0; round < 5; round++) await first.EnqueueAsync(new WorkItem("plays", "2026-11-19"), default);
        await UntilAsync(() => Task.FromResult(first.Enqueued.Count(i => i.Label is not null) >= 5), "It is handed out again");
        gate.Release(100);
        await LandedAsync(1);
        await first.IdleAsync();
        await stop.CancelAsync();
        await Task.WhenAll(servers);
        Assert.Equal(1, most);
        Assert.Empty(first.Faults.Concat(second.Faults));
        await AssertOnceEachAsync();
    }

    private void Begin(DateTimeOffset now, string cron, string zone)
    {
        _bench.Clock.Advance(now - _bench.Clock.GetUtcNow());
        _bench.Job = _bench.Job with
        {
            Schedule = new ScheduleSpec(cron, zone),
            TextHash = "1",
            Window = new WindowSpec { TimeZone = zone, Lookback = 1, Settle = TimeSpan.Zero },
        };
    }

    private QuartzScheduler Engine() =>
        new(new SchedulerSettings(SchedulerStore.Memory, 2) { Time = _bench.Clock, Heartbeat = TimeSpan.FromSeconds(1) }, _said.Enqueue);

    private Task Serve(IJobScheduler scheduler, CancellationToken stop, ILedger? ledger = null) => Task.Run(
        () => new JobServer(_bench.Parts() with { Ledger = ledger ?? _bench.Ledger }, new NoLive(), scheduler, (IBacklog)_bench.Ledger, () => [_bench.Job], _said.Enqueue)
        {
            ReloadEvery = TimeSpan.FromMilliseconds(20),
            Grace = TimeSpan.FromSeconds(10),
        }.RunAsync(stop),
        CancellationToken.None);

    private static async Task<DateTimeOffset> NextAsync(IJobScheduler scheduler) => Assert.Single(await scheduler.NextAsync(default)).At;

    private async Task LandedAsync(int count)
    {
        IReadOnlyList<WindowRecord> windows = [];
        await UntilAsync(
            async () => (windows = await _bench.Ledger.WindowsAsync("plays", default)).Count(w => w.State == WindowState.Landed) >= count,
            () => $"{count} windows land ({string.Join(", ", windows.Select(w => $"{w.Key.Label} is {w.State}, leased: {w.IsLeased}, fence {w.Fence}, strikes {w.Failures}: {w.Reason}"))}; said: {string.Join(" | ", _said)})");
    }

    /// <summary>Days next to each other, none twice and none left out, each in one pull.</summary>
    private async Task<IReadOnlyList<WindowRecord>> AssertOnceEachAsync(bool ofPulls = true)
    {
        var windows = await _bench.Ledger.WindowsAsync("plays", default);
        Assert.All(windows.Zip(windows.Skip(1)), pair => Assert.Equal(pair.First.To, pair.Second.From));
        foreach (var window in windows)
        {
            var label = window.Key.Label;
            Assert.Equal(WindowState.Landed, window.State);
            _bench.AssertPublished(label, $"{label}-a=10", $"{label}-b=20");
            if (ofPulls) Assert.Single(await _bench.Ledger.PullsAsync(window.Key, default));
            Assert.Equal(_bench.Job.Land.Count, (await _bench.Ledger.LandingsAsync(window.Key, default)).Count);
        }
        return windows;
    }

    private static Task UntilAsync(Func<Task<bool>> condition, string what) => UntilAsync(condition, () => what);

    private static async Task UntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            Assert.False(end.IsCancellationRequested, $"{what()}: not within 60 s.");
            await Task.Delay(10);
        }
    }

    private sealed class NoLive : ILiveSourceFactory
    {
        public ILiveSource CreateLive(SourceSpec spec, string account) => throw new NotSupportedException();
    }
}

using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Pipeline.Serving;
using Etl.Pipeline.Tests.Running;
using Etl.Testing.Scheduling;

namespace Etl.Pipeline.Tests.Serving;

public sealed class JobServerTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _said = [];
    private readonly TwiceScheduler _first, _second;
    private Bench _bench = null!;

    public JobServerTests() => (_first, _second) = TwiceScheduler.Pair();

    public async Task InitializeAsync()
    {
        _bench = await Bench.OpenAsync();
        _bench.Job = _bench.Job with { Schedule = new ScheduleSpec("15 2 * * *", "UTC"), TextHash = "1" };
    }

    public async Task DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _bench.DisposeAsync();
    }

    public void Dispose() => _stop.Dispose();

    [Fact]
    public async Task Start_catches_up_what_was_missed()
    {
        var server = Serve(_bench, _first);
        await UntilAsync(() => _first.Enqueued.Count == 4);
        await _first.IdleAsync();
        await StopAsync(server);
        Assert.Empty(_first.Faults);
        foreach (var label in (string[])["2026-11-17", "2026-11-18", "2026-11-19"])
            _bench.AssertPublished(label, $"{label}-a=10", $"{label}-b=20");
        Assert.Equal(["plays"], _first.Alarms.Select(a => a.Job));
    }

    [Fact]
    public async Task Scheduler_whose_store_is_away_at_the_start_is_waited_for()
    {
        _first.StartsInVain = 2;
        var server = Serve(_bench, _first);
        await UntilAsync(() => _first.Enqueued.Count == 4);
        await _first.IdleAsync();
        await StopAsync(server);
        Assert.Equal("The store of the scheduler is away.", Assert.Single(_said));
        _bench.AssertPublished("2026-11-19", "2026-11-19-a=10", "2026-11-19-b=20");
    }

    [Fact]
    public async Task Job_with_hooks_and_no_schedule_is_looked_at_when_a_server_starts()
    {
        _bench.Job = _bench.Job with { Schedule = null, Hooks = HookAim.Due };
        var server = Serve(_bench, _first);
        await UntilAsync(() => _first.Enqueued.Count == 4);
        await _first.IdleAsync();
        await StopAsync(server);
        Assert.Empty(_first.Alarms);
        _bench.AssertPublished("2026-11-19", "2026-11-19-a=10", "2026-11-19-b=20");
    }

    [Fact]
    public async Task Everything_twice_on_two_servers_lands_each_window_once()
    {
        await using var other = await _bench.SecondWorkerAsync();
        Task[] servers = [Serve(_bench, _first), Serve(other, _second)];
        await UntilAsync(() => _first.Enqueued.Count >= 4 && !_second.Enqueued.IsEmpty);
        await _first.IdleAsync();
        for (var night = 0; night < 3; night++)
        {
            _bench.Clock.Advance(TimeSpan.FromDays(1));
            await _first.RingAsync();
            await _first.IdleAsync();
        }
        foreach (var server in servers) await StopAsync(server);
        Assert.Empty(_first.Faults);
        Assert.Empty(_second.Faults);
        var windows = await _bench.Ledger.WindowsAsync("plays", default);
        Assert.Equal(6, windows.Count);
        foreach (var window in windows)
        {
            _bench.AssertPublished(window.Key.Label, $"{window.Key.Label}-a=10", $"{window.Key.Label}-b=20");
            var pulls = await _bench.Ledger.PullsAsync(window.Key, default);
            // Three pulls are owed to a window of a lookback of three; nothing is pulled that is not owed.
            Assert.InRange(pulls.Count, 1, 3);
            Assert.Equal(pulls.Count, pulls.Select(p => p.Fence).Distinct().Count());
        }
    }

    [Fact]
    public async Task Failed_window_is_tried_again_before_the_next_night()
    {
        var good = _bench.Targets;
        // A fault that passes: retries without a pause would soon park the window for any other.
        _bench.Targets = new FailingTable(good, transient: true);
        var server = Serve(_bench, _first, retryEvery: TimeSpan.Zero);
        await UntilAsync(() => _first.Enqueued.Count > 4);
        Assert.Empty(_bench.TableRows("2026-11-19"));
        await StopAsync(server);

        _bench.Targets = good;
        using var again = new CancellationTokenSource();
        var (first, _) = TwiceScheduler.Pair();
        var healed = Serve(_bench, first, retryEvery: TimeSpan.Zero, stop: again.Token);
        await UntilAsync(() => _bench.TableRows("2026-11-19").Length == 2);
        await again.CancelAsync();
        await healed;
        await first.DisposeAsync();
    }

    [Fact]
    public async Task Changed_job_file_takes_effect_and_a_bad_one_is_said_once()
    {
        var jobs = new[] { _bench.Job };
        Func<IReadOnlyList<JobDefinition>> load = () => jobs;
        var server = Serve(_bench, _first, () => load());
        await UntilAsync(() => _first.Alarms.Count == 1);
        jobs = [_bench.Job with { Schedule = new ScheduleSpec("0 5 * * *", "UTC"), TextHash = "2" }];
        await UntilAsync(() => _first.Alarms.Single().Schedule.Cron == "0 5 * * *");
        load = () => throw new EtlException(FaultKind.Usage, "jobs/plays.yaml:3:1: no.");
        await UntilAsync(() => !_said.IsEmpty);
        await Task.Delay(100);
        Assert.Contains("jobs/plays.yaml:3:1", Assert.Single(_said), StringComparison.Ordinal);
        Assert.Single(_first.Alarms);
        await StopAsync(server);
    }

    [Fact]
    public async Task Faults_of_the_job_files_at_the_start_begin_nothing()
    {
        var fault = await Assert.ThrowsAsync<EtlException>(() => Serve(_bench, _first, () => throw new EtlException(FaultKind.Usage, "jobs/plays.yaml:3:1: no.")));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Empty(_first.Enqueued);
    }

    [Fact]
    public async Task Stop_lets_a_window_finish()
    {
        using var gate = new SemaphoreSlim(0);
        _bench.Source.Halfway = async (_, cancellation) => await gate.WaitAsync(cancellation);
        var server = Serve(_bench, _first);
        await UntilAsync(() => _bench.Source.Pulled.Count > 0);
        var stopping = StopAsync(server);
        gate.Release(100);
        await stopping;
        var pulled = _bench.Source.Pulled[0];
        _bench.AssertPublished(pulled, $"{pulled}-a=10", $"{pulled}-b=20");
    }

    private Task Serve(Bench bench, IJobScheduler scheduler, Func<IReadOnlyList<JobDefinition>>? load = null, TimeSpan? retryEvery = null, CancellationToken? stop = null) =>
        Task.Run(() => new JobServer(bench.Parts() with { Time = new RunningClock(bench.Clock) }, new NoLive(), scheduler, (IBacklog)bench.Ledger, load ?? (() => [bench.Job]), _said.Enqueue)
        {
            LookEvery = TimeSpan.FromMilliseconds(20),
            ReloadEvery = TimeSpan.FromMilliseconds(20),
            RetryEvery = retryEvery ?? TimeSpan.FromHours(1),
            Grace = TimeSpan.FromSeconds(10),
        }.RunAsync(stop ?? _stop.Token));

    private async Task StopAsync(Task server)
    {
        await _stop.CancelAsync();
        await server;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
        {
            Assert.False(end.IsCancellationRequested, "It did not happen within 20 s.");
            await Task.Delay(10);
        }
    }

    /// <summary>Says the time of a clock that stands still, and lets time pass between two looks.</summary>
    private sealed class RunningClock(TimeProvider still) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => still.GetUtcNow();
    }

    private sealed class NoLive : ILiveSourceFactory
    {
        public ILiveSource CreateLive(SourceSpec spec, string account) => throw new NotSupportedException();
    }
}

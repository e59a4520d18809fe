using System.Collections.Concurrent;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Pipeline.Serving;
using Etl.Pipeline.Tests.Running;
using Etl.Scheduling;
using Etl.Scheduling.Quartz;

namespace Etl.Pipeline.Tests.Serving;

/// <summary>A person who cancels what runs has caused no fault, and is told so; on a real engine.</summary>
public sealed class CancelledWorkTests : IAsyncLifetime, IDisposable
{
    private readonly ConcurrentQueue<string> _warned = [];
    private readonly ConcurrentQueue<WorkItem> _cancelled = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _pulling = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Bench _bench = null!;
    private QuartzScheduler _scheduler = null!;
    private JobServer _server = null!;
    private Task _run = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _bench = await Bench.OpenAsync();
        _bench.Job = _bench.Job with { TextHash = "1" };
        _bench.Source.Halfway = async (_, cancellation) =>
        {
            _pulling.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellation);
        };
        _scheduler = new QuartzScheduler(new SchedulerSettings(SchedulerStore.Memory, 2) { Heartbeat = TimeSpan.FromSeconds(1) }, _warned.Enqueue);
        _server = new JobServer(_bench.Parts() with { Owner = WorkerName.New() }, new NoLive(), _scheduler, Backlog, () => [_bench.Job], _warned.Enqueue)
        {
            LookEvery = TimeSpan.FromMilliseconds(20), Cancelled = _cancelled.Enqueue,
        };
        _run = Task.Run(() => _server.RunAsync(_stop.Token));
        await UntilAsync(async () => (await Backlog.ServersAsync(default)).Count == 1);
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        await _scheduler.DisposeAsync();
        await _bench.DisposeAsync();
    }

    public void Dispose() => _stop.Dispose();

    private IBacklog Backlog => (IBacklog)_bench.Ledger;

    [Fact]
    public async Task Window_of_the_engine_that_another_server_cancels_is_told_as_cancelled_and_as_no_fault()
    {
        await _scheduler.EnqueueAsync(new WorkItem("plays", "2026-11-19"), default);
        await _pulling.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Backlog.CancelAsync("plays", "2026-11-19", default);
        await ToldAsync(new WorkItem("plays", "2026-11-19"));
    }

    [Fact]
    public async Task Window_of_the_engine_that_is_cancelled_at_its_own_server_is_told_as_cancelled_and_as_no_fault()
    {
        await _scheduler.EnqueueAsync(new WorkItem("plays", "2026-11-19"), default);
        await _pulling.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(await _server.CancelAsync("plays", "2026-11-19", default));
        await ToldAsync(new WorkItem("plays", "2026-11-19"));
    }

    [Fact]
    public async Task Window_of_the_backlog_that_is_cancelled_is_told_as_cancelled_and_as_no_fault()
    {
        var item = new WorkItem("plays", "2026-11-01", Force: true);
        Assert.True(await _server.AskAsync(item, "page: ann", default));
        await _pulling.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(await _server.CancelAsync("plays", "2026-11-01", default));
        await ToldAsync(item);
        Assert.Empty(await Backlog.ListAsync(default));
    }

    [Fact]
    public async Task Window_that_the_stop_of_the_server_cuts_short_is_not_told_as_cancelled()
    {
        await _server.AskAsync(new WorkItem("plays", "2026-11-01"), "page: ann", default);
        await _pulling.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await _stop.CancelAsync();
        await _run;
        Assert.Empty(_cancelled);
        Assert.Single(await Backlog.ListAsync(default));
    }

    /// <summary>It was told once, nothing was told as a fault, and the window is as before.</summary>
    private async Task ToldAsync(WorkItem item)
    {
        await UntilAsync(async () => !_warned.IsEmpty || (!_cancelled.IsEmpty && (await Backlog.ListAsync(default)).Count == 0));
        await _stop.CancelAsync();
        await _run;
        Assert.Empty(_warned);
        Assert.Equal(item, Assert.Single(_cancelled));
        var window = await _bench.WindowAsync(item.Label!);
        Assert.Equal((WindowState.Planned, false), (window.State, window.IsLeased));
    }

    private async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!await condition())
        {
            Assert.False(end.IsCancellationRequested, $"It did not happen within 30 s. {_run.Exception?.Message} {string.Join(" | ", _warned)}");
            await Task.Delay(10);
        }
    }

    private sealed class NoLive : ILiveSourceFactory
    {
        public ILiveSource CreateLive(SourceSpec spec, string account) => throw new NotSupportedException();
    }
}

using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Scheduling;

namespace Etl.Testing.Scheduling;

/// <summary>
/// The worst engine there may be: it does everything twice, at once, on two workers. Alarms fire when a test says so. Whatever stays right
/// with it does not rest on an engine.
/// </summary>
public sealed class TwiceScheduler : IJobScheduler
{
    private readonly ConcurrentDictionary<Task, bool> _running = [];
    private readonly CancellationTokenSource _stop = new();
    private IReadOnlyList<Func<WorkItem, CancellationToken, Task>> _workers = [];
    private TwiceScheduler? _peer;

    /// <summary>Two nodes, each of which also hears what the other one is given.</summary>
    public static (TwiceScheduler First, TwiceScheduler Second) Pair()
    {
        var (first, second) = (new TwiceScheduler(), new TwiceScheduler());
        (first._peer, second._peer) = (second, first);
        return (first, second);
    }

    public string Engine => "twice";

    /// <summary>The alarms as they were last set.</summary>
    public IReadOnlyList<JobAlarm> Alarms { get; private set; } = [];

    /// <summary>Items that were handed in, in order.</summary>
    public ConcurrentQueue<WorkItem> Enqueued { get; } = [];

    /// <summary>What work threw.</summary>
    public ConcurrentQueue<Exception> Faults { get; } = [];

    /// <summary>How many starts find its store away.</summary>
    public int StartsInVain { get; set; }

    public Task StartAsync(IReadOnlyList<JobAlarm> alarms, Func<WorkItem, CancellationToken, Task> work, CancellationToken cancellation)
    {
        if (StartsInVain-- > 0) throw new EtlException(FaultKind.Window, "The store of the scheduler is away.") { IsTransient = true };
        Alarms = alarms;
        _workers = [work];
        return Task.CompletedTask;
    }

    public Task SetAlarmsAsync(IReadOnlyList<JobAlarm> alarms, CancellationToken cancellation)
    {
        Alarms = alarms;
        return Task.CompletedTask;
    }

    public Task<bool> EnqueueAsync(WorkItem item, CancellationToken cancellation)
    {
        Enqueued.Enqueue(item);
        Do(item);
        (_peer ?? this).Do(item);
        return Task.FromResult(true);
    }

    public Task<bool> CancelAsync(WorkItem item, CancellationToken cancellation) => Task.FromResult(false);

    public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<NextFiring>>([]);

    /// <summary>Fires every alarm, on both nodes.</summary>
    public async Task RingAsync()
    {
        foreach (var alarm in Alarms) await EnqueueAsync(new WorkItem(alarm.Job), default);
    }

    /// <summary>Waits until nothing is being done, on both nodes.</summary>
    public async Task IdleAsync()
    {
        while (!_running.IsEmpty || _peer is { _running.IsEmpty: false }) await Task.Delay(5);
    }

    public async Task StopAsync(TimeSpan grace)
    {
        using var end = new CancellationTokenSource(grace);
        while (!_running.IsEmpty && !end.IsCancellationRequested) await Task.Delay(5, CancellationToken.None);
        await _stop.CancelAsync();
        while (!_running.IsEmpty) await Task.Delay(5);
    }

    public ValueTask DisposeAsync()
    {
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Do(WorkItem item)
    {
        foreach (var work in _workers)
        {
            var gate = new TaskCompletionSource();
            var task = Task.Run(async () =>
            {
                await gate.Task;
                try
                {
                    await work(item, _stop.Token);
                }
                catch (Exception fault)
                {
                    Faults.Enqueue(fault);
                }
            });
            _running[task] = true;
            _ = task.ContinueWith(t => _running.TryRemove(t, out _), TaskScheduler.Default);
            gate.SetResult();
        }
    }
}

using System.Collections.Concurrent;
using Etl.Core.Jobs;
using Etl.Core.Scheduling;

namespace Etl.Testing.Scheduling;

/// <summary>What every scheduler must do, on every store. Alarms are real, so these tests wait for seconds; they poll and never sleep for luck.</summary>
public abstract class SchedulerContract : IAsyncLifetime
{
    protected const string Yearly = "0 0 1 1 *", EverySecond = "* * * * * *";
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly List<IJobScheduler> _open = [];

    protected ConcurrentQueue<WorkItem> Done { get; } = [];

    /// <summary>Makes a node; several nodes of one test share one store, where the store can be shared.</summary>
    protected abstract IJobScheduler Create(TimeProvider? time = null, int workers = 4);

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (var scheduler in _open) await scheduler.DisposeAsync();
    }

    protected static JobAlarm Alarm(string job, string cron, string zone = "UTC") => new(job, new ScheduleSpec(cron, zone));

    protected async Task<IJobScheduler> StartAsync(IReadOnlyList<JobAlarm> alarms, Func<WorkItem, CancellationToken, Task>? work = null, TimeProvider? time = null, int workers = 4)
    {
        var scheduler = Create(time, workers);
        _open.Add(scheduler);
        await scheduler.StartAsync(alarms, work ?? Note, default);
        return scheduler;
    }

    protected Task Note(WorkItem item, CancellationToken cancellation)
    {
        Done.Enqueue(item);
        return Task.CompletedTask;
    }

    protected static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var end = new CancellationTokenSource(Patience);
        while (!condition())
        {
            Assert.False(end.IsCancellationRequested, $"{what}: not within {Patience.TotalSeconds} s.");
            await Task.Delay(20);
        }
    }

    [SkippableFact]
    public async Task Alarm_asks_what_is_due()
    {
        await StartAsync([Alarm("nightly", EverySecond), Alarm("other", Yearly)]);
        await UntilAsync(() => Done.Count >= 2, "An alarm of every second fires");
        Assert.All(Done, item => Assert.Equal(new WorkItem("nightly"), item));
    }

    [SkippableFact]
    public async Task Items_are_done_once_each_and_by_several_workers_at_once()
    {
        var (now, most) = (0, 0);
        using var all = new Barrier(4);
        var scheduler = await StartAsync([], async (item, cancellation) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref now));
            await Task.Run(() => all.SignalAndWait(TimeSpan.FromSeconds(5), cancellation), cancellation);
            Interlocked.Decrement(ref now);
            Done.Enqueue(item);
        });
        var items = Enumerable.Range(1, 8).Select(d => new WorkItem("nightly", $"2026-11-{d:00}")).ToList();
        foreach (var item in items) Assert.True(await scheduler.EnqueueAsync(item, default));
        await UntilAsync(() => Done.Count >= items.Count, "All items are done");
        Assert.Equal(items.OrderBy(i => i.Name), Done.OrderBy(i => i.Name));
        Assert.Equal(4, most);
    }

    [SkippableFact]
    public async Task Item_that_runs_already_is_not_taken_again()
    {
        using var gate = new SemaphoreSlim(0);
        var started = 0;
        var scheduler = await StartAsync([], async (item, cancellation) =>
        {
            Interlocked.Increment(ref started);
            await gate.WaitAsync(cancellation);
            Done.Enqueue(item);
        });
        var window = new WorkItem("nightly", "2026-11-19");
        Assert.True(await scheduler.EnqueueAsync(window, default));
        await UntilAsync(() => started == 1, "The item starts");
        Assert.False(await scheduler.EnqueueAsync(window, default));
        Assert.True(await scheduler.EnqueueAsync(window with { Force = true }, default));
        gate.Release(10);
        await UntilAsync(() => Done.Count == 2, "Both items are done");
        Assert.Equal([false, true], Done.Select(d => d.Force).Order());
        // Done with, it may be asked for again.
        Assert.True(await AgainAsync(scheduler, window));
        await UntilAsync(() => Done.Count == 3, "The item is done again");
    }

    [SkippableFact]
    public async Task Fault_is_not_repeated_and_stops_nothing()
    {
        var tries = 0;
        var scheduler = await StartAsync([], (item, cancellation) =>
        {
            if (item.Job != "bad") return Note(item, cancellation);
            Interlocked.Increment(ref tries);
            throw new InvalidOperationException("It does not work.");
        });
        await scheduler.EnqueueAsync(new WorkItem("bad", "2026-11-19"), default);
        await UntilAsync(() => tries > 0, "The bad item is tried");
        await scheduler.EnqueueAsync(new WorkItem("good", "2026-11-19"), default);
        await UntilAsync(() => !Done.IsEmpty, "The good item is done");
        Assert.Equal(1, tries);
    }

    [SkippableFact]
    public async Task Cancelled_item_hears_of_it_where_it_runs()
    {
        var (started, cancelled) = (0, 0);
        var scheduler = await StartAsync([], async (_, cancellation) =>
        {
            Interlocked.Increment(ref started);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            finally
            {
                // Not by a registration of its own: the delay, which came later, hears first, and its end could take the registration back.
                if (cancellation.IsCancellationRequested) Interlocked.Increment(ref cancelled);
            }
        });
        var window = new WorkItem("nightly", "2026-11-19");
        await scheduler.EnqueueAsync(window, default);
        await UntilAsync(() => started == 1, "The item starts");
        Assert.True(await scheduler.CancelAsync(window, default));
        await UntilAsync(() => cancelled == 1, "The item hears of it");
        Assert.False(await scheduler.CancelAsync(new WorkItem("nightly", "2026-11-18"), default));
    }

    [SkippableFact]
    public async Task Item_that_waits_is_taken_back_by_a_cancellation_and_never_begins()
    {
        using var gate = new SemaphoreSlim(0);
        var begun = new ConcurrentQueue<WorkItem>();
        var scheduler = await StartAsync(
            [],
            async (item, cancellation) =>
            {
                begun.Enqueue(item);
                await gate.WaitAsync(cancellation);
                Done.Enqueue(item);
            },
            workers: 1);
        WorkItem runs = new("nightly", "2026-11-17"), waits = new("nightly", "2026-11-18"), last = new("nightly", "2026-11-19");
        await scheduler.EnqueueAsync(runs, default);
        await UntilAsync(() => !begun.IsEmpty, "The first item begins");
        Assert.True(await scheduler.EnqueueAsync(waits, default));
        Assert.True(await scheduler.EnqueueAsync(last, default));
        Assert.True(await scheduler.CancelAsync(waits, default));
        Assert.False(await scheduler.CancelAsync(waits, default));
        gate.Release(10);
        await UntilAsync(() => Done.Count == 2, "The others are done");
        Assert.Equal([runs, last], Done);
        // Whoever wants it after all may ask again.
        Assert.True(await scheduler.EnqueueAsync(waits, default));
        await UntilAsync(() => Done.Count == 3, "What was taken back is asked for again and done");
        Assert.Equal([runs, last, waits], begun);
    }

    [SkippableFact]
    public async Task Changed_alarm_takes_effect_and_one_that_is_gone_is_removed()
    {
        var first = await StartAsync([Alarm("a", Yearly), Alarm("b", EverySecond), Alarm("c", EverySecond)]);
        await UntilAsync(() => Done.Any(d => d.Job == "b") && Done.Any(d => d.Job == "c"), "The alarms fire");
        await first.SetAlarmsAsync([Alarm("a", EverySecond), Alarm("b", Yearly)], default);
        await UntilAsync(() => Done.Any(d => d.Job == "a"), "The changed alarm fires");
        Assert.Equal(["a", "b"], (await first.NextAsync(default)).Select(f => f.Job));
        var (b, c) = (Done.Count(d => d.Job == "b"), Done.Count(d => d.Job == "c"));
        var a = Done.Count(d => d.Job == "a");
        await UntilAsync(() => Done.Count(d => d.Job == "a") >= a + 2, "The changed alarm fires again");
        Assert.Equal((b, c), (Done.Count(d => d.Job == "b"), Done.Count(d => d.Job == "c")));
    }

    [SkippableFact]
    public async Task Stop_waits_for_what_runs()
    {
        var started = 0;
        var scheduler = await StartAsync([], async (item, cancellation) =>
        {
            Interlocked.Increment(ref started);
            await Task.Delay(500, cancellation);
            Done.Enqueue(item);
        });
        await scheduler.EnqueueAsync(new WorkItem("nightly", "2026-11-19"), default);
        await UntilAsync(() => started == 1, "The item starts");
        await scheduler.StopAsync(Patience);
        Assert.Single(Done);
    }

    private static async Task<bool> AgainAsync(IJobScheduler scheduler, WorkItem item)
    {
        // The engine forgets a done item a moment after its work returned.
        using var end = new CancellationTokenSource(Patience);
        while (!await scheduler.EnqueueAsync(item, default))
        {
            if (end.IsCancellationRequested) return false;
            await Task.Delay(20);
        }
        return true;
    }

    private static void InterlockedMax(ref int place, int value)
    {
        for (var seen = place; value > seen; seen = place)
            if (Interlocked.CompareExchange(ref place, value, seen) == seen) return;
    }
}

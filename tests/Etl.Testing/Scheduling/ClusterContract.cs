using Etl.Core.Scheduling;

namespace Etl.Testing.Scheduling;

/// <summary>What a scheduler must do beyond <see cref="StoredSchedulerContract"/> on a store that several nodes share.</summary>
public abstract class ClusterContract : StoredSchedulerContract
{
    [SkippableFact]
    public async Task Two_nodes_share_the_work()
    {
        var (a, b) = (0, 0);
        var first = await StartAsync([], (item, _) => WorkAsync(item, () => Interlocked.Increment(ref a)), workers: 2);
        await StartAsync([], (item, _) => WorkAsync(item, () => Interlocked.Increment(ref b)), workers: 2);
        var items = Enumerable.Range(1, 30).Select(d => new WorkItem("nightly", $"2026-11-{d:00}")).ToList();
        foreach (var item in items) await first.EnqueueAsync(item, default);
        await UntilAsync(() => Done.Count >= items.Count, "All items are done");
        Assert.Equal(items.OrderBy(i => i.Name), Done.OrderBy(i => i.Name));
        Assert.True(a > 0 && b > 0, $"One node did {a} items, the other {b}.");

        async Task WorkAsync(WorkItem item, Action count)
        {
            count();
            await Task.Delay(200);
            Done.Enqueue(item);
        }
    }

    /// <summary>Longer than any time after which a node that is silent counts as dead, in the settings of these tests.</summary>
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(12);

    [SkippableFact]
    public async Task Item_that_outlives_every_timeout_is_not_done_twice()
    {
        var (running, most, starts) = (0, 0, 0);
        var first = await StartAsync([], WorkAsync, workers: 2);
        await StartAsync([], WorkAsync, workers: 2);
        await first.EnqueueAsync(new WorkItem("nightly", "2026-11-19"), default);
        await UntilAsync(() => !Done.IsEmpty, "The item is done");
        Assert.Equal((1, 1), (starts, most));

        async Task WorkAsync(WorkItem item, CancellationToken cancellation)
        {
            Interlocked.Increment(ref starts);
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(s_long, cancellation);
            Interlocked.Decrement(ref running);
            Done.Enqueue(item);
        }
    }
}

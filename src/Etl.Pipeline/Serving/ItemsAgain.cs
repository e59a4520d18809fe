using System.Collections.Concurrent;
using Etl.Core.Scheduling;

namespace Etl.Pipeline.Serving;

/// <summary>What a server has yet to hand to its scheduler: what it begins with, and what broke off because the ledger or the scheduler's store was away. For any number of threads.</summary>
internal sealed class ItemsAgain
{
    private readonly ConcurrentDictionary<WorkItem, byte> _items = new();
    private volatile bool _isUnfinished;

    /// <summary>True while the ledger may have windows as begun that nobody works on any more.</summary>
    public bool IsUnfinished
    {
        get => _isUnfinished;
        set => _isUnfinished = value;
    }

    public void Add(WorkItem item) => _items.TryAdd(item, 0);

    /// <summary>Hands out all. One that still runs stays, since it began before.</summary>
    public async Task EnqueueAsync(IJobScheduler scheduler, CancellationToken cancellation)
    {
        foreach (var item in _items.Keys.OrderBy(i => i.Name, StringComparer.Ordinal))
            if (await scheduler.EnqueueAsync(item, cancellation).ConfigureAwait(false)) _items.TryRemove(item, out _);
    }
}

using System.Collections.Concurrent;
using Etl.Core.Scheduling;

namespace Etl.Pipeline.Serving;

/// <summary>What a server has yet to hand to its scheduler: what it begins with, and what broke off because the ledger or the scheduler's store was away. For any number of threads.</summary>
internal sealed class ItemsAgain
{
    private readonly ConcurrentDictionary<WorkItem, byte> _items = new(), _later = new();
    private volatile bool _isUnfinished;

    /// <summary>True while the ledger may have windows as begun that nobody works on any more.</summary>
    public bool IsUnfinished
    {
        get => _isUnfinished;
        set => _isUnfinished = value;
    }

    public void Add(WorkItem item) => _items.TryAdd(item, 0);

    /// <summary>Keeps an item for the next time that failed windows are tried again.</summary>
    public void AddForLater(WorkItem item) => _later.TryAdd(item, 0);

    /// <summary>That time has come.</summary>
    public void Later()
    {
        foreach (var item in _later.Keys)
            if (_later.TryRemove(item, out _)) Add(item);
    }

    /// <summary>Hands out all. One that still runs stays, since it began before.</summary>
    public async Task EnqueueAsync(IJobScheduler scheduler, CancellationToken cancellation)
    {
        foreach (var item in _items.Keys.OrderBy(i => i.Name, StringComparer.Ordinal))
        {
            // Out before it begins: it may break off again, and be put back, before this goes on.
            _items.TryRemove(item, out _);
            var began = false;
            try
            {
                began = await scheduler.EnqueueAsync(item, cancellation).ConfigureAwait(false);
            }
            finally
            {
                if (!began) Add(item);
            }
        }
    }
}

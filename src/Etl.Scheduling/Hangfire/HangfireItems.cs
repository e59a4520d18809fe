using Etl.Core.Scheduling;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;
using Hangfire.Storage;

namespace Etl.Scheduling.Hangfire;

/// <summary>
/// Items that wait or run, each at most once. Hangfire queues the same job as often as it is asked, so the id of an item's job is kept under the
/// item's name, and looked at and written under a lock of that name. What holds: two callers at once queue one job; an item counts as waiting or
/// running as long as its job does; what a dead node left behind counts until its job is done elsewhere. A node that dies between queuing and
/// writing the id down leaves an item that may be queued once more, which is harmless: the ledger knows what is done.
/// </summary>
internal sealed class HangfireItems(Func<JobStorage> storage, IJobFilterProvider filters)
{
    private const string Id = "id";

    /// <summary>Longer than the age at which a dead node's lock counts for nothing (see <see cref="HangfireStores"/>).</summary>
    private static readonly TimeSpan s_lockWait = TimeSpan.FromSeconds(75);

    /// <summary>Queues the item; false when it waits or runs.</summary>
    public bool Enqueue(WorkItem item)
    {
        using var connection = storage().GetConnection();
        using var turn = connection.AcquireDistributedLock(KeyOf(item), s_lockWait);
        if (FindOpen(connection, item) is not null) return false;
        var id = new BackgroundJobClient(storage(), filters).Create(HangfireWork.Describe(item), new EnqueuedState());
        connection.SetRangeInHash(KeyOf(item), [new KeyValuePair<string, string>(Id, id)]);
        return true;
    }

    /// <summary>Takes the item back or cancels it; false when it neither waits nor runs.</summary>
    public bool Cancel(WorkItem item)
    {
        using var connection = storage().GetConnection();
        using var turn = connection.AcquireDistributedLock(KeyOf(item), s_lockWait);
        return FindOpen(connection, item) is { } id
            && new BackgroundJobClient(storage(), filters).ChangeState(id, new DeletedState { Reason = "Cancelled." }, null);
    }

    /// <summary>Forgets an item that is done.</summary>
    public void Done(WorkItem item)
    {
        using var connection = storage().GetConnection();
        using var transaction = connection.CreateWriteTransaction();
        transaction.RemoveHash(KeyOf(item));
        transaction.Commit();
    }

    /// <summary>Id of the item's job while that waits or runs.</summary>
    private static string? FindOpen(IStorageConnection connection, WorkItem item)
    {
        var id = connection.GetAllEntriesFromHash(KeyOf(item))?.GetValueOrDefault(Id);
        if (id is null) return null;
        var state = connection.GetJobData(id)?.State;
        return state == EnqueuedState.StateName || state == ProcessingState.StateName ? id : null;
    }

    private static string KeyOf(WorkItem item) => $"etl-item:{item.Name}";
}

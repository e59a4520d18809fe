namespace Etl.Core.Scheduling;

/// <summary>
/// The windows that somebody asked for out of turn (a backfill, a re-run from the page, a webhook) and that are not done yet. It is kept with the
/// ledger, so it survives every process and is seen by all servers, whatever their scheduling engine; each hands out what stands here
/// to its workers and strikes it out when the window is settled. Something that stands here twice is once.
/// </summary>
public interface IBacklog
{
    /// <summary>Adds what does not stand there yet. Returns how many were added.</summary>
    Task<int> AddAsync(IReadOnlyList<BacklogItem> items, CancellationToken cancellation);

    /// <summary>All that is not done, in the order in which it was asked for.</summary>
    Task<IReadOnlyList<BacklogItem>> ListAsync(CancellationToken cancellation);

    /// <summary>Strikes one out: it is done, or nobody wants it any more. False when it does not stand there.</summary>
    Task<bool> RemoveAsync(WorkItem item, CancellationToken cancellation);

    /// <summary>Strikes out all of one batch. Returns how many.</summary>
    Task<int> WithdrawAsync(string batch, CancellationToken cancellation);

    /// <summary>Says that a server lives; it counts as alive for <paramref name="lifetime"/> by the store's clock.</summary>
    Task BeatAsync(ServerRecord server, TimeSpan lifetime, CancellationToken cancellation);

    /// <summary>Says that a server has stopped.</summary>
    Task LeaveAsync(string server, CancellationToken cancellation);

    /// <summary>Servers that live, by name.</summary>
    Task<IReadOnlyList<ServerRecord>> ServersAsync(CancellationToken cancellation);
}

/// <summary>A window that was asked for.</summary>
/// <param name="Item">Job, label and force.</param>
/// <param name="Batch">What it belongs to: the id of a backfill, or of one question.</param>
/// <param name="By">Who asked, for people: <c>backfill</c>, <c>page: ann</c>, <c>hook</c>.</param>
/// <param name="Parallel">At most this many of the batch at once; null when the workers are the only limit.</param>
/// <param name="AskedAt">When, in UTC.</param>
public sealed record BacklogItem(WorkItem Item, string Batch, string By, int? Parallel, DateTimeOffset AskedAt);

/// <summary>A server that shares the work of this ledger.</summary>
/// <param name="Name">Unique name of the process: see <see cref="Ledger.WorkerName"/>.</param>
/// <param name="Engine"><c>quartz</c> or <c>hangfire</c>.</param>
/// <param name="Workers">Windows worked on at once.</param>
/// <param name="Url">Where its page is, or null.</param>
/// <param name="StartedAt">When it began, in UTC.</param>
public sealed record ServerRecord(string Name, string Engine, int Workers, string? Url, DateTimeOffset StartedAt);

namespace Etl.Core.Scheduling;

/// <summary>
/// The windows that somebody asked for out of turn (a backfill, a re-run from the page, a webhook) and that are not done yet. It is kept with the
/// ledger, so it survives every process and is seen by all servers, whatever their scheduling engine. A server takes one when it has a
/// free worker and strikes it out when the window is settled; what a server took that lives no more can be taken by another one.
/// Something that stands here twice is once. All times are the store's own clock.
/// </summary>
public interface IBacklog
{
    /// <summary>Adds what does not stand there yet; all of a batch in one call. Returns how many were added.</summary>
    Task<int> AddAsync(IReadOnlyList<BacklogItem> items, CancellationToken cancellation);

    /// <summary>
    /// Moves what stands there in another batch of the same asker into the batch of these items, also what a server works on: from then on that batch's limit counts it
    /// and <see cref="WithdrawAsync"/> strikes it out. Adds nothing, and leaves alone what others asked for. All of a batch in one call. Returns how many were moved.
    /// </summary>
    Task<int> TakeOverAsync(IReadOnlyList<BacklogItem> items, CancellationToken cancellation);

    /// <summary>All that is not done, in the order in which it was asked for.</summary>
    Task<IReadOnlyList<BacklogItem>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// Takes the first item that no living server has, and whose batch has fewer than its <see cref="BacklogItem.Parallel"/> taken, over all servers. Null when there is
    /// none, or when this server does not live by <see cref="BeatAsync"/>.
    /// </summary>
    Task<TakenItem?> TakeAsync(string server, CancellationToken cancellation);

    /// <summary>Strikes out what this server took: it is done. False when another one has it by now, or nobody wants it any more.</summary>
    Task<bool> DoneAsync(long id, string server, CancellationToken cancellation);

    /// <summary>Gives back what this server took, not to be taken again before a while has passed. It does not count as a try.</summary>
    Task GiveBackAsync(long id, string server, TimeSpan wait, CancellationToken cancellation);

    /// <summary>Strikes one out that no living server has taken. False when there is none.</summary>
    Task<bool> RemoveAsync(WorkItem item, CancellationToken cancellation);

    /// <summary>Strikes out all of a batch that no living server has taken. Returns how many.</summary>
    Task<int> WithdrawAsync(string batch, CancellationToken cancellation);

    /// <summary>Tells all servers to cancel a window where they work on it now.</summary>
    Task CancelAsync(string job, string label, CancellationToken cancellation);

    /// <summary>
    /// Cancellations of a higher number, lowest first; they are forgotten after an hour. With null the newest one, for a server that begins. One whose
    /// transaction ends late may show behind one of a higher number: whoever wants all of them reads some again.
    /// </summary>
    Task<IReadOnlyList<CancelOrder>> CancelsAsync(long? after, CancellationToken cancellation);

    /// <summary>Says that a server lives; it counts as alive for <paramref name="lifetime"/> by the store's clock.</summary>
    Task BeatAsync(ServerRecord server, TimeSpan lifetime, CancellationToken cancellation);

    /// <summary>Says that a server has stopped: what it took can be taken at once and is as if it had not been tried, and the live jobs that it led are free.</summary>
    Task LeaveAsync(string server, CancellationToken cancellation);

    /// <summary>Servers that live, by name.</summary>
    Task<IReadOnlyList<ServerRecord>> ServersAsync(CancellationToken cancellation);

    /// <summary>True when this server is the one that polls a live job: it was already, or no living server is.</summary>
    Task<bool> LeadAsync(string job, string server, CancellationToken cancellation);
}

/// <summary>A window that was asked for.</summary>
/// <param name="Item">Job, label and force.</param>
/// <param name="Batch">What it belongs to: the id of a backfill, or of one question.</param>
/// <param name="By">Who asked, for people: <c>backfill</c>, <c>page: ann</c>, <c>hook</c>.</param>
/// <param name="Parallel">At most this many of the batch at once; null when the workers are the only limit.</param>
/// <param name="AskedAt">When, in UTC.</param>
public sealed record BacklogItem(WorkItem Item, string Batch, string By, int? Parallel, DateTimeOffset AskedAt)
{
    /// <summary>Its number where it stands in a backlog; 0 before.</summary>
    public long Id { get; init; }

    /// <summary>The living server that works on it, or null while it waits.</summary>
    public string? TakenBy { get; init; }

    /// <summary>How many of its batch are done.</summary>
    public int BatchDone { get; init; }
}

/// <summary>An item that a server took.</summary>
/// <param name="Id">Its number, under which it is done or given back.</param>
/// <param name="Item">What to do.</param>
/// <param name="Tries">How often it was taken, this time included, by servers that did not come to an end with it.</param>
public sealed record TakenItem(long Id, WorkItem Item, int Tries);

/// <summary>Somebody wants a window cancelled where it is worked on.</summary>
/// <param name="Id">Grows with every one.</param>
/// <param name="Job">The job.</param>
/// <param name="Label">The window.</param>
public sealed record CancelOrder(long Id, string Job, string Label);

/// <summary>A server that shares the work of this ledger.</summary>
/// <param name="Name">Unique name of the process: see <see cref="Ledger.WorkerName"/>.</param>
/// <param name="Engine"><c>quartz</c> or <c>hangfire</c>.</param>
/// <param name="Workers">Windows worked on at once.</param>
/// <param name="Url">Where its page is, or null.</param>
/// <param name="StartedAt">When it began, in UTC.</param>
public sealed record ServerRecord(string Name, string Engine, int Workers, string? Url, DateTimeOffset StartedAt);

using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Core.Alerts;

/// <summary>What is remembered of alerts, and what they need to know of windows. Kept with the ledger, so it outlives every process and is one for all servers.</summary>
public interface IAlertStore
{
    /// <summary>One alert; null when it was never measured.</summary>
    Task<AlertState?> FindAsync(AlertKey key, CancellationToken cancellation);

    /// <summary>
    /// Stores a state in place of the one with the version that it names, and its messages into the outbox, in one step.
    /// False, with nothing stored, when another version stands there: somebody else was first.
    /// </summary>
    Task<bool> TrySaveAsync(AlertState state, IReadOnlyList<AlertMessage> messages, CancellationToken cancellation);

    /// <summary>All alerts, of one job or of all, by job, alert and account.</summary>
    Task<IReadOnlyList<AlertView>> ListAsync(string? job, CancellationToken cancellation);

    /// <summary>How the windows of a job stand, by source and account.</summary>
    Task<IReadOnlyList<JobStanding>> StandingsAsync(string job, CancellationToken cancellation);

    /// <summary>Landed windows that begin at <paramref name="since"/> or later, by their time.</summary>
    Task<IReadOnlyList<LandedWindow>> LandedAsync(JobKey job, DateTimeOffset since, CancellationToken cancellation);
}

/// <summary>How the windows of one source and account stand.</summary>
/// <param name="Job">Job, source and account.</param>
/// <param name="FirstLabel">The first window of the job; null for one that only ran over named windows.</param>
/// <param name="LandedUntil">Where the newest landed window ends; null when none landed.</param>
/// <param name="Held">Windows that are held.</param>
/// <param name="Failed">Windows whose latest try failed.</param>
/// <param name="Attempts">Failed tries since its last success of the window that has most.</param>
/// <param name="Parked">Windows that are parked.</param>
public sealed record JobStanding(JobKey Job, string? FirstLabel, DateTimeOffset? LandedUntil, int Held, int Failed, int Attempts, int Parked);

/// <summary>A landed window.</summary>
/// <param name="Key">The window.</param>
/// <param name="From">Its first instant.</param>
/// <param name="To">The first instant after it.</param>
/// <param name="Pull">The pull that is published.</param>
/// <param name="Rows">Its rows.</param>
public sealed record LandedWindow(WindowKey Key, DateTimeOffset From, DateTimeOffset To, string Pull, long Rows);

/// <summary>
/// Messages that wait for their channel. Each is delivered at least once, those of one alert to one channel in order, whatever process
/// dies in between. Times are the store's own clock.
/// </summary>
public interface IAlertOutbox
{
    /// <summary>
    /// Takes the right to deliver the oldest message that is due; null when none is. A message waits for those before it of the same alert
    /// and channel until they are delivered or given up.
    /// </summary>
    /// <param name="owner">Who asks.</param>
    /// <param name="lifetime">After this long without an answer another may take it.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<OutboxItem?> TakeAsync(string owner, TimeSpan lifetime, CancellationToken cancellation);

    /// <summary>Strikes a message out: it was delivered. False when another has it by now.</summary>
    Task<bool> DeliveredAsync(OutboxItem item, CancellationToken cancellation);

    /// <summary>Keeps a message for later.</summary>
    /// <param name="item">The message.</param>
    /// <param name="after">How much later; null gives it up.</param>
    /// <param name="fault">Why it could not be delivered.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<bool> PostponeAsync(OutboxItem item, TimeSpan? after, string fault, CancellationToken cancellation);

    /// <summary>Forgets messages that were made longer ago than this and wait no more. Returns how many.</summary>
    Task<int> SweepAsync(TimeSpan olderThan, CancellationToken cancellation);
}

/// <summary>How a message stands.</summary>
public enum OutboxState
{
    Waiting,
    Delivered,
    /// <summary>Given up after a day of tries.</summary>
    Dead,
}

/// <summary>A message that somebody may deliver now.</summary>
/// <param name="Number">Its place in the outbox.</param>
/// <param name="Owner">Who took it.</param>
/// <param name="Tries">How often it was tried before.</param>
/// <param name="Age">How long ago it was made.</param>
/// <param name="Message">The message.</param>
public sealed record OutboxItem(long Number, string Owner, int Tries, TimeSpan Age, AlertMessage Message);

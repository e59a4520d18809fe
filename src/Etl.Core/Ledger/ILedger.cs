using Etl.Core.Checks;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Core.Ledger;

/// <summary>
/// The durable record of windows, pulls, landings, checks and handles. It, and never a clock, says which windows are due.
/// Every change to a window names the lease under which it is made; a lost lease throws <see cref="LeaseLostException"/>.
/// </summary>
public interface ILedger : IAsyncDisposable
{
    /// <summary>
    /// The first window label of a (job, source, account): stored on the first call, returned unchanged by later ones.
    /// </summary>
    Task<string> BeginJobAsync(JobKey job, string firstLabel, CancellationToken cancellation);

    /// <summary>The stored first label without storing one; null when the job never ran.</summary>
    Task<string?> FindBeginAsync(JobKey job, CancellationToken cancellation);

    /// <summary>All windows of a job, every source and account, ordered by label.</summary>
    Task<IReadOnlyList<WindowRecord>> WindowsAsync(string job, CancellationToken cancellation);

    /// <summary>One window; null when it was never leased.</summary>
    Task<WindowRecord?> FindWindowAsync(WindowKey key, CancellationToken cancellation);

    /// <summary>Names of all jobs that have windows, ordered.</summary>
    Task<IReadOnlyList<string>> JobsAsync(CancellationToken cancellation);

    /// <summary>
    /// Takes the lease of a window (made if new) and the next fence. Null while another owner's lease is alive.
    /// The time is the store's own clock. One that another owner left to run out is a strike against the window: that worker died.
    /// </summary>
    /// <param name="key">The window.</param>
    /// <param name="window">Its bounds.</param>
    /// <param name="owner">Who asks.</param>
    /// <param name="lifetime">How long the lease lives without a heartbeat.</param>
    /// <param name="aboveFence">Highest fence that a target publishes: the new one is larger, also when the ledger was lost and began anew.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<Lease?> TryLeaseAsync(WindowKey key, Window window, string owner, TimeSpan lifetime, long aboveFence, CancellationToken cancellation);

    /// <summary>Ends the lease that a worker left when it died; false when that worker does not hold it. See <see cref="WorkerName"/>.</summary>
    /// <param name="key">The window.</param>
    /// <param name="owner">The dead worker.</param>
    /// <param name="counts">True when the death is a strike against the window; false when its machine went down with it.</param>
    /// <param name="cancellation">Stops waiting.</param>
    Task<bool> BreakLeaseAsync(WindowKey key, string owner, bool counts, CancellationToken cancellation);

    /// <summary>Prolongs a lease; false when it was lost.</summary>
    Task<bool> HeartbeatAsync(Lease lease, TimeSpan lifetime, CancellationToken cancellation);

    /// <summary>Moves a leased window to a working state and records the step.</summary>
    Task MoveAsync(Lease lease, WindowState to, string? pull, string detail, CancellationToken cancellation);

    /// <summary>Records a finished pull with its proof and checks.</summary>
    Task AddPullAsync(Lease lease, PullRecord pull, CancellationToken cancellation);

    /// <summary>Records one landing.</summary>
    Task AddLandingAsync(Lease lease, LandingRecord landing, CancellationToken cancellation);

    /// <summary>The handle kept for a window; null when there is none.</summary>
    Task<HandleRecord?> FindHandleAsync(WindowKey key, CancellationToken cancellation);

    /// <summary>Keeps a handle for the window, in place of any other.</summary>
    Task KeepHandleAsync(Lease lease, HandleRecord handle, CancellationToken cancellation);

    /// <summary>Forgets the window's handle, if there is one.</summary>
    Task ForgetHandleAsync(Lease lease, CancellationToken cancellation);

    /// <summary>Ends the work on a window and gives the lease back. A window that is landed or held has its handle forgotten: what it stood for is pulled.</summary>
    Task SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellation);

    /// <summary>Pulls of a window, oldest first.</summary>
    Task<IReadOnlyList<PullRecord>> PullsAsync(WindowKey key, CancellationToken cancellation);

    /// <summary>
    /// The columns of the newest pull that is published for a window of a source: the account's own or, where nothing of it is published, of
    /// any account. Null when nothing is.
    /// </summary>
    Task<PullSchema?> FindLandedSchemaAsync(JobKey job, CancellationToken cancellation);

    /// <summary>Pulls of a job whose columns are not those of the pull before of the same source and account, oldest first; the first pull of each is one.</summary>
    Task<IReadOnlyList<PullSchema>> SchemaChangesAsync(string job, CancellationToken cancellation);

    /// <summary>Landings of a window, oldest first.</summary>
    Task<IReadOnlyList<LandingRecord>> LandingsAsync(WindowKey key, CancellationToken cancellation);

    /// <summary>Steps of a window, oldest first; append-only.</summary>
    Task<IReadOnlyList<StepRecord>> StepsAsync(WindowKey key, CancellationToken cancellation);
}

/// <summary>A job's source at one account.</summary>
public readonly record struct JobKey(string Job, string Source, string Account);

/// <summary>States of a window (design: section 2).</summary>
public enum WindowState
{
    Planned, Leased, Pulling, Pulled, Staged, Committing, Landed, Held, Frozen, Failed, Unknown, Superseded, Parked,
}

/// <summary>A window in the ledger.</summary>
public sealed record WindowRecord
{
    public required WindowKey Key { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required WindowState State { get; init; }

    /// <summary>Fence of the latest lease.</summary>
    public long Fence { get; init; }

    /// <summary>Owner of the live lease, or null.</summary>
    public string? Owner { get; init; }

    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>
    /// True while the lease lives, as the store's own clock says: another machine's clock may be ahead, and would take a worker for dead that is well.
    /// </summary>
    public bool IsLeased { get; init; }

    /// <summary>How many owed pulls have been settled.</summary>
    public int Settled { get; init; }

    /// <summary>The published pull, or null.</summary>
    public string? LandedPull { get; init; }

    public long? LandedRows { get; init; }
    public string? LandedHash { get; init; }
    public long LandedFence { get; init; }
    public DateTimeOffset? LandedAt { get; init; }
    public string? DefinitionHash { get; init; }

    /// <summary>The held pull, or null.</summary>
    public string? HeldPull { get; init; }

    /// <summary>How many latest pulls had the same content.</summary>
    public int EqualPulls { get; init; }

    /// <summary>Failed attempts since the last success.</summary>
    public int Failures { get; init; }

    /// <summary>For Failed: the exit code that its fault asks for; null for another state, or one that an older build settled.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Attempts since the last pull that landed or was held which failed by a fault of the window itself, or whose worker died.</summary>
    public int Strikes { get; init; }

    /// <summary>Why it failed, is held or is parked, in one line.</summary>
    public string? Reason { get; init; }
}

/// <summary>The right to work on a window.</summary>
/// <param name="Key">The window.</param>
/// <param name="Owner">Who holds it.</param>
/// <param name="Fence">Grows with every lease of the window; carried into every landing.</param>
public sealed record Lease(WindowKey Key, string Owner, long Fence);

/// <summary>A pull in the ledger.</summary>
public sealed record PullRecord
{
    public required string Pull { get; init; }
    public required WindowKey Key { get; init; }
    public required long Fence { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required DateTimeOffset EndedAt { get; init; }
    public long Rows { get; init; }
    public string ContentHash { get; init; } = "";
    public string DefinitionHash { get; init; } = "";

    /// <summary>
    /// Columns as JSON: <c>[{"name","type"}]</c> with the landed type, in the order sent; where it applies with <c>"key":true</c>,
    /// <c>"unknown":true</c> (not in the catalogue), <c>"extra":true</c> (in the side map), <c>"absent":true</c> (landed before and was not sent).
    /// </summary>
    public string SchemaJson { get; init; } = "[]";

    /// <summary>The proof as JSON.</summary>
    public string ProofJson { get; init; } = "{}";

    /// <summary>Rows that went to quarantine; <see cref="Rows"/> does not count them.</summary>
    public long Quarantined { get; init; }

    public IReadOnlyList<CheckResult> Checks { get; init; } = [];
}

/// <summary>The columns of a pull.</summary>
/// <param name="Key">Its window.</param>
/// <param name="Pull">Its id.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="DefinitionHash">Hash of what was asked.</param>
/// <param name="SchemaJson">See <see cref="PullRecord.SchemaJson"/>.</param>
public sealed record PullSchema(WindowKey Key, string Pull, DateTimeOffset StartedAt, string DefinitionHash, string SchemaJson);

/// <summary>The handle of a window's unfinished request.</summary>
/// <param name="DefinitionHash">Hash of the definition that it was made with.</param>
/// <param name="Handle">The handle.</param>
public sealed record HandleRecord(string DefinitionHash, Handle Handle);

/// <summary>A landing in the ledger.</summary>
public sealed record LandingRecord(
    string Pull, WindowKey Key, string Target, string Location, long Fence, long Rows, long? Bytes, LandingOutcome Outcome, DateTimeOffset At)
{
    /// <summary>What it changed of the rows that were published before; null when nothing, or where the target cannot tell.</summary>
    public RestatedRows? Restated { get; init; }
}

/// <summary>One step of work on a window.</summary>
public sealed record StepRecord(WindowKey Key, long Fence, string Owner, WindowState State, string? Pull, string Detail, DateTimeOffset At);

/// <summary>How work on a window ended.</summary>
public sealed record Settlement
{
    /// <summary>Landed, Frozen, Held, Failed, Parked, Superseded, Unknown, or what a cancelled run goes back to: Planned, Frozen, Held, Parked, or Unknown where it was not finished before.</summary>
    public required WindowState State { get; init; }

    /// <summary>For a landing: owed pulls settled by it; otherwise null.</summary>
    public int? Settled { get; init; }

    /// <summary>For Landed and Frozen: the stamp that is now published; for Held: the stamp of the held pull.</summary>
    public PullStamp? Stamp { get; init; }

    /// <summary>Why it failed, is held or is parked.</summary>
    public string? Reason { get; init; }

    /// <summary>For Failed: the exit code that the fault asks for, so that whoever waits for a server's work can tell who must act; null when it is not known.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Strikes against the window from now on; null leaves the number. A landing and a hold begin anew at zero.</summary>
    public int? Strikes { get; init; }
}

/// <summary>Another owner has taken the window over, or may have: stop at once and publish nothing.</summary>
public sealed class LeaseLostException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="lease">The lease that was lost.</param>
    /// <param name="isSilent">True when the ledger did not answer in time, so that nobody knows whether another run has the window.</param>
    public LeaseLostException(Lease lease, bool isSilent = false)
        : base($"The lease of window '{lease.Key}' with fence {lease.Fence} "
            + (isSilent ? "could not be prolonged: the ledger did not answer in time, and another run may have taken the window over." : "was taken over by another run.")) => Lease = lease;

    /// <summary>The lease that was lost.</summary>
    public Lease Lease { get; }
}

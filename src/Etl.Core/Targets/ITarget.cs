using Etl.Core.Columns;
using Etl.Core.Windows;

namespace Etl.Core.Targets;

/// <summary>
/// A place where pulls are published. The published object is its own commit record: it carries pull, fence, rows and
/// content hash, so after any unclear answer reading it back is enough (design: section 6).
/// </summary>
public interface ITarget
{
    /// <summary><c>parquet</c>, <c>table</c> or <c>export</c>.</summary>
    string Kind { get; }

    /// <summary>Unique name over all jobs, such as <c>parquet:content_daily</c> or <c>table:warehouse:content_daily</c>.</summary>
    string Name { get; }

    /// <summary>Where the rows of a window are found: a path or a table name, for people.</summary>
    string Locate(WindowKey key, Window window);

    /// <summary>
    /// Brings a staged pull to the target without showing it to any reader: a temporary object, a staging table, rows of an
    /// open transaction. Safe to repeat. Dispose without publishing leaves nothing behind.
    /// </summary>
    /// <exception cref="Errors.EtlException">The target could not take it; no published row was changed and no temporary object stays.</exception>
    Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation);

    /// <summary>What is published for a window, read from the target itself; null when nothing is.</summary>
    Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation);

    /// <summary>
    /// The rows that readers of the target see for a window; null when nothing is published, or when the target keeps no
    /// whole windows (<see cref="Jobs.LandMode.Merge"/>, <see cref="Jobs.LandMode.History"/>).
    /// </summary>
    Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation);

    /// <summary>Removes what dead landings of this window left behind. Only the holder of the window's lease may call it.</summary>
    Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation);
}

/// <summary>A pull that waits at a target, invisible to readers.</summary>
public interface IPreparedLanding : IAsyncDisposable
{
    /// <summary>
    /// Puts the pull in place of what the window had, atomically. Safe to repeat. An older fence than the published one is
    /// refused with <see cref="LandingOutcome.Superseded"/>: fences are compared here, under the target's own lock.
    /// </summary>
    /// <exception cref="Errors.EtlException">The target could not publish it; what readers see was not changed.</exception>
    Task<LandingReceipt> PublishAsync(CancellationToken cancellation);
}

/// <summary>Lands at one target in one go.</summary>
public static class TargetLanding
{
    /// <summary>Prepares and publishes.</summary>
    public static async Task<LandingReceipt> LandAsync(this ITarget target, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var prepared = await target.PrepareAsync(order, staged, cancellation).ConfigureAwait(false);
        await using (prepared.ConfigureAwait(false)) return await prepared.PublishAsync(cancellation).ConfigureAwait(false);
    }
}

/// <summary>The rows of one published window, read from the target.</summary>
public interface IPublishedRows : IDisposable
{
    /// <summary>The pull that the rows came with.</summary>
    string Pull { get; }

    /// <summary>System columns first, then the report's, as the target has them today: a column that was added later is null in old rows.</summary>
    TableSchema Schema { get; }

    /// <summary>Reads the rows from the start, batch by batch; each batch is valid until the next.</summary>
    IEnumerable<RowBatch> Read();
}

/// <summary>One pull to publish.</summary>
/// <param name="Key">Window identity.</param>
/// <param name="Window">Bounds.</param>
/// <param name="Stamp">The pull's commit record.</param>
public sealed record LandingOrder(WindowKey Key, Window Window, PullStamp Stamp)
{
    /// <summary>The pull's record for the lineage tables beside the data (<c>etl_pulls</c>, <c>etl_windows</c>); null leaves them as they are.</summary>
    public Ledger.PullRecord? Record { get; init; }

    /// <summary>The job that the pull is of, for targets that tell how it came about; null where nobody knows it.</summary>
    public Jobs.JobDefinition? Job { get; init; }

    /// <summary>What changed against the published pull, to be published with the rows; null when nothing did or nothing was published.</summary>
    public IRestatement? Restatement { get; init; }
}

/// <summary>
/// The row-level difference between a published pull and the one that replaces it. Lands as <c>&lt;name&gt;_restatements</c>,
/// in one step with the rows; a target whose published pull is not <see cref="PreviousPull"/> any more refuses the landing with
/// code <c>restatement-base</c>, transient.
/// </summary>
public interface IRestatement
{
    /// <summary>The pull that the difference starts from.</summary>
    string PreviousPull { get; }

    /// <summary>Its columns, system columns first.</summary>
    TableSchema Schema { get; }

    /// <summary>Its rows.</summary>
    long Rows { get; }

    /// <summary>Reads the rows from the start, batch by batch; each batch is valid until the next.</summary>
    IEnumerable<RowBatch> Read();
}

/// <summary>The commit record of a pull, carried by every published object.</summary>
/// <param name="Pull">Pull id.</param>
/// <param name="Fence">Fence of the lease under which it was pulled.</param>
/// <param name="Rows">Rows.</param>
/// <param name="ContentHash">Order-free hash of the rows without system columns.</param>
/// <param name="PulledAt">When the pull began.</param>
/// <param name="DefinitionHash">Hash of the definition it was pulled with.</param>
public sealed record PullStamp(string Pull, long Fence, long Rows, string ContentHash, DateTimeOffset PulledAt, string DefinitionHash);

/// <summary>What a target says it has published for a window.</summary>
public sealed record PublishedPull(string Pull, long Fence, long Rows, string ContentHash);

/// <summary>How a landing ended.</summary>
public enum LandingOutcome
{
    /// <summary>Published now.</summary>
    Landed,
    /// <summary>This very pull was published before.</summary>
    AlreadyLanded,
    /// <summary>A newer fence is published; nothing was changed.</summary>
    Superseded,
}

/// <summary>What a landing did.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Location">Path or table.</param>
/// <param name="Rows">Rows of the window now published.</param>
/// <param name="Bytes">Size of the file, or null where there is none.</param>
public sealed record LandingReceipt(LandingOutcome Outcome, string Location, long Rows, long? Bytes);

/// <summary>Makes the targets of a job.</summary>
public interface ITargetFactory
{
    /// <summary>Makes the target of one <c>land:</c> item.</summary>
    /// <exception cref="Errors.EtlException">The connection is not configured or not reachable in principle.</exception>
    ITarget Create(Jobs.LandSpec land, bool severalAccounts);

    /// <summary>The name that two jobs may not share, without opening anything.</summary>
    string NameOf(Jobs.LandSpec land);
}

/// <summary>Where pulls wait between source and targets: <c>&lt;data&gt;/staged/&lt;pull&gt;.parquet</c>.</summary>
public interface IStagingArea
{
    /// <summary>
    /// Begins a staged pull; an unfinished one of the same id is discarded. <paramref name="withAccount"/> adds the
    /// column <c>_account</c>, for sources that name several accounts.
    /// </summary>
    IStagingWriter Begin(WindowKey key, Window window, string pull, DateTimeOffset pulledAt, TableSchema report, bool withAccount);

    /// <summary>Opens a finished one; null when there is none.</summary>
    IStagedPull? Open(string pull);

    /// <summary>
    /// Begins the difference between a published pull and a finished staged one; it waits with the staged pull, is found by its id and
    /// the published pull's, and is removed with it. The columns are those of <paramref name="difference"/>, without system columns.
    /// </summary>
    IStagingWriter BeginRestatement(IStagedPull staged, Window window, string previousPull, TableSchema difference);

    /// <summary>Opens a finished difference; null when there is none.</summary>
    IRestatement? OpenRestatement(string pull, string previousPull);

    /// <summary>Forgets a staged pull, finished or not, with its differences; no error when there is none.</summary>
    void Remove(string pull);

    /// <summary>Ids of the pulls that wait, finished or not.</summary>
    IReadOnlyList<string> List();

    /// <summary>Removes differences whose pull is gone: no run leaves such, and after a loss of power the disk may.</summary>
    void Sweep();
}

/// <summary>Takes the rows of a pull. Dispose without <see cref="Complete"/> leaves nothing behind.</summary>
public interface IStagingWriter : IDisposable
{
    /// <summary>Adds rows (report columns only; the system columns are added here).</summary>
    void Write(RowBatch batch);

    /// <summary>Makes the staged pull durable and gives it its stamp.</summary>
    void Complete(PullStamp stamp);
}

/// <summary>A finished staged pull: rows with their system columns, and the stamp.</summary>
public interface IStagedPull : IDisposable
{
    PullStamp Stamp { get; }

    WindowKey Key { get; }

    /// <summary>System columns first, then the report's.</summary>
    TableSchema Schema { get; }

    /// <summary>Path of the staged Parquet file.</summary>
    string Path { get; }

    /// <summary>Reads the rows from the start, batch by batch; each batch is valid until the next.</summary>
    IEnumerable<RowBatch> Read();
}

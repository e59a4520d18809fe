using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Snapshots;
using Etl.Landing.Fences;
using Etl.Landing.Parquet;

namespace Etl.Landing.Audit;

/// <summary>
/// An audit log as a target: each pull becomes a snapshot, and a window that is pulled again gets a further one. What is published of a window is its newest snapshot;
/// fences and pulls are read from the log itself. A landing:
/// 1. make sure that the key is there and the log sound, look for credentials, write report and manifest (<see cref="SnapshotDraft"/>);
/// 2. look at the newest snapshot of the window and compare fences;
/// 3. append, on condition that it still is the newest; otherwise 2 again.
/// </summary>
internal sealed class AuditTarget : ITarget
{
    /// <summary>How often a landing looks and appends while others append snapshots of the same window.</summary>
    private const int Attempts = 10;

    private readonly AuditLandSpec _land;
    private readonly AuditHost _host;
    private readonly Func<IAuditLog> _open;
    private readonly AuditPlace _place;
    private IAuditLog? _log;

    /// <summary>Makes the target.</summary>
    /// <param name="land">Its item in the job.</param>
    /// <param name="host">What snapshots say of the installation.</param>
    /// <param name="open">Opens the log when it is first needed; faults of keys and settings come then.</param>
    /// <param name="place">Where the log lies.</param>
    public AuditTarget(AuditLandSpec land, AuditHost host, Func<IAuditLog> open, AuditPlace place)
    {
        Name = NameOf(land);
        (_land, _host, _open, _place) = (land, host, open, place);
    }

    /// <inheritdoc/>
    public string Kind => "audit";

    /// <inheritdoc/>
    public string Name { get; }

    private IAuditLog Log => _log ??= _open();

    public static string NameOf(AuditLandSpec land) => land.Store is null ? $"audit:{land.Log}" : $"audit:{land.Store}/{land.Log}";

    /// <inheritdoc/>
    public string Locate(WindowKey key, Window window) => _place.Name;

    /// <inheritdoc/>
    public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (order.Stamp.Pull != staged.Stamp.Pull)
            throw new ArgumentException($"The order is for pull '{order.Stamp.Pull}', the staged pull is '{staged.Stamp.Pull}'.", nameof(staged));
        await Log.CheckAsync(cancellation);
        // Reading and hashing what may be much data is no work for the caller's thread.
        var draft = await Task.Run(() => SnapshotDraft.Make(_host, _land, order, staged, cancellation), cancellation);
        return new PreparedSnapshot(this, order, draft);
    }

    /// <inheritdoc/>
    public async Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) =>
        await Log.FindAsync(key, cancellation) is { } newest ? SnapshotNames.PullOf(newest.Manifest) : null;

    /// <inheritdoc/>
    /// <remarks>Null as well when the rows were erased by law or retention.</remarks>
    public async Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation)
    {
        if (await Log.FindAsync(key, cancellation) is not { } newest) return null;
        var name = newest.Folder + AuditNames.Files + SnapshotNames.Rows;
        var (store, doing) = (_place.Store, $"read the newest snapshot of window '{key}'");
        try
        {
            if (await store.OpenAsync(name, cancellation) is not { } opened) return null;
            var file = await Task.Run(() => LandedFile.Look(opened.Content), cancellation);
            if (file.Condition == FileCondition.Good) return new PublishedObject(opened, file.Record!, fault => store.Explain(fault, doing, name));
            opened.Dispose();
            throw new EtlException(
                FaultKind.Window, $"Could not {doing}: '{store.Locate(name)}' is damaged ({file.Why}). 'etl audit verify {_place.Name}' says what else is; a log is never repaired.")
            { Code = "audit-damaged" };
        }
        catch (Exception fault) when (store.Explain(fault, doing, name) is not null)
        {
            throw store.Explain(fault, doing, name)!;
        }
    }

    /// <inheritdoc/>
    /// <remarks>What a dead append left is the log's matter: the next one cleans up.</remarks>
    public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => Task.CompletedTask;

    /// <summary>Steps 2 and 3.</summary>
    private async Task<LandingReceipt> PublishAsync(LandingOrder order, SnapshotDraft draft, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            var newest = await Log.FindAsync(order.Key, cancellation);
            var published = newest is null ? null : SnapshotNames.PullOf(newest.Manifest);
            if (Fencing.Refuse(published, order.Stamp) is { } refusal) return new LandingReceipt(refusal, Locate(order.Key, order.Window), published!.Rows, null);
            if (order.Restatement is { } restatement && restatement.PreviousPull != published?.Pull)
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not put window '{order.Key}' into its audit log: what changed was worked out against pull '{restatement.PreviousPull}', and "
                    + $"{(published is null ? "none" : $"pull '{published.Pull}'")} is in the log now. Nothing was changed; run the window again.")
                { Code = "restatement-base", IsTransient = true };
            Failpoint.Hit("audit.compared");
            if (await Log.AppendOverAsync(order.Key, newest, draft.Facts(newest), draft.Files, cancellation) is null) continue;
            Failpoint.Hit("audit.appended");
            return new LandingReceipt(LandingOutcome.Landed, Locate(order.Key, order.Window), order.Stamp.Rows, null);
        }
        throw new EtlException(
            FaultKind.Window,
            $"Could not put window '{order.Key}' into the audit log '{_land.Log}': other workers appended snapshots of it {Attempts} times in a row. Run the window again.")
        { Code = "contended", IsTransient = true };
    }

    private sealed class PreparedSnapshot(AuditTarget target, LandingOrder order, SnapshotDraft draft) : IPreparedLanding
    {
        public Task<LandingReceipt> PublishAsync(CancellationToken cancellation) => target.PublishAsync(order, draft, cancellation);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Restating;

namespace Etl.Pipeline.Running;

/// <summary>Lands a pull of an earlier run from the staging area and settles its window: a held one on a person's word, or one whose landing was interrupted.</summary>
internal sealed class StagedLanding(PipelineParts parts, JobDefinition job, Window window, Lease lease)
{
    /// <summary>Lands it at all targets. Unless it lands, the staged rows stay.</summary>
    /// <param name="staged">The rows.</param>
    /// <param name="targets">Targets of its source.</param>
    /// <param name="why">Why it lands now, for the window's history.</param>
    /// <param name="superseded">What to say when a target has a newer pull.</param>
    /// <param name="cancellation">Stops it between two targets at the latest.</param>
    /// <exception cref="EtlException">The staged rows are damaged, or a target could not take them; the window is not settled.</exception>
    public async Task<WindowOutcome> LandAsync(IStagedPull staged, IReadOnlyList<ITarget> targets, string why, string superseded, CancellationToken cancellation)
    {
        CheckContent(staged);
        var stamp = staged.Stamp;
        await parts.Ledger.MoveAsync(lease, WindowState.Committing, stamp.Pull, why, cancellation).ConfigureAwait(false);
        var landed = await Publisher.LandAsync(parts, lease, targets, new LandingOrder(lease.Key, window, stamp) { Job = job }, staged, cancellation).ConfigureAwait(false);
        var isSuperseded = landed.Any(t => t.Outcome == LandingOutcome.Superseded);
        var state = isSuperseded ? WindowState.Superseded : await Freezing.StateAfterAsync(parts, job, lease.Key, stamp).ConfigureAwait(false);
        // What the pull settled is what was owed when it was made, not when it lands.
        await parts.Ledger.SettleAsync(
            lease,
            isSuperseded
                ? new Settlement { State = state, Reason = superseded }
                : new Settlement { State = state, Settled = DuePlanner.OwedAt(job, window, stamp.PulledAt), Stamp = stamp },
            CancellationToken.None).ConfigureAwait(false);
        if (!isSuperseded)
        {
            parts.Staging.Remove(stamp.Pull);
            await QuarantineKeeping.AfterLandingAsync(parts, lease.Key, stamp.Pull).ConfigureAwait(false);
        }
        return new WindowOutcome
        {
            Key = lease.Key,
            State = state,
            Pull = stamp.Pull,
            Fence = stamp.Fence,
            Rows = stamp.Rows,
            Targets = landed,
            ExitCode = isSuperseded ? ExitCode.WindowFailed : ExitCode.Done,
            Code = isSuperseded ? "superseded" : null,
            Message = isSuperseded ? superseded : null,
        };
    }

    // It may have waited on disk for long: its rows must still be those that were checked.
    private void CheckContent(IStagedPull staged)
    {
        var hasher = new ContentHasher();
        foreach (var batch in staged.Read()) hasher.Add(batch);
        if (hasher.Current() == staged.Stamp.ContentHash) return;
        throw new EtlException(
            FaultKind.Window,
            $"The staged pull '{staged.Path}' is damaged: its rows are not those that were pulled. Nothing was published. Run the window again: 'etl run {job.Name} --from {window.Label} --to {window.Label}'.")
        { Code = "staged-damaged" };
    }
}

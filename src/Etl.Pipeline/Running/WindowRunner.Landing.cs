using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Pulling;
using Etl.Pipeline.Restating;

namespace Etl.Pipeline.Running;

internal sealed partial class WindowRunner
{
    /// <summary>Lands the pull of an earlier run that waits; null when there is none, or it can never land and so another one is pulled.</summary>
    private async Task<WindowOutcome?> RollForwardAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, WindowRecord? record, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        if (record is null || recorded is not null || planned.Forced || planned.Again || job.IsLive) return null;
        var definition = planned.Source.DefinitionHash(job.Window.TimeZone);
        if (await WaitingPull.FindAsync(parts, planned.Key, record, definition, cancellation).ConfigureAwait(false) is not { } waiting) return null;
        try
        {
            using var staged = parts.Staging.Open(waiting.Pull);
            if (staged is null) return null;
            foreach (var target in targets) await target.SweepAsync(planned.Key, planned.Window, cancellation).ConfigureAwait(false);
            var outcome = await new StagedLanding(parts, job, planned.Window, lease).LandAsync(
                staged, targets, "landing again what an earlier run pulled and could not land everywhere", "A newer pull of this window is published; the one of an earlier run was dropped.", cancellation).ConfigureAwait(false);
            if (outcome.State == WindowState.Superseded) parts.Staging.Remove(waiting.Pull);
            parts.Observer.Moved(planned.Key, outcome.State);
            return outcome with
            {
                IsRolledForward = true,
                Quarantined = waiting.Quarantined,
                Checks = waiting.Checks,
                Message = outcome.Message ?? $"An earlier run pulled it at {waiting.StartedAt:u} and could not land it everywhere; it is landed now, without asking the service again.",
            };
        }
        catch (EtlException e) when (!e.IsTransient && e is not { Code: "not-durable" })
        {
            // Damaged, or refused for good: a new pull may fare better. This one is swept before it.
            await parts.Ledger.MoveAsync(lease, WindowState.Leased, waiting.Pull, $"dropped what an earlier run pulled: {e.Message}", cancellation).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException e)
        {
            throw new LandingCancelledException(e);
        }
    }

    private async Task<WindowOutcome> HoldAsync(PlannedWindow planned, Lease lease, Pulled pulled)
    {
        var reasons = pulled.Checks.Where(c => c.Verdict == Verdict.Hold).Select(c => $"{c.Name}: {c.Detail}");
        var reason = string.Join(" ", reasons);
        await parts.Ledger.SettleAsync(
            lease, new Settlement { State = WindowState.Held, Stamp = pulled.Stamp, Reason = reason }, CancellationToken.None).ConfigureAwait(false);
        parts.Observer.Moved(planned.Key, WindowState.Held);
        using var staged = parts.Staging.Open(pulled.Stamp.Pull);
        return Outcome(planned, lease, pulled, WindowState.Held) with
        {
            ExitCode = ExitCode.Held,
            Code = "held",
            Message = $"{reason} Look at it with 'etl peek {staged?.Path}', publish it with 'etl release {planned.Key.Job} --window {planned.Key.Label}', or run again to replace it.",
        };
    }

    private async Task<WindowOutcome> LandAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, Pulled pulled, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        var landed = await PublishAsync(job, planned, lease, pulled, targets, cancellation).ConfigureAwait(false);
        Failpoint.Hit("ledger.before-settle");
        var superseded = landed.Any(t => t.Outcome == LandingOutcome.Superseded);
        var state = superseded ? WindowState.Superseded : await Freezing.StateAfterAsync(parts, job, planned.Key, pulled.Stamp).ConfigureAwait(false);
        await parts.Ledger.SettleAsync(
            lease,
            superseded
                ? new Settlement { State = state, Reason = "A newer pull is published." }
                : new Settlement { State = state, Settled = planned.Owed, Stamp = pulled.Stamp },
            CancellationToken.None).ConfigureAwait(false);
        Failpoint.Hit("ledger.settled");
        parts.Staging.Remove(pulled.Stamp.Pull);
        if (!superseded) await QuarantineKeeping.AfterLandingAsync(parts, planned.Key, pulled.Stamp.Pull).ConfigureAwait(false);
        parts.Observer.Moved(planned.Key, state);
        return Outcome(planned, lease, pulled, state) with
        {
            Targets = landed,
            // With the lease in hand this is no race: the ledger is older than the target (lost, or restored from a backup).
            ExitCode = superseded ? ExitCode.WindowFailed : ExitCode.Done,
            Message = superseded ? "A newer pull of this window is already published; this one was dropped. Is the ledger older than the target? Run again." : null,
            Code = superseded ? "superseded" : null,
        };
    }

    private async Task<IReadOnlyList<TargetOutcome>> PublishAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, Pulled pulled, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        try
        {
            await MoveAsync(lease, WindowState.Committing, pulled.Stamp.Pull, $"{targets.Count} targets", cancellation).ConfigureAwait(false);
            using var staged = parts.Staging.OpenOwn(pulled.Stamp.Pull);
            return await Publisher.LandAsync(parts, lease, targets, new LandingOrder(planned.Key, planned.Window, pulled.Stamp) { Job = job }, staged, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The window stays due. The next run lands these rows where it can; otherwise nobody waits for them.
            if (recorded is { IsAnew: false } || job.IsLive || !await WaitingPull.IsWorthKeepingAsync(parts, planned.Key, pulled.Stamp.Pull, e).ConfigureAwait(false))
                parts.Staging.Remove(pulled.Stamp.Pull);
            if (e is OperationCanceledException) throw new LandingCancelledException(e);
            throw;
        }
    }

    private static WindowOutcome Outcome(PlannedWindow planned, Lease lease, Pulled pulled, WindowState state) => new()
    {
        Key = planned.Key,
        State = state,
        Pull = pulled.Stamp.Pull,
        Fence = lease.Fence,
        Rows = pulled.Stamp.Rows,
        Quarantined = pulled.Quarantined,
        Checks = pulled.Checks,
    };

    /// <summary>A cancellation after the first target may have published.</summary>
    private sealed class LandingCancelledException(Exception cause) : OperationCanceledException(cause.Message, cause);
}

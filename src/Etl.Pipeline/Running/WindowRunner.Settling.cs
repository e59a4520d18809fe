using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;

namespace Etl.Pipeline.Running;

internal sealed partial class WindowRunner
{
    // A replay that fails has touched nothing: the window goes back to what it was.
    private async Task<WindowOutcome> FailAsync(JobDefinition job, Lease? lease, PlannedWindow planned, int exitCode, string code, string message, bool isOfWindow)
    {
        // One that is typed anew may stand at some targets: the others are brought to it, as after any landing that broke off.
        var isReplayed = recorded is not null && !(recorded.IsAnew && parts.Staging.List().Contains(recorded.Pull));
        var settlement = isReplayed
            ? await BeforeAsync(planned).ConfigureAwait(false)
            : await FailedAsync(job, planned, message, isOfWindow && recorded is null).ConfigureAwait(false);
        if (settlement.State == WindowState.Parked && !isReplayed) message = $"{settlement.Reason} {Parking.WayOut(planned.Key)}";
        var outcome = await EndAsync(lease, planned.Key, settlement, exitCode, code, message).ConfigureAwait(false);
        var (state, exit) = !isReplayed ? (settlement.State, exitCode) : Recorded.After(code, exitCode, planned.Record);
        return outcome with { State = state, ExitCode = exit };
    }

    // Counted under the lease, so that nobody else counts.
    private async Task<Settlement> FailedAsync(JobDefinition job, PlannedWindow planned, string message, bool isStrike)
    {
        var failed = new Settlement { State = WindowState.Failed, Reason = message };
        try
        {
            // Whoever forces a window gives it all its attempts again.
            var before = planned.Forced ? 0 : (await parts.Ledger.FindWindowAsync(planned.Key, CancellationToken.None).ConfigureAwait(false))?.Strikes ?? 0;
            var strikes = before + (isStrike ? 1 : 0);
            return isStrike && strikes >= job.Attempts
                ? new Settlement { State = WindowState.Parked, Strikes = strikes, Reason = Parking.Reason(strikes, message) }
                : failed with { Strikes = strikes };
        }
        catch (EtlException)
        {
            // The ledger does not answer; the attempt is not counted.
            return failed;
        }
    }

    /// <summary>Gives a window back that another run landed after this one looked what is due. Null when none did, or a new pull is asked for whatever is there.</summary>
    private async Task<WindowOutcome?> LeaveLandedAsync(PlannedWindow planned, Lease lease, WindowRecord? record, CancellationToken cancellation)
    {
        if (recorded is not null || planned.Forced || planned.Again || record is not { LandedPull: not null, HeldPull: null } || record.Settled < planned.Owed) return null;
        var steps = await parts.Ledger.StepsAsync(planned.Key, cancellation).ConfigureAwait(false);
        var before = steps.LastOrDefault(s => s.Fence < lease.Fence);
        if (before is not { State: WindowState.Landed or WindowState.Frozen } || before.Fence <= planned.Record?.Fence) return null;
        var state = before.State == WindowState.Frozen ? WindowState.Frozen : WindowState.Planned;
        await parts.Ledger.SettleAsync(lease, new Settlement { State = state }, CancellationToken.None).ConfigureAwait(false);
        parts.Observer.Moved(planned.Key, state);
        return Busy(planned.Key, "landed this window since this one looked what is due") with { Fence = lease.Fence };
    }

    /// <summary>Parks a window whose attempts are used up although none of them could say so: their processes died. Null when it may be tried.</summary>
    private async Task<WindowOutcome?> ParkAsync(JobDefinition job, PlannedWindow planned, Lease lease, WindowRecord? record)
    {
        if (recorded is not null || planned.Forced || record is null || !(record.Strikes >= job.Attempts)) return null;
        var reason = Parking.Reason(record.Strikes, record.Reason);
        return await EndAsync(
            lease, planned.Key, new Settlement { State = WindowState.Parked, Reason = reason }, ExitCode.WindowFailed, Parking.Code, $"{reason} {Parking.WayOut(planned.Key)}").ConfigureAwait(false);
    }

    private async Task<WindowOutcome> EndAsync(Lease? lease, WindowKey key, Settlement settlement, int exitCode, string code, string message)
    {
        if (lease is not null)
        {
            try
            {
                await parts.Ledger.SettleAsync(lease, settlement with { ExitCode = exitCode }, CancellationToken.None).ConfigureAwait(false);
            }
            catch (LeaseLostException)
            {
                // Another run has the window: its record is the one that counts.
            }
            catch (EtlException e)
            {
                // The window stays in a working state, which is due again when the lease ends.
                message = $"{message} The ledger could not be told: {e.Message}";
            }
            parts.Observer.Moved(key, settlement.State);
        }
        return new WindowOutcome { Key = key, State = settlement.State, Fence = lease?.Fence ?? 0, ExitCode = exitCode, Code = code, Message = message };
    }

    /// <summary>
    /// What a cancelled window goes back to: a hold stays a hold, a parked window stays parked, and a window that was not finished before (failed, or left by
    /// a run that died, perhaps with only some targets landed) stays unfinished and so due.
    /// </summary>
    private async Task<Settlement> BeforeAsync(PlannedWindow planned)
    {
        const string reason = "Cancelled.";
        try
        {
            var record = await parts.Ledger.FindWindowAsync(planned.Key, CancellationToken.None).ConfigureAwait(false);
            if (record?.HeldPull is { } pull)
            {
                using var held = parts.Staging.Open(pull);
                if (held is not null) return new Settlement { State = WindowState.Held, Stamp = held.Stamp, Reason = record.Reason };
            }
        }
        catch (EtlException)
        {
            // Not to be asked now: unfinished is right in any case.
            return new Settlement { State = WindowState.Unknown, Reason = reason };
        }
        if (planned.Record is { State: WindowState.Parked } parked) return new Settlement { State = WindowState.Parked, Reason = parked.Reason };
        var finished = planned.Record is not { State: not (WindowState.Planned or WindowState.Landed or WindowState.Frozen) };
        return new Settlement
        {
            State = !finished ? WindowState.Unknown : planned.Record?.State == WindowState.Frozen ? WindowState.Frozen : WindowState.Planned,
            Reason = reason,
        };
    }
}

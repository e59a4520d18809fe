using System.Diagnostics;
using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Checks;
using Etl.Pipeline.Planning;

namespace Etl.Pipeline.Running;

/// <summary>
/// Works on one window:
/// 1 lease (with a fence above all published ones), unless this process works on the window already or another one landed it since the plan; 2 sweep what dead runs left; 3 pull into the staging area; 4 check, by a second path too where the job says so,
/// pulling again when totals or paths disagree; 5 hold, or land at every target; 6 settle in the ledger and give the lease back.
/// A fault at any step leaves the published rows as they were and the window due. Where the landing itself broke off, the checked pull waits in the staging
/// area: the next run lands it everywhere before it asks the service for anything, and pulls anew only what is owed beyond it.
/// A recorded pull goes the same way, but for the second path, over a source that answers from its recording, with the id and the time that it had;
/// one that is typed anew with an id of its own.
/// </summary>
internal sealed partial class WindowRunner(PipelineParts parts, Recorded? recorded = null)
{
    public async Task<WindowOutcome> RunAsync(JobDefinition job, PlannedWindow planned, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        var outcome = await TryAsync(job, planned, cancellation).ConfigureAwait(false);
        // An older pull was brought everywhere, and a newer one is owed as well; or it was dropped, and perhaps not every target shows the one that is published.
        if (outcome.IsRolledForward && !cancellation.IsCancellationRequested
            && await parts.Ledger.FindWindowAsync(planned.Key, CancellationToken.None).ConfigureAwait(false) is { } record
            && (outcome.State == WindowState.Superseded || record.Settled < planned.Owed))
            outcome = await TryAsync(job, planned with { Record = record }, cancellation).ConfigureAwait(false);
        outcome = outcome with { Elapsed = clock.Elapsed, TellsAccount = planned.Source.TellsAccounts };
        parts.Observer.Finished(outcome);
        return outcome;
    }

    private async Task<WindowOutcome> TryAsync(JobDefinition job, PlannedWindow planned, CancellationToken cancellation)
    {
        var key = planned.Key;
        using var hand = parts.InHand.TryTake(key);
        if (hand is null) return Busy(key);
        WindowOutcome outcome;
        Lease? lease = null;
        try
        {
            // 1
            var targets = Targets(job, planned);
            var published = await PublishedAsync(targets, planned, cancellation).ConfigureAwait(false);
            if (planned.Record?.Owner is { } before && WorkerName.IsGone(before))
                await parts.Ledger.BreakLeaseAsync(key, before, !WorkerName.EndedWithMachine(before, WorkerName.MachineStarted), cancellation).ConfigureAwait(false);
            lease = await parts.Ledger.TryLeaseAsync(
                key, planned.Window, parts.Owner, parts.Lease.Lifetime, published.Select(p => p.Pull.Fence).DefaultIfEmpty().Max(), cancellation).ConfigureAwait(false);
            Failpoint.Hit("window.leased");
            outcome = lease is null
                ? Busy(key)
                : await WorkAsync(job, planned, lease, targets, cancellation).ConfigureAwait(false);
        }
        catch (LandingCancelledException) when (cancellation.IsCancellationRequested)
        {
            // Some places may have the new pull and others the old one: the window stays due until they agree.
            const string Message = "Cancelled while landing; each place holds one whole pull, and the next run brings them together.";
            outcome = await EndAsync(
                lease, key, new Settlement { State = WindowState.Unknown, Reason = Message }, ExitCode.Cancelled, "cancelled", Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            outcome = await EndAsync(
                lease, key, await BeforeAsync(planned).ConfigureAwait(false), ExitCode.Cancelled, "cancelled", "Cancelled; nothing was published.").ConfigureAwait(false);
        }
        catch (LeaseLostException e)
        {
            // Whoever took the window over may fail as well, and nobody has it when it was the ledger that did not answer: no success.
            outcome = new WindowOutcome
            {
                Key = key, State = WindowState.Superseded, Fence = lease?.Fence ?? 0, ExitCode = ExitCode.WindowFailed, Message = e.Message, Code = "lease-lost",
            };
        }
        catch (EtlException e)
        {
            outcome = await FailAsync(job, lease, planned, ExitCode.Of(e.Kind), e.Code, e.Message, e.IsOfWindow).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk shows at any write, also at one that nobody has words for; it must not take the other windows along.
            outcome = await FailAsync(job, lease, planned, ExitCode.WindowFailed, "disk", e.Message, isOfWindow: true).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A defect of this program; without a settlement the window would look as if its process had died.
            await FailAsync(job, lease, planned, ExitCode.WindowFailed, "defect", $"{e.GetType().Name}: {e.Message}", isOfWindow: true).ConfigureAwait(false);
            throw;
        }
        return outcome;
    }

    private async Task<WindowOutcome> WorkAsync(
        JobDefinition job, PlannedWindow planned, Lease lease, IReadOnlyList<ITarget> targets, CancellationToken cancellation)
    {
        var keeper = new LeaseKeeper(parts, lease, cancellation);
        await using (keeper.ConfigureAwait(false))
        {
            try
            {
                // 2; what is held is asked now that nobody else can hold: the plan may be older than another run's hold
                var record = await parts.Ledger.FindWindowAsync(planned.Key, keeper.Token).ConfigureAwait(false);
                if (await LeaveLandedAsync(planned, lease, record, keeper.Token).ConfigureAwait(false) is { } landed) return landed;
                if (await ParkAsync(job, planned, lease, record).ConfigureAwait(false) is { } parked) return parked;
                var held = record?.HeldPull;
                if (await RollForwardAsync(job, planned, lease, record, targets, keeper.Token).ConfigureAwait(false) is { } done) return done;
                await SweepStagingAsync(planned.Key, held, keeper.Token).ConfigureAwait(false);
                parts.Quarantine.Sweep(planned.Key);
                foreach (var target in targets) await target.SweepAsync(planned.Key, planned.Window, keeper.Token).ConfigureAwait(false);
                var found = await PublishedAsync(targets, planned, keeper.Token).ConfigureAwait(false);
                if (recorded is not null) await recorded.RefuseOlderAsync(parts.Ledger, [.. found.Select(f => f.Pull)], keeper.Token).ConfigureAwait(false);
                // The target that has most to lose: a pull that it must not take is held for all.
                var published = found.OrderByDescending(f => f.Pull.Rows).Select(f => ((string Target, PublishedPull Pull)?)f).FirstOrDefault();

                // 3, 4
                var round = new PullRound { IsOpen = PullRound.StaysOpen(job, planned, record) };
                var pulled = await PullAsync(job, planned, lease, published, round, keeper.Token).ConfigureAwait(false);
                while (recorded is null && round.Disagreement(job.Checks, pulled.Facts, pulled.Checks) is { } disagree)
                {
                    await MoveAsync(lease, WindowState.Pulling, pulled.Stamp.Pull, $"{disagree}: pulling once more", keeper.Token).ConfigureAwait(false);
                    Forget(planned.Key, pulled.Stamp.Pull);
                    round = round.Next(pulled.Facts, pulled.Checks);
                    pulled = await PullAsync(job, planned, lease, published, round, keeper.Token).ConfigureAwait(false);
                }
                if (held is not null && held != pulled.Stamp.Pull) Forget(planned.Key, held);

                // 5, 6
                return PullChecks.Holds(pulled.Checks)
                    ? await HoldAsync(planned, lease, pulled).ConfigureAwait(false)
                    : await LandAsync(job, planned, lease, pulled, targets, keeper.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (keeper.Lost is not null)
            {
                throw keeper.Lost;
            }
        }
    }

    private static WindowOutcome Busy(WindowKey key, string what = "is working on this window") =>
        new() { Key = key, State = WindowState.Leased, Message = $"Another run {what}; it was left alone.", Code = "busy" };

    private async Task MoveAsync(Lease lease, WindowState to, string pull, string detail, CancellationToken cancellation)
    {
        await parts.Ledger.MoveAsync(lease, to, pull, detail, cancellation).ConfigureAwait(false);
        parts.Observer.Moved(lease.Key, to);
    }

    private IReadOnlyList<ITarget> Targets(JobDefinition job, PlannedWindow planned)
    {
        return [.. job.Land.Where(l => l.From == planned.Source.Name).Select(l => parts.Targets.Create(l, planned.Source.TellsAccounts))];
    }

    private static async Task<List<(string Target, PublishedPull Pull)>> PublishedAsync(IReadOnlyList<ITarget> targets, PlannedWindow planned, CancellationToken cancellation)
    {
        var found = new List<(string, PublishedPull)>();
        foreach (var target in targets)
            if (await target.FindAsync(planned.Key, planned.Window, cancellation).ConfigureAwait(false) is { } published) found.Add((target.Name, published));
        return found;
    }
}

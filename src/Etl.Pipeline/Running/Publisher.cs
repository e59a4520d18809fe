using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Pipeline.Restating;

namespace Etl.Pipeline.Running;

/// <summary>Lands one staged pull at every target of its source, prepared at all before it is published at the first, and records each landing.</summary>
internal static class Publisher
{
    /// <summary>Code of a target's refusal: it shows another pull than the difference starts from.</summary>
    private const string RestatementBase = "restatement-base";

    // A lock that another process holds for longer than this must not outlast a person's Ctrl-C; the window then stays due.
    private static readonly TimeSpan s_graceForOtherTargets = TimeSpan.FromSeconds(5);

    /// <summary>Lands, with what the pull restates at each target. When a target's rows were replaced meanwhile, all is done once more.</summary>
    public static async Task<IReadOnlyList<TargetOutcome>> LandAsync(
        PipelineParts parts, Lease lease, IReadOnlyList<ITarget> targets, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        // Released and replayed pulls have their record in the ledger too.
        var pulls = await parts.Ledger.PullsAsync(order.Key, cancellation).ConfigureAwait(false);
        order = order with { Record = pulls.LastOrDefault(p => p.Pull == order.Stamp.Pull) };
        try
        {
            return await LandOnceAsync(parts, lease, targets, order, staged, cancellation).ConfigureAwait(false);
        }
        catch (EtlException fault) when (fault.Code == RestatementBase)
        {
            return await LandOnceAsync(parts, lease, targets, order, staged, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<TargetOutcome>> LandOnceAsync(
        PipelineParts parts, Lease lease, IReadOnlyList<ITarget> targets, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var restated = await Restatements.MakeAsync(parts, targets, order, staged, cancellation).ConfigureAwait(false);
        var prepared = new List<IPreparedLanding>();
        try
        {
            // The slow part comes first, everywhere: a target that cannot take the rows stops the landing before any target shows them.
            foreach (var target in targets)
                prepared.Add(await target.PrepareAsync(order with { Restatement = restated.At(target)?.Difference }, staged, cancellation).ConfigureAwait(false));
            return await PublishAsync(parts, lease, targets, prepared, order, restated, cancellation).ConfigureAwait(false);
        }
        finally
        {
            foreach (var landing in prepared) await landing.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<TargetOutcome>> PublishAsync(
        PipelineParts parts, Lease lease, IReadOnlyList<ITarget> targets, IReadOnlyList<IPreparedLanding> prepared, LandingOrder order, Restatements restatements, CancellationToken cancellation)
    {
        var landed = new List<TargetOutcome>();
        // Past the first target a cancellation must not leave the others behind: they get some seconds to show the same pull.
        using var finish = new CancellationTokenSource(Timeout.InfiniteTimeSpan, parts.Time);
        using var cancelled = cancellation.Register(() => finish.CancelAfter(s_graceForOtherTargets));
        foreach (var (target, landing) in targets.Zip(prepared))
        {
            Failpoint.Hit("landing.prepared");
            var receipt = await landing.PublishAsync(landed.Count == 0 ? cancellation : finish.Token).ConfigureAwait(false);
            Failpoint.Hit("landing.published");
            var restated = receipt.Outcome == LandingOutcome.Landed ? restatements.At(target)?.Count : null;
            await parts.Ledger.AddLandingAsync(
                lease,
                new LandingRecord(
                    order.Stamp.Pull, order.Key, target.Name, receipt.Location, order.Stamp.Fence, receipt.Rows, receipt.Bytes, receipt.Outcome, parts.Time.GetUtcNow()) { Restated = restated },
                CancellationToken.None).ConfigureAwait(false);
            Failpoint.Hit("landing.recorded");
            landed.Add(new TargetOutcome(target.Kind, receipt.Location, receipt.Rows, receipt.Bytes, receipt.Outcome) { Restated = restated });
        }
        return landed;
    }
}

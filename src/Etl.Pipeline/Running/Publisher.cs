using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;

namespace Etl.Pipeline.Running;

/// <summary>Lands one staged pull at every target of its source, prepared at all before it is published at the first, and records each landing.</summary>
internal static class Publisher
{
    // A lock that another process holds for longer than this must not outlast a person's Ctrl-C; the window then stays due.
    private static readonly TimeSpan s_graceForOtherTargets = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<TargetOutcome>> LandAsync(
        PipelineParts parts, Lease lease, IReadOnlyList<ITarget> targets, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var prepared = new List<IPreparedLanding>();
        try
        {
            // The slow part comes first, everywhere: a target that cannot take the rows stops the landing before any target shows them.
            foreach (var target in targets) prepared.Add(await target.PrepareAsync(order, staged, cancellation).ConfigureAwait(false));
            return await PublishAsync(parts, lease, targets, prepared, order, cancellation).ConfigureAwait(false);
        }
        finally
        {
            foreach (var landing in prepared) await landing.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<IReadOnlyList<TargetOutcome>> PublishAsync(
        PipelineParts parts, Lease lease, IReadOnlyList<ITarget> targets, IReadOnlyList<IPreparedLanding> prepared, LandingOrder order, CancellationToken cancellation)
    {
        var landed = new List<TargetOutcome>();
        // Past the first target a cancellation must not leave the others behind: they get some seconds to show the same pull.
        using var finish = new CancellationTokenSource();
        using var cancelled = cancellation.Register(() => finish.CancelAfter(s_graceForOtherTargets));
        foreach (var (target, landing) in targets.Zip(prepared))
        {
            var receipt = await landing.PublishAsync(landed.Count == 0 ? cancellation : finish.Token).ConfigureAwait(false);
            Failpoint.Hit("landing.published");
            await parts.Ledger.AddLandingAsync(
                lease,
                new LandingRecord(
                    order.Stamp.Pull, order.Key, target.Name, receipt.Location, order.Stamp.Fence, receipt.Rows, receipt.Bytes, receipt.Outcome, parts.Time.GetUtcNow()),
                CancellationToken.None).ConfigureAwait(false);
            landed.Add(new TargetOutcome(target.Kind, receipt.Location, receipt.Rows, receipt.Bytes, receipt.Outcome));
        }
        return landed;
    }
}

using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;

namespace Etl.Pipeline.Running;

/// <summary>Lands one staged pull at every target of its source and records each landing.</summary>
internal static class Publisher
{
    public static async Task<IReadOnlyList<TargetOutcome>> LandAsync(
        PipelineParts parts, Lease lease, IReadOnlyList<ITarget> targets, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var landed = new List<TargetOutcome>();
        foreach (var target in targets)
        {
            // Past the first target a cancellation must not leave the others behind: all of them show one pull.
            var receipt = await target.LandAsync(order, staged, landed.Count == 0 ? cancellation : CancellationToken.None).ConfigureAwait(false);
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

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
            var receipt = await target.LandAsync(order, staged, cancellation).ConfigureAwait(false);
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

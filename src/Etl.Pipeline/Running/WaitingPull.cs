using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Checks;

namespace Etl.Pipeline.Running;

/// <summary>
/// A pull that is complete and passed its checks, and whose landing was interrupted: a target failed, the process died.
/// Its rows wait in the staging area, so that the next run can bring every target to it without asking the service.
/// </summary>
internal static class WaitingPull
{
    /// <summary>The waiting pull of a window; null when there is none, or when the job asks for something else now.</summary>
    public static async Task<PullRecord?> FindAsync(PipelineParts parts, WindowKey key, WindowRecord record, string definitionHash, CancellationToken cancellation)
    {
        var staged = parts.Staging.List();
        if (staged.Count == 0) return null;
        // Only the newest counts: an older one may be older than what a target publishes.
        var newest = await parts.Ledger.PullsAsync(key, cancellation).ConfigureAwait(false) is [.., var last] ? last : null;
        return newest is not null
            && staged.Contains(newest.Pull)
            && newest.Pull != record.LandedPull
            && newest.Pull != record.HeldPull
            && newest.DefinitionHash == definitionHash
            && !PullChecks.Holds(newest.Checks)
            ? newest
            : null;
    }

    /// <summary>
    /// True when it is worth keeping a pull whose landing broke off: the fault may pass, or some target shows the pull
    /// already and the others must follow. What every target refuses for good is pulled anew.
    /// </summary>
    public static async Task<bool> IsWorthKeepingAsync(PipelineParts parts, WindowKey key, string pull, Exception fault)
    {
        if (fault is not EtlException { IsTransient: false }) return true;
        try
        {
            return (await parts.Ledger.LandingsAsync(key, CancellationToken.None).ConfigureAwait(false)).Any(l => l.Pull == pull && l.Outcome != LandingOutcome.Superseded);
        }
        catch (EtlException)
        {
            // The ledger does not answer: keep it, the next run looks again.
            return true;
        }
    }
}

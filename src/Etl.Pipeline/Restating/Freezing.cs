using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Restating;

/// <summary>When a window freezes: its latest pulls, as many as the job says, had the same content.</summary>
internal static class Freezing
{
    /// <summary>True when the published content was pulled often enough. The state may say something else: a forced pull of a frozen window that failed leaves it failed.</summary>
    public static bool IsFrozen(JobDefinition job, WindowRecord? record) =>
        !job.IsLive && job.Freeze is { } equal && record?.LandedPull is not null && record.EqualPulls >= equal;

    /// <summary>The state of a window in which a pull landed: <see cref="WindowState.Landed"/> or <see cref="WindowState.Frozen"/>. Asked under the lease, before it is settled.</summary>
    public static async Task<WindowState> StateAfterAsync(PipelineParts parts, JobDefinition job, WindowKey key, PullStamp stamp)
    {
        if (job.IsLive || job.Freeze is not { } equal) return WindowState.Landed;
        var before = await parts.Ledger.FindWindowAsync(key, CancellationToken.None).ConfigureAwait(false);
        // As the ledger counts: landing a pull again is not one more pull.
        var pulls = before?.LandedHash != stamp.ContentHash && before?.LandedPull != stamp.Pull ? 1 : before.LandedPull == stamp.Pull ? before.EqualPulls : before.EqualPulls + 1;
        return pulls >= equal ? WindowState.Frozen : WindowState.Landed;
    }
}

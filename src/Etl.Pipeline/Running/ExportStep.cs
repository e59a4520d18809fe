using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Ledger;

namespace Etl.Pipeline.Running;

/// <summary>Makes and delivers the exports of a job when its windows have been worked on. What has landed stays landed whatever becomes of them.</summary>
internal static class ExportStep
{
    /// <summary>
    /// Exports, unless somebody still works on a window of the job: whoever ends last does it then, with all that landed. Every window is settled before
    /// this looks, so of two that end at once at least one sees the other gone.
    /// </summary>
    public static async Task AfterAsync(PipelineParts parts, JobDefinition job, CancellationToken cancellation)
    {
        if (parts.Exporter is not { } exporter || job.Exports.Count == 0 || cancellation.IsCancellationRequested) return;
        try
        {
            var windows = await parts.Ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false);
            if (windows.Any(w => w.IsLeased && !(w.Owner is { } owner && WorkerName.IsGone(owner)))) return;
            foreach (var outcome in await exporter.ExportAsync(job, full: false, cancellation).ConfigureAwait(false)) parts.Observer.Exported(outcome);
        }
        catch (EtlException fault)
        {
            foreach (var export in job.Exports) parts.Observer.Exported(new ExportOutcome(job.Name, export.Name, null, null, fault));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What is made waits; the windows that are done must be told all the same.
        }
    }
}

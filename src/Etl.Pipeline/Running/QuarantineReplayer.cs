using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Running;

/// <summary>
/// Types rows in quarantine anew: pulls their windows again over the recorded replies, with today's parser and catalogue, as new pulls that pass the
/// checks of any pull. A window changes only when fewer of its rows stay in quarantine.
/// </summary>
/// <param name="parts">What a run works with; its sources are not asked.</param>
/// <param name="sourcesOver">Makes sources that answer from a recording.</param>
public sealed class QuarantineReplayer(PipelineParts parts, Func<IRawRecording, ISourceFactory> sourcesOver)
{
    /// <summary>Replays the windows of a job whose landed or held pull has rows in quarantine.</summary>
    /// <param name="job">The job.</param>
    /// <param name="label">Only this window; null for all.</param>
    /// <param name="cancellation">Stops it between two windows, or in one, which then stays as it was.</param>
    /// <returns>One outcome per window; none when nothing is in quarantine.</returns>
    /// <exception cref="EtlException">The named window has nothing in quarantine, or the job is a live one. Nothing was touched.</exception>
    public async Task<IReadOnlyList<WindowOutcome>> ReplayAsync(JobDefinition job, string? label, CancellationToken cancellation)
    {
        Replayer.RefuseLive(job);
        if (label is not null) _ = new WindowCalendar(job.Window.TimeZone, job.Window.Every).Parse(label);
        var waiting = await WaitingAsync(job, cancellation).ConfigureAwait(false);
        var chosen = waiting.Where(w => label is null || w.Pull.Key.Label == label).ToList();
        if (chosen.Count == 0 && label is not null)
        {
            var labels = waiting.Select(w => w.Pull.Key.Label).Distinct().ToList();
            throw new EtlException(
                FaultKind.Usage,
                $"Window '{label}' of job '{job.Name}' has no rows in quarantine." + (labels.Count > 0 ? $" Windows that do: {string.Join(", ", labels)}." : " No window of this job has any."))
            { Code = "not-quarantined" };
        }
        parts.Observer.Planned(job.Name, chosen.Count, 0);
        var outcomes = new List<WindowOutcome>();
        foreach (var (window, pull) in chosen)
        {
            cancellation.ThrowIfCancellationRequested();
            outcomes.Add(await ReplayAsync(job, window, pull, cancellation).ConfigureAwait(false));
        }
        await ExportStep.AfterAsync(parts, job, cancellation).ConfigureAwait(false);
        return outcomes;
    }

    private async Task<List<(WindowRecord Window, QuarantinedPull Pull)>> WaitingAsync(JobDefinition job, CancellationToken cancellation)
    {
        var pulls = parts.Quarantine.List(job.Name).ToLookup(p => p.Key);
        var windows = await parts.Ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false);
        // Of a held pull and the landed one that it did not replace, the held one is the later.
        return [.. from window in windows
                   let pull = pulls[window.Key].FirstOrDefault(p => p.Pull == window.HeldPull) ?? pulls[window.Key].FirstOrDefault(p => p.Pull == window.LandedPull)
                   where pull is not null
                   select (window, pull)];
    }

    private async Task<WindowOutcome> ReplayAsync(JobDefinition job, WindowRecord window, QuarantinedPull pull, CancellationToken cancellation)
    {
        try
        {
            var key = window.Key;
            var recording = parts.Raw.Newest(job.Name, key.Label).FirstOrDefault(r => r.Head.Key == key && r.Head.Pull == pull.Pull) ?? throw new EtlException(
                FaultKind.Window,
                $"Pull '{pull.Pull}' has no recording that its {pull.Rows} row{(pull.Rows == 1 ? "" : "s")} in quarantine could be typed from. Nothing was touched. "
                + $"Pull the window again: 'etl run {job.Name} --from {key.Label} --to {key.Label} --force'.")
            { Code = "not-recorded" };
            var planned = await new Replayer(parts, sourcesOver).PlanAsync(
                job, new Window(window.From, window.To, key.Label, job.Window.Every), recording.Head, cancellation).ConfigureAwait(false);
            return await new WindowRunner(parts with { Sources = sourcesOver(recording) }, new Recorded(recording.Head, pull.Rows)).RunAsync(job, planned, cancellation).ConfigureAwait(false);
        }
        catch (EtlException fault)
        {
            // One window that cannot be replayed must not keep the others from it.
            var outcome = new WindowOutcome
            {
                Key = window.Key, State = window.HeldPull is null ? WindowState.Landed : WindowState.Held, Pull = pull.Pull, Rows = window.LandedRows ?? 0, Quarantined = pull.Rows,
                ExitCode = ExitCode.WindowFailed, Code = fault.Code, Message = fault.Message,
            };
            parts.Observer.Finished(outcome);
            return outcome;
        }
    }
}

using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;

namespace Etl.Pipeline.Running;

/// <summary>
/// Lands windows again from raw capture: the same source over recorded replies, then the way of every pull, with a new fence
/// and the recorded pull's id and time. What lands equals what landed then, to the byte, but for the fence in the footer.
/// </summary>
/// <param name="parts">What a run works with; its sources are not asked.</param>
/// <param name="sourcesOver">Makes sources that answer from a recording.</param>
public sealed class Replayer(PipelineParts parts, Func<IRawRecording, ISourceFactory> sourcesOver)
{
    /// <summary>Replays the newest complete recorded pull of one window label: of all sources and accounts of the job that have one.</summary>
    /// <exception cref="EtlException">There is none, or the job's definition is another one now. Nothing was touched.</exception>
    public async Task<IReadOnlyList<WindowOutcome>> ReplayAsync(JobDefinition job, string label, CancellationToken cancellation)
    {
        RefuseLive(job);
        var window = new WindowCalendar(job.Window.TimeZone, job.Window.Every).Parse(label);
        var recordings = parts.Raw.Newest(job.Name, label);
        if (recordings.Count == 0)
        {
            var others = parts.Raw.Labels(job.Name);
            throw new EtlException(
                FaultKind.Usage,
                $"Window '{label}' of job '{job.Name}' has no recorded pull." + (others.Count > 0 ? $" Recorded: {string.Join(", ", others)}." : " No window of this job has one.")
                + " How long pulls stay recorded is said by 'raw' in the job file.")
            { Code = "not-recorded" };
        }
        var planned = new List<(PlannedWindow Window, IRawRecording Recording)>();
        foreach (var recording in recordings) planned.Add((await PlanAsync(job, window, recording.Head, cancellation).ConfigureAwait(false), recording));
        parts.Observer.Planned(job.Name, planned.Count, 0);
        var outcomes = new List<WindowOutcome>();
        foreach (var (plan, recording) in planned)
        {
            cancellation.ThrowIfCancellationRequested();
            var replay = parts with { Sources = sourcesOver(recording) };
            outcomes.Add(await new WindowRunner(replay, new Recorded(recording.Head)).RunAsync(job, plan, cancellation).ConfigureAwait(false));
        }
        await ExportStep.AfterAsync(parts, job, cancellation).ConfigureAwait(false);
        return outcomes;
    }

    /// <summary>Throws for a job that is polled.</summary>
    internal static void RefuseLive(JobDefinition job)
    {
        if (job.IsLive)
            throw new EtlException(FaultKind.Usage, $"Job '{job.Name}' is a live job: its minutes are made of polls, whose replies are kept for people and cannot be replayed.") { Code = "live-source" };
    }

    /// <summary>Plans the replay of a recording.</summary>
    /// <exception cref="EtlException">The job's definition is another one now.</exception>
    internal async Task<PlannedWindow> PlanAsync(JobDefinition job, Window window, RawHead head, CancellationToken cancellation)
    {
        var source = job.Sources.FirstOrDefault(s => s.Name == head.Key.Source) ?? throw Stale($"it has no source '{head.Key.Source}' any more");
        if (source.DefinitionHash(job.Window.TimeZone) != head.DefinitionHash || window != head.Window)
            throw Stale("its report, filter, parameters or zone changed since");
        var record = await parts.Ledger.FindWindowAsync(head.Key, cancellation).ConfigureAwait(false);
        // What the pull settled is what was owed when it was made, not when it is replayed; later pulls may have settled more.
        var settled = Math.Max(record?.Settled ?? 0, DuePlanner.OwedAt(job, window, head.PulledAt));
        return new PlannedWindow(head.Key, window, source, settled, $"replay of {head.Pull}", record)
        {
            // Asked along then, so asked along now; they are recorded with their own pulls too.
            Together = [.. head.Together.Select(name => job.Sources.FirstOrDefault(s => s.Name == name) ?? throw Stale($"it has no source '{name}' any more"))],
        };

        EtlException Stale(string why) => new(
            FaultKind.Usage,
            $"Pull '{head.Pull}' of window '{head.Key}' was recorded with another definition of job '{job.Name}': {why}. Nothing was touched. "
            + $"Pull the window again: 'etl backfill {job.Name} --from {window.Label} --to {window.Label} --force'.")
        { Code = "stale-definition" };
    }
}

using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Live;

/// <summary>
/// Runs a live job: polls each of its sources while time passes and lands what they bring minute by minute, through the same leases,
/// checks and targets as any window (docs/decisions/0007).
/// </summary>
/// <param name="parts">What a run works with.</param>
/// <param name="live">Makes the sources.</param>
/// <param name="wait">Waits; null waits on the clock of <paramref name="parts"/>.</param>
public sealed class LiveRunner(PipelineParts parts, ILiveSourceFactory live, Func<TimeSpan, CancellationToken, Task>? wait = null)
{
    /// <summary>How long after a minute's end a late point still lands it again.</summary>
    public static readonly TimeSpan LateBound = TimeSpan.FromMinutes(10);

    /// <summary>How long the minutes that were begun may take to land when the run is stopped: less than the process has after Ctrl-C.</summary>
    internal static readonly TimeSpan GraceAfterStop = TimeSpan.FromSeconds(20);

    /// <summary>Runs for a while, or until it is cancelled; either way the minutes that were begun are landed, with their gaps stated.</summary>
    /// <param name="job">A live job.</param>
    /// <param name="length">How long.</param>
    /// <param name="cancellation">Stops the run early.</param>
    /// <returns>The latest outcome of each minute, in order, and why sources stopped before the time, if any did.</returns>
    public async Task<LiveResult> RunAsync(JobDefinition job, TimeSpan length, CancellationToken cancellation)
    {
        if (!job.IsLive) throw new ArgumentException($"Job '{job.Name}' is not a live job.", nameof(job));
        await new JobRunner(parts).SweepStagingAsync(job, cancellation).ConfigureAwait(false);
        var now = parts.Time.GetUtcNow();
        var streams = new List<LiveStream>();
        foreach (var source in job.Sources)
            foreach (var account in await parts.Sources.AccountsAsync(source, now - DuePlanner.AccountsRange, now, cancellation).ConfigureAwait(false) ?? [])
                streams.Add(new LiveStream(parts, job, source, account, live.CreateLive(source, account), wait ?? DelayAsync));
        var end = now + length;
        await Task.WhenAll(streams.Select(s => s.RunAsync(end, cancellation))).ConfigureAwait(false);
        await new JobRunner(parts).SweepRawAsync(job, cancellation).ConfigureAwait(false);
        return new LiveResult(
            [.. streams.SelectMany(s => s.Outcomes).OrderBy(o => o.Key.Label, StringComparer.Ordinal)],
            [.. streams.Select(s => s.Fault).OfType<EtlException>()],
            streams.Sum(s => s.Polls),
            streams.Sum(s => s.FailedPolls));
    }

    private Task DelayAsync(TimeSpan time, CancellationToken cancellation) => Task.Delay(time, parts.Time, cancellation);
}

/// <summary>How a live run ended.</summary>
/// <param name="Minutes">The latest outcome of each minute, in order.</param>
/// <param name="Faults">Why sources stopped early, or never brought an answer.</param>
/// <param name="Polls">Polls made.</param>
/// <param name="FailedPolls">Polls that brought nothing.</param>
public sealed record LiveResult(IReadOnlyList<WindowOutcome> Minutes, IReadOnlyList<EtlException> Faults, int Polls, int FailedPolls);

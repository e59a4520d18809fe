using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Pipeline.Jobs;

namespace Etl.Server.Reading;

/// <summary>
/// Says how far a job is published against its schedule. The window after the newest published one is promised for the first alarm after it
/// closes; in a live job, for when it closes. The source and account that is behind the others speaks for the job; holes further back are counted as failed
/// or held windows and not here.
/// </summary>
internal static class FreshnessReader
{
    /// <summary>How long after its alarm a window may take before it is called late.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>The same for a minute of a live job.</summary>
    public static readonly TimeSpan LivePatience = TimeSpan.FromMinutes(5);

    public static Freshness Of(JobDefinition job, IReadOnlyList<WindowTally> tallies, DateTimeOffset now)
    {
        var published = tallies.GroupBy(t => t.Key).Select(g => g.Max(t => t.PublishedTo)).ToList();
        if (published.Count == 0 || published.Contains(null)) return new Freshness(FreshnessState.Never, null, null, TimeSpan.Zero);
        var behind = published.Min()!.Value;
        if (job.Schedule is null && !job.IsLive) return new Freshness(FreshnessState.Unscheduled, behind, null, TimeSpan.Zero);

        var next = new WindowCalendar(job.Window.TimeZone, job.Window.Every).Containing(behind);
        var closes = next.To + job.Window.Settle;
        var promised = job.Schedule is null || job.IsLive ? closes : CronTimes.From(job.Schedule, closes);
        if (promised > now) return new Freshness(FreshnessState.OnTime, behind, behind, TimeSpan.Zero);
        var late = now - promised;
        return new Freshness(late < (job.IsLive ? LivePatience : Patience) ? FreshnessState.Working : FreshnessState.Late, behind, next.To, late);
    }
}

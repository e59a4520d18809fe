using Etl.Core.Jobs;
using Etl.Core.Ledger;

namespace Etl.Server.Reading;

/// <summary>Says how far a job is published against its schedule.</summary>
internal static class FreshnessReader
{
    public static Freshness Of(JobDefinition job, IReadOnlyList<WindowTally> tallies, DateTimeOffset now)
    {
        _ = now;
        var published = tallies.GroupBy(t => t.Key).Select(g => g.Max(t => t.PublishedTo)).ToList();
        var behind = published.Count == 0 || published.Contains(null) ? null : published.Min();
        return new Freshness(job.Schedule is null ? FreshnessState.Unscheduled : behind is null ? FreshnessState.Never : FreshnessState.OnTime, behind, null, TimeSpan.Zero);
    }
}

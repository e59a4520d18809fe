using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;

namespace Etl.Server.Reading;

/// <summary>Everything at a glance.</summary>
/// <param name="At">When it was read, in UTC.</param>
/// <param name="Engine"><c>quartz</c> or <c>hangfire</c>.</param>
/// <param name="JobFault">What is wrong with the job files, or null.</param>
/// <param name="Jobs">The jobs by name.</param>
/// <param name="Servers">Servers that live; empty where servers do not tell.</param>
/// <param name="Backlog">Windows that were asked for out of turn.</param>
public sealed record ServerOverview(
    DateTimeOffset At, string Engine, string? JobFault, IReadOnlyList<JobOverview> Jobs, IReadOnlyList<ServerRecord> Servers, IReadOnlyList<BacklogItem> Backlog)
{
    /// <summary>A job by name; null when there is none.</summary>
    public JobOverview? Find(string job) => Jobs.FirstOrDefault(j => j.Definition.Name == job);
}

/// <summary>A job at a glance.</summary>
public sealed record JobOverview
{
    /// <summary>The job as its file is now.</summary>
    public required JobDefinition Definition { get; init; }

    /// <summary>How many of its windows are in which state; states without windows are left out.</summary>
    public required IReadOnlyDictionary<WindowState, int> States { get; init; }

    /// <summary>Rows that its windows publish.</summary>
    public required long PublishedRows { get; init; }

    /// <summary>Its newest windows, the newest first: all sources and accounts of each label.</summary>
    public required IReadOnlyList<WindowRecord> Newest { get; init; }

    /// <summary>Its latest pulls, the latest first.</summary>
    public required IReadOnlyList<PullSummary> Pulls { get; init; }

    /// <summary>Its latest landings that restated rows, the latest first.</summary>
    public required IReadOnlyList<LandingRecord> Restated { get; init; }

    /// <summary>Windows that wait for a person or a better night, with their reasons, the newest first: held, failed, parked, unknown.</summary>
    public required IReadOnlyList<WindowRecord> Attention { get; init; }

    /// <summary>How far its windows are published, against its schedule.</summary>
    public required Freshness Freshness { get; init; }

    /// <summary>When it looks next what is due; null without a schedule.</summary>
    public DateTimeOffset? NextFiring { get; init; }

    /// <summary>Its alerts, each rule at every account where it was measured.</summary>
    public IReadOnlyList<AlertStanding> Alerts { get; init; } = [];
}

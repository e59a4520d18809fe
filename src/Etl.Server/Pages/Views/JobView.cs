using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Server.Reading;

namespace Etl.Server.Pages.Views;

/// <summary>A job as the overview shows it.</summary>
internal sealed record JobView
{
    public required JobDefinition Job { get; init; }

    public required Freshness Freshness { get; init; }

    /// <summary>When it looks next what is due; null without a schedule.</summary>
    public DateTimeOffset? Next { get; init; }

    /// <summary>The newest closed windows, oldest first.</summary>
    public required IReadOnlyList<WindowView> Newest { get; init; }

    /// <summary>How many windows are in each state.</summary>
    public required IReadOnlyDictionary<WindowState, int> Counts { get; init; }

    /// <summary>Its alerts.</summary>
    public IReadOnlyList<AlertStanding> Alerts { get; init; } = [];

    public string Name => Job.Name;

    public int Count(WindowState state) => Counts.GetValueOrDefault(state);
}

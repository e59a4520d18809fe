using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Pipeline.Planning;

/// <summary>One window that a run would pull.</summary>
/// <param name="Key">Identity.</param>
/// <param name="Window">Bounds.</param>
/// <param name="Source">What to pull.</param>
/// <param name="Owed">Pulls owed so far; one pull settles all of them.</param>
/// <param name="Why">Why it is in the plan, in a few words.</param>
/// <param name="Record">Its row in the ledger, or null.</param>
public sealed record PlannedWindow(WindowKey Key, Window Window, SourceSpec Source, int Owed, string Why, WindowRecord? Record)
{
    /// <summary>True when a person asked for a new pull, whatever is there.</summary>
    public bool Forced { get; init; }

    /// <summary>True when another system asked for a new pull: what waits from an earlier one does not serve.</summary>
    public bool Again { get; init; }

    /// <summary>Sources of the job that are pulled for the same window and account right after this one.</summary>
    public IReadOnlyList<SourceSpec> Together { get; init; } = [];
}

/// <summary>A named window that the run leaves alone.</summary>
/// <param name="Key">Identity.</param>
/// <param name="Why">Why not, in a few words.</param>
/// <param name="IsUpToDate">True when all pulls that it was owed are landed; false when something else keeps it from being pulled.</param>
public sealed record SkippedWindow(WindowKey Key, string Why, bool IsUpToDate)
{
    /// <summary>Its row in the ledger when it is parked; otherwise null.</summary>
    public WindowRecord? Parked { get; init; }

    /// <summary>True while a run has it in hand, or died with it and its lease is not over.</summary>
    public bool IsBusy { get; init; }
}

/// <summary>What a run of a job would do.</summary>
/// <param name="Job">The job.</param>
/// <param name="Due">Windows to pull, oldest first.</param>
/// <param name="Skipped">Closed windows in view that are not due.</param>
/// <param name="LatestClosed">The newest window that is closed.</param>
/// <param name="NextCloses">When the next one closes.</param>
/// <param name="StaleDefinitions">Landed windows whose definition has changed since.</param>
public sealed record JobPlan(
    JobDefinition Job,
    IReadOnlyList<PlannedWindow> Due,
    IReadOnlyList<SkippedWindow> Skipped,
    Window LatestClosed,
    DateTimeOffset NextCloses,
    IReadOnlyList<WindowKey> StaleDefinitions)
{
    /// <summary>Every source and account that the plan looked at, in order.</summary>
    public IReadOnlyList<JobKey> Accounts { get; init; } = [];

    /// <summary>Parked windows in view, which a person has to look at.</summary>
    public IEnumerable<WindowRecord> Parked => Skipped.Select(s => s.Parked).OfType<WindowRecord>();

    /// <summary>Sources whose accounts a report lists, which was not asked: the plan has those that the ledger knows.</summary>
    public IReadOnlyList<SourceSpec> Unasked { get; init; } = [];

    /// <summary>Number of windows in view that need nothing.</summary>
    public int UpToDate => Skipped.Count(s => s.IsUpToDate);
}

/// <summary>Which windows a run is asked for; all null means those that are due.</summary>
public sealed record PlanOptions
{
    /// <summary>First label, included; null with <see cref="To"/> set means that one window.</summary>
    public string? From { get; init; }

    /// <summary>Last label, included; null with <see cref="From"/> set means the latest closed window.</summary>
    public string? To { get; init; }

    /// <summary>Also windows that are landed, frozen or parked. Never skips a check.</summary>
    public bool Force { get; init; }

    /// <summary>Also windows that are landed or frozen, but none that is parked, and without giving attempts back. Needs named windows.</summary>
    public bool Again { get; init; }
}

using Etl.Core.Ledger;

namespace Etl.Server.Pages.Views;

/// <summary>All that the page of one window label shows.</summary>
internal sealed record WindowPageView
{
    public required DateTimeOffset Now { get; init; }

    public required JobView Job { get; init; }

    public required WindowView Window { get; init; }

    /// <summary>Each source and account by itself, in the order of the job file.</summary>
    public required IReadOnlyList<RecordView> Records { get; init; }

    /// <summary>Labels before and after it; null at the ends.</summary>
    public string? Before { get; init; }

    /// <summary>The label after it.</summary>
    public string? After { get; init; }

    /// <summary>True when somebody asked for it and it is not done.</summary>
    public bool IsAsked { get; init; }
}

/// <summary>A window of one source and account, with all that the ledger recorded of it.</summary>
/// <param name="Record">The window.</param>
/// <param name="Pulls">Its pulls, newest first.</param>
/// <param name="Landings">Its landings, newest first.</param>
/// <param name="Steps">Its steps, newest first.</param>
internal sealed record RecordView(
    WindowRecord Record, IReadOnlyList<PullRecord> Pulls, IReadOnlyList<LandingRecord> Landings, IReadOnlyList<StepRecord> Steps)
{
    /// <summary>What became of a pull.</summary>
    public string Fate(PullRecord pull) =>
        pull.Pull == Record.LandedPull ? "published" : pull.Pull == Record.HeldPull ? "held" : Landings.Any(l => l.Pull == pull.Pull) ? "replaced" : "not published";
}

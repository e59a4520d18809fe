using Etl.Core.Windows;

namespace Etl.Core.Ledger;

/// <summary>
/// Narrow looks into the ledger for those who watch it: pages, API and metrics ask often, and a ledger may hold a hundred thousand windows. No
/// answer grows with the number of windows but <see cref="CountAsync"/>'s own work.
/// </summary>
public interface ILedgerViews
{
    /// <summary>How many windows of each source and account of each job are in which state, and how far they are published.</summary>
    Task<IReadOnlyList<WindowTally>> TalliesAsync(CancellationToken cancellation);

    /// <summary>Windows of a job, the newest first.</summary>
    Task<IReadOnlyList<WindowRecord>> ListAsync(WindowQuery query, int skip, int take, CancellationToken cancellation);

    /// <summary>How many windows a query finds.</summary>
    Task<int> CountAsync(WindowQuery query, CancellationToken cancellation);

    /// <summary>The latest pulls of a job, the latest first.</summary>
    Task<IReadOnlyList<PullSummary>> LatestPullsAsync(string job, int take, CancellationToken cancellation);

    /// <summary>The latest landings of a job that restated rows, the latest first.</summary>
    Task<IReadOnlyList<LandingRecord>> LatestRestatementsAsync(string job, int take, CancellationToken cancellation);
}

/// <summary>Windows that somebody wants to see.</summary>
/// <param name="Job">Of this job.</param>
public sealed record WindowQuery(string Job)
{
    /// <summary>In one of these states; all when it is empty.</summary>
    public IReadOnlyList<WindowState> States { get; init; } = [];

    /// <summary>That begin at this instant or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>That begin before this instant.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>With this label.</summary>
    public string? Label { get; init; }
}

/// <summary>The windows of a source at an account that are in one state.</summary>
/// <param name="Key">Job, source and account.</param>
/// <param name="State">The state.</param>
/// <param name="Windows">How many.</param>
/// <param name="Rows">Rows that they publish.</param>
/// <param name="PublishedTo">End of the latest of them that publishes something, in UTC; null when none does.</param>
public sealed record WindowTally(JobKey Key, WindowState State, int Windows, long Rows, DateTimeOffset? PublishedTo);

/// <summary>A pull without its proof.</summary>
public sealed record PullSummary(WindowKey Key, string Pull, DateTimeOffset StartedAt, DateTimeOffset EndedAt, long Rows, long Quarantined)
{
    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed => EndedAt - StartedAt;
}

using Etl.Core.Scheduling;

namespace Etl.Server.Pages.Views;

/// <summary>All that the overview shows.</summary>
internal sealed record OverviewView
{
    public required DateTimeOffset Now { get; init; }

    public required string Engine { get; init; }

    /// <summary>What is wrong with the job files, or null.</summary>
    public string? JobFault { get; init; }

    public required IReadOnlyList<JobView> Jobs { get; init; }

    /// <summary>Windows that somebody should look at, newest first.</summary>
    public required IReadOnlyList<AttentionView> Attention { get; init; }

    /// <summary>How many more there are than <see cref="Attention"/> lists.</summary>
    public required int MoreAttention { get; init; }

    /// <summary>Servers that live.</summary>
    public IReadOnlyList<ServerRecord> Servers { get; init; } = [];

    /// <summary>Windows that were asked for out of turn and are not done.</summary>
    public IReadOnlyList<BatchView> Batches { get; init; } = [];
}

/// <summary>A window that somebody should look at.</summary>
/// <param name="Job">Its job.</param>
/// <param name="Window">The window.</param>
internal sealed record AttentionView(JobView Job, WindowView Window);

/// <summary>Windows that were asked for together.</summary>
/// <param name="Job">Their job.</param>
/// <param name="By">Who asked.</param>
/// <param name="Since">When.</param>
/// <param name="Left">How many are not done.</param>
/// <param name="First">The first of them.</param>
/// <param name="Last">The last.</param>
internal sealed record BatchView(string Job, string By, DateTimeOffset Since, int Left, string First, string Last);

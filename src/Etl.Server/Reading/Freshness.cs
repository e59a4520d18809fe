namespace Etl.Server.Reading;

/// <summary>Whether what is published is what a job's schedule promises.</summary>
public enum FreshnessState
{
    /// <summary>The job has nothing published.</summary>
    Never,
    /// <summary>All that its latest alarm owed is published.</summary>
    OnTime,
    /// <summary>Its latest alarm owed windows that are not published yet, and they may still come: little time has passed.</summary>
    Working,
    /// <summary>Its latest alarm owed windows that are not published.</summary>
    Late,
    /// <summary>The job has no schedule.</summary>
    Unscheduled,
}

/// <summary>How far a job is published, in the source and account that is behind the others.</summary>
/// <param name="State">Against the schedule.</param>
/// <param name="PublishedTo">End of the newest published window, in UTC; null when nothing is.</param>
/// <param name="OwedTo">End of the newest window that had to be published by now, in UTC; null without a schedule.</param>
/// <param name="LateBy">Time since the alarm that should have brought it; zero when it is not late.</param>
public sealed record Freshness(FreshnessState State, DateTimeOffset? PublishedTo, DateTimeOffset? OwedTo, TimeSpan LateBy);

namespace Etl.Server.Pages.Views;

/// <summary>How a job stands against its schedule.</summary>
internal enum FreshnessKind
{
    /// <summary>All that should be there is.</summary>
    OnTime,
    /// <summary>A worker is on what is missing.</summary>
    Working,
    /// <summary>Something should be there and is not.</summary>
    Late,
    /// <summary>It has not run yet.</summary>
    Never,
    /// <summary>It has no schedule.</summary>
    ByHand,
}

/// <summary>How a job stands against its schedule, in words.</summary>
/// <param name="Kind">In one word.</param>
/// <param name="Text">For a badge.</param>
/// <param name="Detail">One sentence.</param>
internal sealed record Freshness(FreshnessKind Kind, string Text, string Detail);

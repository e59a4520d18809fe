using System.Collections.Concurrent;

namespace Etl.Testing.Histories;

/// <summary>What a reader saw of a window with one question.</summary>
/// <param name="Pull">The pull that all rows name; null when there was none. Rows of several pulls are named with all of them.</param>
/// <param name="Hash">Of the rows' cells, whatever their order.</param>
public sealed record Seen(string? Pull, ulong Hash)
{
    /// <summary>Nothing was there.</summary>
    public static Seen Nothing { get; } = new(null, 0);
}

/// <summary>How a commit ended, as far as its writer knows.</summary>
public enum Ending
{
    /// <summary>It was told to be done.</summary>
    Ok,
    /// <summary>It was told not to be done, for good.</summary>
    Failed,
    /// <summary>It may be done or not, now or later.</summary>
    Unknown,
}

/// <summary>
/// What writers and readers did and what came of it. Each operation has two moments, when it was asked and when the answer was there, numbered over all threads: one
/// whose answer came before another was asked was before it for everybody.
/// </summary>
public sealed class History
{
    private long _moments;

    /// <summary>Leases: the fence of a window that was given.</summary>
    public ConcurrentQueue<(string Window, long Fence, long Asked, long Answered)> Leases { get; } = [];

    /// <summary>Pulls: what their rows hash to.</summary>
    public ConcurrentQueue<(string Window, long Fence, string Pull, ulong Hash, long Asked)> Pulls { get; } = [];

    /// <summary>Commits.</summary>
    public ConcurrentQueue<(string Window, long Fence, string Pull, Ending Ending, long Asked, long Answered)> Commits { get; } = [];

    /// <summary>Reads that got an answer; others say nothing.</summary>
    public ConcurrentQueue<(string Reader, string Window, Seen Seen, long Asked, long Answered)> Reads { get; } = [];

    /// <summary>The next moment.</summary>
    public long Now() => Interlocked.Increment(ref _moments);
}

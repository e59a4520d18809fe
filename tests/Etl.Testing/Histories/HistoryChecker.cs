namespace Etl.Testing.Histories;

/// <summary>
/// Judges a <see cref="History"/>, window by window, by rules that name no technology:
/// 1 a fence is given once, and rows are read after their fence was given;
/// 2 a read sees the rows of exactly one pull, or nothing;
/// 3 a pull whose commit failed is never seen;
/// 4 once a commit was told to be done, whoever asks after that sees it or a newer one;
/// 5 once anybody saw a pull, whoever asks after that sees it or a newer one: an unknown commit is done or not and does not flip, and no reader ever goes back.
/// </summary>
public static class HistoryChecker
{
    /// <summary>What is wrong; empty when nothing is. At most some faults of each window are told.</summary>
    public static IReadOnlyList<string> Check(History history)
    {
        var faults = new List<string>();
        foreach (var lease in history.Leases.GroupBy(l => (l.Window, l.Fence)).Where(g => g.Count() > 1))
            faults.Add($"{lease.Key.Window}: fence {lease.Key.Fence} was given {lease.Count()} times");
        var given = history.Leases.GroupBy(l => (l.Window, l.Fence)).ToDictionary(g => g.Key, g => g.Min(l => l.Answered));
        foreach (var pull in history.Pulls)
            if (given.TryGetValue((pull.Window, pull.Fence), out var at) && pull.Asked < at)
                faults.Add($"{pull.Window}: pull {pull.Pull} was read before its fence {pull.Fence} was given");
        var pulls = history.Pulls.ToDictionary(p => p.Pull);
        var failed = history.Commits.Where(c => c.Ending == Ending.Failed).Select(c => c.Pull).ToHashSet(StringComparer.Ordinal);
        failed.ExceptWith(history.Commits.Where(c => c.Ending != Ending.Failed).Select(c => c.Pull));
        var commits = history.Commits.Where(c => c.Ending == Ending.Ok).ToLookup(c => c.Window);
        foreach (var window in history.Reads.GroupBy(r => r.Window))
            faults.AddRange(OfWindow(window.Key, window).Take(5));
        return faults;

        IEnumerable<string> OfWindow(string window, IEnumerable<(string Reader, string Window, Seen Seen, long Asked, long Answered)> reads)
        {
            // Everything that raises the least fence that may be seen, and every question, in the order of their moments.
            var points = new List<(long Moment, long Raises, int Read)>();
            points.AddRange(commits[window].Select(c => (c.Answered, c.Fence, -1)));
            var seen = new List<(string Reader, string Window, Seen Seen, long Asked, long Answered)>();
            foreach (var read in reads)
            {
                long fence = 0;
                if (read.Seen.Pull is { } name)
                {
                    if (!pulls.TryGetValue(name, out var pull) || pull.Window != window || pull.Hash != read.Seen.Hash)
                    {
                        yield return $"{window}: {read.Reader} saw rows that are no pull's, of {name}";
                        continue;
                    }
                    if (failed.Contains(name)) yield return $"{window}: {read.Reader} saw pull {name}, whose commit had failed";
                    fence = pull.Fence;
                }
                points.Add((read.Answered, fence, -1));
                points.Add((read.Asked, fence, seen.Count));
                seen.Add(read);
            }
            points.Sort();
            long least = 0;
            foreach (var (_, fence, read) in points)
            {
                if (read < 0) least = Math.Max(least, fence);
                else if (fence < least) yield return $"{window}: {seen[read].Reader} saw {seen[read].Seen.Pull ?? "nothing"} of fence {fence} after fence {least} was there";
            }
        }
    }
}

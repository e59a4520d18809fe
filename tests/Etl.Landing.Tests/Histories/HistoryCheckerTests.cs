using System.Collections.Concurrent;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Histories;

namespace Etl.Landing.Tests.Histories;

/// <summary>The checker of histories bites: each rule by a history of a few lines that breaks it, and by places that are built wrong.</summary>
public sealed class HistoryCheckerTests
{
    private const string Day = "2026-11-19";

    [Fact]
    public void History_in_which_unknown_commits_are_done_and_old_ones_refused_is_well()
    {
        var history = Begun(1, 2, 3);
        Commit(history, 1, Ending.Ok);
        Read(history, 1);
        Commit(history, 3, Ending.Unknown);
        Read(history, 1);
        Read(history, 3);
        Commit(history, 2, Ending.Failed);
        Read(history, 3);
        Assert.Empty(HistoryChecker.Check(history));
    }

    [Fact]
    public void Rows_that_are_no_pulls_are_found()
    {
        var history = Begun(1, 2);
        history.Reads.Enqueue(("r", Day, new Seen("p1", 1001), history.Now(), history.Now()));
        history.Reads.Enqueue(("r", Day, new Seen("p1+p2", 3), history.Now(), history.Now()));
        Assert.Equal(2, HistoryChecker.Check(history).Count(f => f.Contains("no pull's", StringComparison.Ordinal)));
    }

    [Fact]
    public void Commit_that_was_told_and_is_not_seen_is_found()
    {
        var history = Begun(1, 2);
        Commit(history, 2, Ending.Ok);
        Read(history, 1);
        Assert.Contains("after fence 2 was there", Assert.Single(HistoryChecker.Check(history)), StringComparison.Ordinal);
        history = Begun(1);
        Commit(history, 1, Ending.Ok);
        Read(history, null);
        Assert.Contains("saw nothing", Assert.Single(HistoryChecker.Check(history)), StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_commit_that_flips_is_found()
    {
        var history = Begun(1, 2);
        Commit(history, 1, Ending.Ok);
        Commit(history, 2, Ending.Unknown);
        Read(history, 2);
        Read(history, 1);
        Assert.Single(HistoryChecker.Check(history));
    }

    [Fact]
    public void Read_that_was_asked_before_a_newer_commit_may_see_the_older_one()
    {
        var history = Begun(1, 2);
        Commit(history, 1, Ending.Ok);
        var asked = history.Now();
        Commit(history, 2, Ending.Ok);
        history.Reads.Enqueue(("r", Day, new Seen("p1", 1000), asked, history.Now()));
        Assert.Empty(HistoryChecker.Check(history));
    }

    [Fact]
    public void Failed_commit_that_is_seen_is_found()
    {
        var history = Begun(1);
        Commit(history, 1, Ending.Failed);
        Read(history, 1);
        Assert.Contains("had failed", Assert.Single(HistoryChecker.Check(history)), StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_read_before_their_fence_and_a_fence_given_twice_are_found()
    {
        var history = new History();
        history.Pulls.Enqueue((Day, 1, "p1", 1000, history.Now()));
        history.Leases.Enqueue((Day, 1, history.Now(), history.Now()));
        history.Leases.Enqueue((Day, 1, history.Now(), history.Now()));
        Assert.Equal(2, HistoryChecker.Check(history).Count);
    }

    [Theory]
    [InlineData(true, false, "no pull's")]
    [InlineData(false, true, "was there")]
    public async Task Place_that_is_built_wrong_is_found(bool inPieces, bool comparesNothing, string rule)
    {
        // Threads do what they like: another try where they did nothing interesting.
        for (var seed = 1; seed <= 20; seed++)
            if (HistoryChecker.Check(await Recording.MakeAsync(new WrongPlace(inPieces, comparesNothing), 3_000, seed)).Any(f => f.Contains(rule, StringComparison.Ordinal))) return;
        Assert.Fail("It was not found.");
    }

    [Fact]
    public async Task Place_that_is_built_right_is_not_blamed() =>
        Assert.Empty(HistoryChecker.Check(await Recording.MakeAsync(new WrongPlace(inPieces: false, comparesNothing: false), 20_000, 1)));

    private static History Begun(params long[] fences)
    {
        var history = new History();
        foreach (var fence in fences)
        {
            history.Leases.Enqueue((Day, fence, history.Now(), history.Now()));
            history.Pulls.Enqueue((Day, fence, $"p{fence}", (ulong)fence * 1000, history.Now()));
        }
        return history;
    }

    private static void Commit(History history, long fence, Ending ending) => history.Commits.Enqueue((Day, fence, $"p{fence}", ending, history.Now(), history.Now()));

    private static void Read(History history, long? fence) =>
        history.Reads.Enqueue(("r", Day, fence is null ? Seen.Nothing : new Seen($"p{fence}", (ulong)fence * 1000), history.Now(), history.Now()));

    /// <summary>A place in memory that is right, or deletes and inserts in two steps as batches do, or does not compare fences.</summary>
    private sealed class WrongPlace(bool inPieces, bool comparesNothing) : IRecordedPlace
    {
        private readonly ConcurrentDictionary<WindowKey, (string Pull, long Fence, ulong Hash)> _shown = [];
        private readonly Lock _gate = new();

        public async Task<LandingOutcome> LandAsync(WindowKey key, PullStamp stamp, RowBatch rows, CancellationToken cancellation)
        {
            await Task.Yield();
            var hash = Recording.HashOf(rows);
            lock (_gate)
            {
                if (!comparesNothing && _shown.TryGetValue(key, out var shown) && shown.Fence > stamp.Fence) return LandingOutcome.Superseded;
                if (!inPieces)
                {
                    _shown[key] = (stamp.Pull, stamp.Fence, hash);
                    return LandingOutcome.Landed;
                }
                _shown[key] = (stamp.Pull, stamp.Fence, hash / 2);
            }
            await Task.Yield();
            lock (_gate) _shown[key] = (stamp.Pull, stamp.Fence, hash);
            return LandingOutcome.Landed;
        }

        public async Task<Seen> ReadAsync(WindowKey key)
        {
            await Task.Yield();
            return _shown.TryGetValue(key, out var shown) ? new Seen(shown.Pull, shown.Hash) : Seen.Nothing;
        }
    }
}

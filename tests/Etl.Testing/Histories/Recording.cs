using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Rows;

namespace Etl.Testing.Histories;

/// <summary>A place that is written and read while everything is recorded.</summary>
public interface IRecordedPlace
{
    /// <summary>Lands a pull.</summary>
    Task<LandingOutcome> LandAsync(WindowKey key, PullStamp stamp, RowBatch rows, CancellationToken cancellation);

    /// <summary>Reads a window with one question, past whatever wrote it.</summary>
    Task<Seen> ReadAsync(WindowKey key);
}

/// <summary>Four readers against three writers, who fall over each other, stall between lease and commit, and are cancelled at any moment.</summary>
public static class Recording
{
    private const int Writers = 3, Readers = 4, LeastCommits = 60;

    private static readonly string[] s_windows = ["2026-11-17", "2026-11-18", "2026-11-19"];

    /// <summary>Records until the readers have read as often as asked, and the writers have landed something worth reading.</summary>
    /// <param name="place">Where.</param>
    /// <param name="reads">Reads of all readers together.</param>
    /// <param name="seed">Decides rows, stalls and cancellations; threads do what they like all the same.</param>
    public static async Task<History> MakeAsync(IRecordedPlace place, int reads, int seed)
    {
        var history = new History();
        var fences = new long[s_windows.Length];
        var (left, landed) = (reads, 0);
        using var over = new CancellationTokenSource();
        // Until then there would be nothing to read.
        for (var window = 0; window < s_windows.Length; window++) await WriteAsync(new Random(seed), window, mayCancel: false).ConfigureAwait(false);
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(async () =>
        {
            var random = new Random(seed + 100 + w);
            while (!over.IsCancellationRequested) await WriteAsync(random, random.Next(s_windows.Length), mayCancel: true).ConfigureAwait(false);
        })).ToArray();
        var readers = Enumerable.Range(0, Readers).Select(r => Task.Run(async () =>
        {
            var random = new Random(seed + 200 + r);
            while (Interlocked.Decrement(ref left) >= 0 || Volatile.Read(ref landed) < LeastCommits)
            {
                var window = s_windows[random.Next(s_windows.Length)];
                var asked = history.Now();
                var seen = await place.ReadAsync(Keys.Key(window)).ConfigureAwait(false);
                history.Reads.Enqueue(($"reader {r}", window, seen, asked, history.Now()));
            }
        })).ToArray();
        try
        {
            await Task.WhenAll(readers).ConfigureAwait(false);
        }
        finally
        {
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(writers).ConfigureAwait(false);
        }
        return history;

        async Task WriteAsync(Random random, int window, bool mayCancel)
        {
            var label = s_windows[window];
            var asked = history.Now();
            var fence = Interlocked.Increment(ref fences[window]);
            history.Leases.Enqueue((label, fence, asked, history.Now()));
            var pulled = history.Now();
            var (pull, rows) = ($"{label}-p{fence:D6}", Plays.Batch(random.Next(20, 60), fence * 1000));
            history.Pulls.Enqueue((label, fence, pull, HashOf(rows), pulled));
            // Others come between, now and then many of them.
            for (var yields = random.Next(4) == 0 ? random.Next(200) : 0; yields > 0; yields--) await Task.Yield();
            using var stop = new CancellationTokenSource();
            if (mayCancel && random.Next(5) == 0) stop.CancelAfter(TimeSpan.FromMilliseconds(random.NextDouble() * 6));
            asked = history.Now();
            var ending = Ending.Unknown;
            try
            {
                ending = await place.LandAsync(Keys.Key(label), Keys.Stamp(pull, fence, rows.RowCount, "hash-of-" + pull), rows, stop.Token).ConfigureAwait(false) == LandingOutcome.Superseded
                    ? Ending.Failed : Ending.Ok;
            }
            catch (Exception e) when (e is OperationCanceledException or EtlException { IsTransient: true })
            {
                // Nobody knows.
            }
            history.Commits.Enqueue((label, fence, pull, ending, asked, history.Now()));
            if (ending == Ending.Ok) Interlocked.Increment(ref landed);
        }
    }

    /// <summary>Hash of rows of <see cref="Plays"/>, whatever their order.</summary>
    public static ulong HashOf(RowBatch rows)
    {
        ulong sum = 0;
        for (var row = 0; row < rows.RowCount; row++) sum += HashOf(rows.Text(0)[row], rows.Fixed<long>(1).Values[row]);
        return sum;
    }

    /// <summary>Hash of one row; those of all rows are added up.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> id, long plays)
    {
        var hash = 14695981039346656037;
        foreach (var b in id) hash = (hash ^ b) * 1099511628211;
        hash = (hash ^ (ulong)plays) * 1099511628211;
        return hash ^ (hash >> 29);
    }
}

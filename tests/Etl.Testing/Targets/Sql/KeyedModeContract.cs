using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>
/// What the modes promise that compare rows by their key (merge, history) when several work at once. Windows meet in the rows of one key there, so
/// the result may depend on the order of landings; it is always that of one order, and a reader sees one state after the other.
/// </summary>
public abstract class KeyedModeContract : SqlModeContract
{
    private static readonly string[] s_few = [.. "abcdefgh".Select(c => c.ToString())];

    /// <summary>So many that a landing takes its time.</summary>
    private static readonly string[] s_many = [.. Enumerable.Range(0, 250).Select(n => $"k{n:000}")];

    /// <summary>How often workers race: 30 times, 200 on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).</summary>
    private static readonly int s_rounds = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 200 : 30;

    /// <summary>Labels of days, in order.</summary>
    protected abstract IReadOnlyList<string> Labels { get; }

    /// <summary>The table after landings one by one, as lines of <see cref="Found"/>.</summary>
    protected abstract IReadOnlyList<string> Model(IEnumerable<Content> landings);

    /// <summary>The table as one query reads it: lines in order.</summary>
    protected abstract IReadOnlyList<string> Found(string table);

    [SkippableFact]
    public async Task Two_workers_on_one_window_never_leave_the_older_pull()
    {
        var random = new Random(1);
        var landed = new List<Content>();
        for (var round = 1; round <= s_rounds; round++)
        {
            var label = Labels[random.Next(Labels.Count)];
            var (olderRows, newerRows) = (Some(random, label), Some(random, label));
            using var older = Pull(olderRows, 2 * round);
            using var newer = Pull(newerRows, 2 * round + 1);
            IStagedPull[] order = round % 2 == 0 ? [older, newer] : [newer, older];
            var receipts = await AtOnceAsync(order);
            Assert.Equal(LandingOutcome.Landed, receipts[Array.IndexOf(order, newer)].Outcome);
            // The older one came first, or not at all.
            var olderLanded = receipts[Array.IndexOf(order, older)].Outcome == LandingOutcome.Landed;
            Assert.Equal(olderLanded ? LandingOutcome.Landed : LandingOutcome.Superseded, receipts[Array.IndexOf(order, older)].Outcome);
            if (olderLanded) landed.Add(olderRows);
            landed.Add(newerRows);
            await ShowsAsync(newer, $"Round {round}", landed);
        }
    }

    [SkippableFact]
    public async Task Two_workers_with_the_same_pull_land_it_once()
    {
        var random = new Random(2);
        var landed = new List<Content>();
        for (var round = 1; round <= s_rounds / 3; round++)
        {
            landed.Add(Some(random, Labels[random.Next(Labels.Count)]));
            using var pull = Pull(landed[^1], round);
            Assert.Equal([LandingOutcome.Landed, LandingOutcome.AlreadyLanded], (await AtOnceAsync(pull, pull)).Select(r => r.Outcome).Order());
            await ShowsAsync(pull, $"Round {round}", landed);
        }
    }

    [SkippableFact]
    public async Task Two_windows_at_once_leave_what_one_after_the_other_would()
    {
        var random = new Random(3);
        IReadOnlyList<Content> landed = [];
        for (var round = 1; round <= s_rounds; round++)
        {
            var first = random.Next(Labels.Count);
            var a = Some(random, Labels[first]);
            var b = Some(random, Labels[(first + 1 + random.Next(Labels.Count - 1)) % Labels.Count]);
            using var pullOfA = Pull(a, round);
            using var pullOfB = Pull(b, round);
            Assert.All(await AtOnceAsync(pullOfA, pullOfB), r => Assert.Equal(LandingOutcome.Landed, r.Outcome));
            var found = Found(Table);
            var before = landed;
            var serial = ((IReadOnlyList<Content>[])[[.. before, a, b], [.. before, b, a]]).FirstOrDefault(order => Model(order).SequenceEqual(found));
            Assert.True(
                serial is not null,
                $"Round {round}, {a} and {b} over\n{string.Join('\n', Model(before))}\nleft what neither order does:\n{string.Join('\n', found)}");
            landed = serial;
            foreach (var pull in (IStagedPull[])[pullOfA, pullOfB]) await ShowsAsync(pull, $"Round {round}", landed);
        }
    }

    [SkippableFact]
    public async Task Reader_during_landings_sees_old_or_new_and_never_a_mix()
    {
        const int Least = 100;
        var (random, landingsInAll) = (new Random(4), Math.Max(Least, s_rounds));
        // Windows on both sides that share keys with the one that changes. One key is its own and has another value each time.
        var landings = new List<Content> { Some(random, Labels[0], s_many), Some(random, Labels[2], s_many[..100]) };
        foreach (var beside in landings)
        {
            using var pull = Pull(beside, 1);
            await LandAsync(pull);
        }
        var states = new Dictionary<string, int>(StringComparer.Ordinal);
        var changes = new List<Content>();
        for (var round = 1; round <= landingsInAll; round++)
        {
            changes.Add(new Content(Labels[1], [.. Some(random, Labels[1], s_many).Rows, ("z", round)]));
            states.Add(string.Join('\n', Model(landings.Concat(changes))), round);
        }
        using (var pull = Pull(changes[0], 1)) await LandAsync(pull);

        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var seen = new List<int>();
            while (!stop.IsCancellationRequested || seen.Count == 0)
            {
                var found = string.Join('\n', Found(Table));
                Assert.True(states.TryGetValue(found, out var state), "A reader saw what no landing left:\n" + found);
                if (seen.Count == 0 || seen[^1] != state) seen.Add(state);
            }
            return seen;
        })).ToList();
        try
        {
            for (var round = 2; round <= landingsInAll && !readers.Any(r => r.IsCompleted); round++)
            {
                using var pull = Pull(changes[round - 1], round);
                Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
            }
        }
        finally
        {
            await stop.CancelAsync();
        }
        foreach (var seen in await Task.WhenAll(readers)) Assert.Equal(seen.Order(), seen);
        Assert.Equal(landingsInAll, states[string.Join('\n', Found(Table))]);
    }

    /// <summary>What one pull brings of a window.</summary>
    protected sealed record Content(string Label, IReadOnlyList<(string Id, long Plays)> Rows)
    {
        public override string ToString() => $"{Label}: {string.Join(", ", Rows.Select(r => $"{r.Id}={r.Plays}"))}";
    }

    private static Content Some(Random random, string label, string[]? ids = null) =>
        new(label, [.. (ids ?? s_few).Where(_ => random.Next(3) > 0).Select(id => (id, (long)random.Next(3)))]);

    private IStagedPull Pull(Content content, long fence) => Pull(content.Label, fence, [.. content.Rows.Select(r => ((string?)r.Id, r.Plays))]);

    /// <summary>Lands pulls by as many workers, which begin together.</summary>
    private async Task<LandingReceipt[]> AtOnceAsync(params IStagedPull[] pulls)
    {
        using var start = new Barrier(pulls.Length);
        return await Task.WhenAll(pulls.Select(pull => Task.Run(async () =>
        {
            start.SignalAndWait();
            return await LandAsync(pull);
        })));
    }

    /// <summary>The table holds what the landings leave, its record of the window is the pull's, and nothing else lies about.</summary>
    private async Task ShowsAsync(IStagedPull pull, string when, IEnumerable<Content> landings)
    {
        var (expected, found) = (Model(landings), Found(Table));
        Assert.True(expected.SequenceEqual(found), $"{when}:\n{string.Join('\n', expected)}\nfound\n{string.Join('\n', found)}");
        var published = await Bench.Target(Land).FindAsync(pull.Key, Keys.Day(pull.Key.Label), default);
        Assert.Equal(new PublishedPull(pull.Stamp.Pull, pull.Stamp.Fence, pull.Stamp.Rows, pull.Stamp.ContentHash), published);
        Assert.Equal([Table, "etl_landing"], Bench.Names());
    }
}

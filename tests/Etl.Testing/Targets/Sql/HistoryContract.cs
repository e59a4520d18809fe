using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>History on every database: the versions of rows are a function of what the windows contain, in whatever order they land.</summary>
public abstract class HistoryContract : KeyedModeContract
{
    private static readonly string[] s_days = ["2026-10-31", "2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04"];

    protected override LandMode Mode => LandMode.History;

    protected override IReadOnlyList<string> Labels => s_days;

    protected override IReadOnlyList<string> Found(string table) => Versions(table);

    /// <summary>Runs of windows with equal content of a key; in which order they landed does not count.</summary>
    protected override IReadOnlyList<string> Model(IEnumerable<Content> landings)
    {
        var contents = new SortedDictionary<int, Dictionary<string, long>>();
        foreach (var (label, rows) in landings) contents[Array.IndexOf(s_days, label)] = rows.ToDictionary(r => r.Id, r => r.Plays, StringComparer.Ordinal);
        return Model(contents);
    }

    /// <summary>How many random stories are played.</summary>
    protected abstract int Stories { get; }

    [SkippableFact]
    public async Task Versions_begin_with_a_window_and_end_where_the_content_changes()
    {
        await LandAsync("2026-11-01", 1, ("a", 1), ("b", 1));
        await LandAsync("2026-11-02", 1, ("a", 1), ("b", 2), ("c", 3));
        await LandAsync("2026-11-03", 1, ("a", 1), ("c", 3));
        Assert.Equal(
            [
                "a 1 2026-11-01T04:00:00.000000Z <null> true",
                "b 1 2026-11-01T04:00:00.000000Z 2026-11-02T05:00:00.000000Z false",
                "b 2 2026-11-02T05:00:00.000000Z 2026-11-03T05:00:00.000000Z false",
                "c 3 2026-11-02T05:00:00.000000Z <null> true",
            ],
            Versions(Table));
    }

    [SkippableFact]
    public async Task Backfilled_window_cuts_the_version_that_spans_it()
    {
        await LandAsync("2026-10-31", 1, ("a", 1));
        await LandAsync("2026-11-04", 1, ("a", 1));
        Assert.Single(Versions(Table));
        await LandAsync("2026-11-02", 1, ("a", 2));
        Assert.Equal(3, Versions(Table).Count);
        await LandAsync("2026-11-02", 2, ("a", 1));
        Assert.Equal(["a 1 2026-10-31T04:00:00.000000Z <null> true"], Versions(Table));
    }

    [SkippableFact]
    public async Task Empty_window_ends_what_holds_and_its_repull_brings_it_back()
    {
        await LandAsync("2026-11-01", 1, ("a", 1));
        await LandAsync("2026-11-02", 1);
        Assert.Equal(["a 1 2026-11-01T04:00:00.000000Z 2026-11-02T05:00:00.000000Z false"], Versions(Table));
        await LandAsync("2026-11-02", 2, ("a", 1));
        Assert.Equal(["a 1 2026-11-01T04:00:00.000000Z <null> true"], Versions(Table));
    }

    [SkippableFact]
    public async Task Unresolved_and_repeated_keys_lose_no_row()
    {
        await LandAsync("2026-11-01", 1, (null, 1), (null, 1), ("Unknown", 2), ("a", 3), ("a", 4));
        Assert.Equal(5, Versions(Table).Count);
        await LandAsync("2026-11-02", 1, (null, 1), (null, 1), ("Unknown", 2), ("a", 3), ("a", 4));
        Assert.Equal(5, Versions(Table).Count);
        Assert.All(Versions(Table), v => Assert.EndsWith("<null> true", v, StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Accounts_have_histories_of_their_own()
    {
        using var a1 = Pull("2026-11-01", 1, "101", true, ("a", 1));
        using var b2 = Pull("2026-11-02", 1, "102", true, ("a", 1));
        using var a3 = Pull("2026-11-03", 1, "101", true, ("a", 2));
        foreach (var pull in (IStagedPull[])[a3, b2, a1]) await LandAsync(pull);
        Assert.Equal(
            [
                "101 a 1 2026-11-01T04:00:00.000000Z 2026-11-03T05:00:00.000000Z false",
                "101 a 2 2026-11-03T05:00:00.000000Z <null> true",
                "102 a 1 2026-11-02T05:00:00.000000Z <null> true",
            ],
            Versions(Table, SystemColumns.Account));
    }

    [SkippableFact]
    public async Task Older_fence_is_refused_and_the_same_pull_changes_nothing()
    {
        using var pull = Pull("2026-11-01", 7, ("a", 7));
        await LandAsync(pull);
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("2026-11-01", 6, ("a", 6))).Outcome);
        Assert.Equal(LandingOutcome.AlreadyLanded, (await LandAsync(pull)).Outcome);
        Assert.Single(Versions(Table));
        Assert.Equal(pull.Stamp.Pull, (await Bench.Target(Land).FindAsync(pull.Key, Keys.Day("2026-11-01"), default))?.Pull);
    }

    /// <summary>
    /// Windows land in random order, again and with other content. After each landing the table is what a model says that knows only the
    /// windows' contents: runs of windows with equal content of a key.
    /// </summary>
    [SkippableFact]
    public async Task Any_order_of_landings_gives_the_table_of_the_contents()
    {
        for (var seed = 1; seed <= Stories; seed++)
        {
            var random = new Random(seed);
            var land = Land with { Table = $"story_{seed}" };
            var contents = new SortedDictionary<int, Dictionary<string, long>>();
            for (var step = 1; step <= 9; step++)
            {
                var day = random.Next(s_days.Length);
                var content = "abcd".Where(_ => random.Next(3) > 0).ToDictionary(id => id.ToString(), _ => (long)random.Next(2), StringComparer.Ordinal);
                contents[day] = content;
                using var pull = Pull(s_days[day], step, [.. content.Select(c => ((string?)c.Key, c.Value))]);
                await Bench.LandAsync(land, pull);
                var (expected, found) = (Model(contents), Versions(land.Table));
                Assert.True(
                    expected.SequenceEqual(found), $"Seed {seed}, step {step}, day {day}:\n{string.Join('\n', expected)}\nfound\n{string.Join('\n', found)}");
            }
        }
    }

    private IReadOnlyList<string> Versions(string table, params Column[] before) =>
        Bench.Lines(table, new TableSchema([.. before, .. Plays.Schema.Columns, SystemColumns.ValidFrom, SystemColumns.ValidTo, SystemColumns.IsCurrent]))
            .Select(l => string.Join(' ', l.Split('|').Select(c => c[(c.IndexOf('=', StringComparison.Ordinal) + 1)..]))).ToList();

    private static IReadOnlyList<string> Model(SortedDictionary<int, Dictionary<string, long>> contents)
    {
        var lines = new List<string>();
        foreach (var id in contents.Values.SelectMany(c => c.Keys).Distinct())
        {
            (long Plays, int Day)? open = null;
            foreach (var (day, content) in contents)
            {
                long? now = content.TryGetValue(id, out var plays) ? plays : null;
                if (open is { } version && now != version.Plays)
                {
                    lines.Add(Line(id, version.Plays, version.Day, day));
                    open = null;
                }
                if (open is null && now is { } begins) open = (begins, day);
            }
            if (open is { } last) lines.Add(Line(id, last.Plays, last.Day, null));
        }
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static string Line(string id, long plays, int from, int? to) =>
        $"{id} {plays} {Instant(from)} {(to is { } end ? Instant(end) : RowText.Null)} {RowText.Of(to is null)}";

    private static string Instant(int day) => Keys.Day(s_days[day]).From.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}

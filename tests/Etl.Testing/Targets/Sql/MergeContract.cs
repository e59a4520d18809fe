using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>Merge on every database: one row per key, the latest window's.</summary>
public abstract class MergeContract : KeyedModeContract
{
    private static readonly string[] s_days = ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"];

    protected override LandMode Mode => LandMode.Merge;

    protected override IReadOnlyList<string> Labels => s_days;

    protected override IReadOnlyList<string> Found(string table) => Rows(table, SystemColumns.Window);

    /// <summary>For each key the row of the latest window that brought it, as long as that window still does.</summary>
    protected override IReadOnlyList<string> Model(IEnumerable<Content> landings)
    {
        var rows = new Dictionary<string, (string Label, long Plays)>(StringComparer.Ordinal);
        foreach (var (label, content) in landings)
        {
            var brought = content.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in rows.Where(r => r.Value.Label == label && !brought.Contains(r.Key)).Select(r => r.Key).ToList()) rows.Remove(gone);
            foreach (var (id, plays) in content)
                if (!rows.TryGetValue(id, out var there) || string.CompareOrdinal(there.Label, label) <= 0) rows[id] = (label, plays);
        }
        return [.. rows.Select(r => $"{r.Key} {r.Value.Plays} {r.Value.Label}").Order(StringComparer.Ordinal)];
    }

    [SkippableFact]
    public async Task Later_window_updates_keys_and_adds_new_ones()
    {
        await LandAsync("2026-11-18", 1, ("a", 1), ("b", 2));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync("2026-11-19", 1, ("b", 20), ("c", 30))).Outcome);
        Assert.Equal(["a 1 2026-11-18", "b 20 2026-11-19", "c 30 2026-11-19"], Rows(Table, SystemColumns.Window));
    }

    [SkippableFact]
    public async Task Row_of_a_later_window_is_left_alone_by_an_earlier_one()
    {
        await LandAsync("2026-11-19", 1, ("b", 20));
        await LandAsync("2026-11-18", 1, ("a", 1), ("b", 2));
        Assert.Equal(["a 1 2026-11-18", "b 20 2026-11-19"], Rows(Table, SystemColumns.Window));
    }

    [SkippableFact]
    public async Task Key_that_the_window_brought_and_lost_is_deleted_and_others_stay()
    {
        await LandAsync("2026-11-18", 1, ("a", 1), ("b", 2));
        await LandAsync("2026-11-19", 1, ("b", 20), ("c", 30));
        await LandAsync("2026-11-19", 2, ("c", 31));
        Assert.Equal(["a 1", "c 31"], Rows());
        await LandAsync("2026-11-18", 2);
        Assert.Equal(["c 31"], Rows());
    }

    [SkippableFact]
    public async Task Older_fence_is_refused_and_the_same_pull_changes_nothing()
    {
        await LandAsync("2026-11-19", 7, ("a", 7));
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync("2026-11-19", 6, ("a", 6), ("b", 6))).Outcome);
        using var pull = Pull("2026-11-19", 8, ("a", 8));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        Assert.Equal(LandingOutcome.AlreadyLanded, (await LandAsync(pull)).Outcome);
        Assert.Equal(["a 8"], Rows());
        Assert.Equal(pull.Stamp.Pull, (await Bench.Target(Land).FindAsync(pull.Key, Keys.Day("2026-11-19"), default))?.Pull);
        Assert.Null(await Bench.Target(Land).OpenPublishedAsync(pull.Key, Keys.Day("2026-11-19"), default));
    }

    [SkippableFact]
    public async Task Keys_are_compared_byte_by_byte()
    {
        string[] ids = ["a", "A", "\u00e4", "a\u0308", "a ", " a", "00123", "123", "1e5", "nan"];
        await LandAsync("2026-11-18", 1, [.. ids.Select((id, i) => ((string?)id, (long)i))]);
        await LandAsync("2026-11-19", 1, [.. ids.Select((id, i) => ((string?)id, 100L + i))]);
        Assert.Equal(ids.Select((id, i) => $"{id} {100 + i}").Order(StringComparer.Ordinal), Rows());
    }

    [SkippableFact]
    public async Task No_row_is_lost_when_keys_are_unresolved_or_repeat()
    {
        await LandAsync("2026-11-18", 1, (null, 1), (null, 2), (null, 2), ("", 3), ("Unknown", 4), ("Unknown", 5), ("a", 6), ("a", 7), ("a", 8));
        string[] all = ["<null> 1", "<null> 2", "<null> 2", " 3", "Unknown 4", "Unknown 5", "a 6", "a 7", "a 8"];
        Assert.Equal(all.Order(StringComparer.Ordinal), Rows());
        Assert.Equal("9", Bench.Ask($"SELECT count(DISTINCT _key) FROM {Table}"));
        await LandAsync("2026-11-18", 2, ("Unknown", 4), ("a", 9));
        Assert.Equal(["Unknown 4", "a 9"], Rows());
    }

    [SkippableFact]
    public async Task Key_with_the_window_in_it_keeps_a_row_for_each_window()
    {
        var land = Land with { Key = ["_window", "object_id"] };
        foreach (var (label, fence, plays) in ((string, long, long)[])[("2026-11-18", 1, 1), ("2026-11-19", 1, 2), ("2026-11-18", 2, 3)])
        {
            using var pull = Pull(label, fence, ("a", plays));
            await Bench.LandAsync(land, pull);
        }
        Assert.Equal(["a 2 2026-11-19", "a 3 2026-11-18"], Rows(Table, SystemColumns.Window));
    }

    [SkippableFact]
    public async Task Column_that_the_pull_lacks_becomes_null_and_new_ones_are_added()
    {
        using (var wide = Pull("2026-11-18", 1, Plays.WiderBatch(2, "old"))) await LandAsync(wide);
        await LandAsync("2026-11-19", 1, ("1_0001", 5));
        Assert.Equal(["1_0000 0 old", "1_0001 5 <null>"], Rows(Table, new Column("new_column", ColumnType.Text)));
    }

    [SkippableFact]
    public async Task Accounts_have_keys_of_their_own()
    {
        await LandAsync("2026-11-18", 1, ("a", 1));
        using var b = Pull("2026-11-18", 1, "102", true, ("a", 2));
        await LandAsync(b);
        using var a = Pull("2026-11-19", 1, "101", true, ("a", 3));
        await LandAsync(a);
        Assert.Equal(["a 2 102", "a 3 101"], Rows(Table, SystemColumns.Account));
    }

    [SkippableFact]
    public async Task Table_of_another_mode_is_refused()
    {
        await LandAsync("2026-11-18", 1, ("a", 1));
        foreach (var mode in (LandMode[])[LandMode.ReplaceWindow, LandMode.Append, LandMode.History])
        {
            using var pull = Pull("2026-11-19", 1, ("b", 1));
            var fault = await Assert.ThrowsAsync<EtlException>(() => Bench.LandAsync(Land with { Mode = mode }, pull));
            Assert.Equal((FaultKind.Usage, "mode-changed"), (fault.Kind, fault.Code));
        }
        Assert.Equal(["a 1"], Rows());
    }

    [SkippableFact]
    public async Task Rows_that_do_not_match_the_stamp_change_nothing()
    {
        await LandAsync("2026-11-18", 1, ("a", 1));
        using var good = Pull("2026-11-18", 2, ("b", 2), ("c", 3));
        using var bad = new MemoryStagedPull(good.Key, good.Stamp with { Rows = 3 }, Plays.Schema, [Plays.Batch(2)]);
        Assert.Equal("row-count", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(bad))).Code);
        Assert.Equal(["a 1"], Rows());
    }

    /// <summary>How many random stories are played.</summary>
    protected abstract int Stories { get; }

    [SkippableFact]
    public async Task Random_landings_give_what_the_model_says()
    {
        for (var seed = 1; seed <= Stories; seed++)
        {
            var random = new Random(seed);
            var land = Land with { Table = $"story_{seed}" };
            var landed = new List<Content>();
            for (var step = 1; step <= 8; step++)
            {
                var label = s_days[random.Next(s_days.Length)];
                landed.Add(new Content(label, [.. "abcde".Where(_ => random.Next(2) == 0).Select(id => (id.ToString(), (long)random.Next(3)))]));
                using var pull = Pull(label, step, [.. landed[^1].Rows.Select(r => ((string?)r.Id, r.Plays))]);
                await Bench.LandAsync(land, pull);
                Assert.True(Model(landed).SequenceEqual(Found(land.Table)), $"Seed {seed}, step {step}: {string.Join(", ", Found(land.Table))}");
            }
        }
    }
}

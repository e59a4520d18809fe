using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>What a table that is replaced window by window does on every database, beside what every target does.</summary>
public abstract class SqlTableContract : TargetContract, IAsyncLifetime
{
    protected const string Table = "content_daily";

    protected static readonly TableLandSpec Land = new() { Table = Table, Key = ["_window", "object_id"] };

    private SqlBench? _bench;

    protected SqlBench Bench => _bench!;

    protected override string Stored(string line) => Bench.Stored(line);

    protected override bool WindowsShareOneShape => true;

    protected abstract Task<SqlBench> OpenBenchAsync();

    public async Task InitializeAsync() => _bench = await OpenBenchAsync();

    public async Task DisposeAsync()
    {
        if (_bench is not null) await _bench.DisposeAsync();
    }

    protected override ITarget Create(bool severalAccounts = false) => Bench.Target(Land);

    protected override IReadOnlyList<string> Rows(WindowKey key, TableSchema landed) => Bench.Lines(Table, landed, $"_window = '{key.Label}'");

    protected override IReadOnlyList<string> Leftovers() => [.. Bench.Names().Except(["etl_landing", Table])];

    protected override bool LeaveLitter(WindowKey key, Window window) => false;

    [SkippableFact]
    public async Task Column_whose_type_changed_is_refused_and_changes_nothing()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        var schema = new TableSchema([new Column("extra", ColumnType.Text), new Column("object_id", ColumnType.Text), new Column("count_plays", ColumnType.Text)], ["object_id"]);
        using var bad = Pull(2, new RowBatch(schema));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), bad));
        Assert.Equal("type-changed", fault.Code);
        Assert.Contains($"'count_plays' is {Bench.BigInteger}", fault.Message, StringComparison.Ordinal);
        await ShowsAsync(good);
        Assert.Null(Bench.TypeOf(Table, "extra"));
    }

    [SkippableFact]
    public async Task Key_column_that_is_missing_is_refused_and_makes_no_table()
    {
        using var pull = Pull(1, Plays.Batch(3));
        var target = Bench.Target(Land with { Key = ["objct_id"] });
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(target, pull));
        Assert.Equal((FaultKind.Usage, "key-column"), (fault.Kind, fault.Code));
        Assert.Empty(Rows(pull.Key, pull.Schema));
        Assert.Empty(Bench.Names());
    }

    [SkippableFact]
    public async Task Table_that_etl_did_not_make_is_refused_and_keeps_its_rows()
    {
        Bench.Execute("CREATE TABLE content_daily (id TEXT); INSERT INTO content_daily VALUES ('mine')");
        using var pull = Pull(1, Plays.Batch(3));
        Assert.Equal("foreign-table", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull))).Code);
        Assert.Equal("mine", Bench.Ask("SELECT id FROM content_daily"));
    }

    [SkippableFact]
    public async Task Columns_that_differ_by_case_only_are_refused()
    {
        using var pull = Pull(1, new RowBatch(new TableSchema([new Column("Plays", ColumnType.Text), new Column("plays", ColumnType.Text), new Column("object_id", ColumnType.Text)])));
        Assert.Equal("column-name", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull))).Code);
    }

    [SkippableFact]
    public async Task Column_in_other_case_is_the_same_column()
    {
        using var first = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), first);
        var schema = new TableSchema([new Column("OBJECT_ID", ColumnType.Text), new Column("count_plays", ColumnType.Int64)]);
        using var second = Pull(2, new RowBatch(schema));
        await LandAsync(Create(), second);
        await ShowsAsync(second);
    }

    [SkippableFact]
    public async Task Record_whose_rows_were_deleted_is_not_trusted()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        Bench.Execute("DELETE FROM content_daily WHERE object_id = '1_0002'");
        Assert.Null(await Create().FindAsync(pull.Key, Keys.Day(), None));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), pull)).Outcome);
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Dropped_table_is_made_again()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        Bench.Execute("DROP TABLE content_daily");
        Assert.Null(await Create().FindAsync(pull.Key, Keys.Day(), None));
        await LandAsync(Create(), pull);
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Renamed_job_replaces_the_rows_and_the_record()
    {
        using var old = Pull(9, Plays.Batch(4));
        await LandAsync(Create(), old);
        var key = old.Key with { Job = "renamed" };
        using var renamed = new MemoryStagedPull(key, Keys.Stamp("r1", 1, 2), Plays.Schema, [Plays.Batch(2)]);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), renamed)).Outcome);
        await ShowsAsync(renamed);
        Assert.Null(await Create().FindAsync(old.Key, Keys.Day(), None));
    }

    [SkippableFact]
    public async Task Job_that_begins_to_name_accounts_replaces_rows_without_one()
    {
        using var plain = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), plain);
        using var a = Pull(2, Plays.Batch(3), withAccount: true);
        using var b = Pull(1, Plays.Batch(2), account: "102", withAccount: true);
        await LandAsync(Create(), a);
        await LandAsync(Create(), b);
        Assert.Equal(Expected(a).Concat(Expected(b)).Order(StringComparer.Ordinal), Rows(a.Key, a.Schema));
        using var plainAgain = Pull(3, Plays.Batch(1));
        await LandAsync(Create(), plainAgain);
        Assert.Equal(3, Rows(a.Key, a.Schema).Count);
        Assert.Single(Rows(a.Key, a.Schema), l => l.Contains("_account=101|", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Account_that_is_added_leaves_the_rows_of_the_first_one_alone()
    {
        using var first = Pull(1, Plays.Batch(4));
        using var otherDay = Pull(1, Plays.Batch(3), "2026-11-18");
        await LandAsync(Create(), first);
        await LandAsync(Create(), otherDay);
        using var added = Pull(1, Plays.Batch(2), account: "102", withAccount: true);
        await LandAsync(Create(severalAccounts: true), added);
        Assert.Equal(Expected(added), Rows(added.Key, added.Schema).Where(l => l.Contains("_account=102|", StringComparison.Ordinal)));
        Assert.Equal(4, Rows(added.Key, added.Schema).Count(l => l.Contains("_account=101|", StringComparison.Ordinal)));
        foreach (var pull in new[] { first, otherDay })
            Assert.Equal(pull.Stamp.Pull, (await Create(severalAccounts: true).FindAsync(pull.Key, Keys.Day(pull.Key.Label), None))?.Pull);
        using var again = Pull(2, Plays.Batch(5), withAccount: true);
        await LandAsync(Create(severalAccounts: true), again);
        Assert.Equal(Expected(again).Concat(Expected(added)).Order(StringComparer.Ordinal), Rows(again.Key, again.Schema));
    }

    [SkippableFact]
    public async Task Windows_of_another_length_are_refused()
    {
        using var day = Pull(1, Plays.Batch(4));
        using var otherDay = Pull(1, Plays.Batch(4), "2026-11-20");
        await LandAsync(Create(), day);
        await LandAsync(Create(), otherDay);
        foreach (var (unit, label) in ((WindowUnit, string)[])[(WindowUnit.Month, "2026-11"), (WindowUnit.Hour, "2026-11-19T05-0500")])
        {
            var window = new WindowCalendar("America/New_York", unit).Parse(label);
            using var pull = new MemoryStagedPull(Keys.Key(label), Keys.Stamp("m", 9, 2), Plays.Schema, [Plays.Batch(2)]);
            var fault = await Assert.ThrowsAsync<EtlException>(() => Create().LandAsync(new LandingOrder(pull.Key, window, pull.Stamp), pull, None));
            Assert.Equal("mixed-layout", fault.Code);
            Assert.Empty(Rows(pull.Key, pull.Schema));
        }
        await ShowsAsync(day);
    }

    [SkippableTheory]
    [InlineData(LandMode.Merge)]
    [InlineData(LandMode.History)]
    public void Mode_that_compares_keys_needs_one(LandMode mode)
    {
        foreach (var key in (string[][])[[], ["_pull", "object_id"]])
        {
            var fault = Assert.Throws<EtlException>(() => Bench.Target(Land with { Mode = mode, Key = key }));
            Assert.Equal((FaultKind.Usage, "mode-key"), (fault.Kind, fault.Code));
        }
    }

    [SkippableFact]
    public async Task Integer_column_is_widened_by_a_floating_point_pull_and_keeps_its_values()
    {
        using var old = Pull(1, Plays.Batch(3, plays: 7), "2026-11-18");
        await LandAsync(Create(), old);
        using var wide = Pull(1, Numbers(0.5, 3, double.MaxValue));
        await LandAsync(Create(), wide);
        await ShowsAsync(wide);
        Assert.Equal("7", Bench.Ask("SELECT min(count_plays) FROM content_daily WHERE _window = '2026-11-18'"));
        using var back = Pull(2, Plays.Batch(3, plays: 11));
        await LandAsync(Create(), back);
        await ShowsAsync(back);
    }

    [SkippableFact]
    public async Task Integer_lands_in_a_floating_point_column_unless_it_would_change()
    {
        using var first = Pull(1, Numbers(0.5), "2026-11-18");
        await LandAsync(Create(), first);
        using var fits = Pull(1, Plays.Batch(2, plays: 1L << 53));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), fits));
        Assert.Equal("type-changed", fault.Code);
        Assert.Contains("row 2 ", fault.Message, StringComparison.Ordinal);
        Assert.Contains("9007199254740993", fault.Message, StringComparison.Ordinal);
        using var smaller = Pull(2, Plays.Batch(2, plays: (1L << 53) - 1));
        await LandAsync(Create(), smaller);
        Assert.Equal("2", Bench.Ask("SELECT count(*) FROM content_daily WHERE count_plays >= 9007199254740991"));
    }

    [SkippableFact]
    public async Task Name_of_a_view_is_refused()
    {
        Bench.Execute("CREATE VIEW content_daily AS SELECT 1 AS one");
        using var pull = Pull(1, Plays.Batch(1));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull));
        Assert.Equal((FaultKind.Usage, "not-a-table"), (fault.Kind, fault.Code));
        Bench.Execute("DROP VIEW content_daily");
        await LandAsync(Create(), pull);
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Long_names_of_columns_are_cut_alike_every_day_and_never_meet()
    {
        var stem = string.Concat(Enumerable.Repeat("spalte_\u00fc\U0001F600_", 16));
        var schema = new TableSchema([new Column("object_id", ColumnType.Text), new Column(stem + "a", ColumnType.Text), new Column(stem + "b", ColumnType.Int64)]);
        foreach (var (fence, label) in ((long, string)[])[(1, "2026-11-18"), (1, "2026-11-19"), (2, "2026-11-19")])
        {
            var rows = new RowBatch(schema);
            AllTypes.Text(rows, 0, "1_x");
            AllTypes.Text(rows, 1, "left" + fence);
            AllTypes.Fixed<long>(rows, 2, fence);
            using var pull = Pull(fence, rows, label);
            await LandAsync(Create(), pull);
            using var published = await Create().OpenPublishedAsync(pull.Key, Keys.Day(label), None);
            Assert.Equal(Expected(pull), RowText.Lines(published!.Read()));
        }
        Assert.Equal("2", Bench.Ask("SELECT count(*) FROM content_daily"));
    }

    [SkippableFact]
    public async Task Published_rows_are_read_back_in_their_types_batch_by_batch()
    {
        using var all = Pull(1, AllTypes.Batch(), "2026-11-18");
        using var many = Pull(1, Plays.Batch(9_000), "2026-11-19");
        Assert.Null(await Create().OpenPublishedAsync(all.Key, Keys.Day("2026-11-18"), None));
        await LandAsync(Create(), all);
        await LandAsync(Create(), many);
        using (var rows = (await Create().OpenPublishedAsync(all.Key, Keys.Day("2026-11-18"), None))!)
        {
            Assert.Equal(all.Stamp.Pull, rows.Pull);
            Assert.Equal(all.Schema.Columns.Select(c => (c.Name, c.Type, c.Role)), rows.Schema.Columns.Select(c => (c.Name, c.Type, c.Role)));
            Assert.Equal(Expected(all), RowText.Lines(rows.Read()));
            Assert.Equal(Expected(all), RowText.Lines(rows.Read()));
        }
        using (var rows = (await Create().OpenPublishedAsync(many.Key, Keys.Day(), None))!)
        {
            var sizes = rows.Read().Select(b => b.RowCount).ToList();
            Assert.Equal(9_000, sizes.Sum());
            Assert.InRange(sizes.Count, 2, 9);
        }
    }

    [SkippableFact]
    public async Task Published_rows_of_a_window_that_moved_on_are_refused_as_such()
    {
        using var first = Pull(1, Plays.Batch(4));
        using var second = Pull(2, Plays.Batch(4));
        await LandAsync(Create(), first);
        using var rows = await Create().OpenPublishedAsync(first.Key, Keys.Day(), None);
        await LandAsync(Create(), second);
        var fault = Assert.Throws<EtlException>(() => RowText.Lines(rows!.Read()));
        Assert.Equal(("published-changed", true), (fault.Code, fault.IsTransient));
    }

    [SkippableFact]
    public async Task Prepared_pull_is_invisible_and_gone_when_it_is_not_published()
    {
        using var old = Pull(1, Plays.Batch(4));
        using var next = Pull(2, Plays.Batch(6));
        await LandAsync(Create(), old);
        var prepared = await Create().PrepareAsync(new LandingOrder(next.Key, Keys.Day(), next.Stamp), next, None);
        await ShowsAsync(old);
        await prepared.DisposeAsync();
        await ShowsAsync(old);
        await LandAsync(Create(), next);
        await ShowsAsync(next);
    }

    [SkippableFact]
    public async Task Reader_during_a_hundred_replaces_sees_whole_pulls_only()
    {
        using (var first = Pull(1, Plays.Batch(20))) await LandAsync(Create(), first);
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(() =>
        {
            var seen = new HashSet<string>();
            while (!stop.IsCancellationRequested) seen.Add(Bench.Ask($"SELECT CAST(count(*) AS varchar(9)) || ' ' || CAST(count(DISTINCT _pull) AS varchar(9)) FROM {Table}"));
            return seen;
        });
        for (var fence = 2; fence <= 101; fence++)
        {
            using var pull = Pull(fence, Plays.Batch(fence % 2 == 0 ? 35 : 20));
            await LandAsync(Create(), pull);
        }
        await stop.CancelAsync();
        Assert.Subset(new HashSet<string> { "20 1", "35 1" }, await reader);
    }

    [SkippableFact]
    public async Task Publishing_twice_is_publishing_once()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await using var prepared = await Create().PrepareAsync(new LandingOrder(pull.Key, Keys.Day(), pull.Stamp), pull, None);
        Assert.Equal(LandingOutcome.Landed, (await prepared.PublishAsync(None)).Outcome);
        Assert.Equal(LandingOutcome.AlreadyLanded, (await prepared.PublishAsync(None)).Outcome);
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Older_pull_that_was_prepared_first_does_not_overtake()
    {
        using var older = Pull(1, Plays.Batch(4));
        using var newer = Pull(2, Plays.Batch(6));
        await using var late = await Create().PrepareAsync(new LandingOrder(older.Key, Keys.Day(), older.Stamp), older, None);
        await LandAsync(Create(), newer);
        Assert.Equal(LandingOutcome.Superseded, (await late.PublishAsync(None)).Outcome);
        await ShowsAsync(newer);
    }

    [SkippableFact]
    public async Task Prepared_pull_holds_no_other_window_up()
    {
        using var stalled = Pull(1, Plays.Batch(4));
        using var other = Pull(1, Plays.Batch(6), "2026-11-20");
        await using var late = await Create().PrepareAsync(new LandingOrder(stalled.Key, Keys.Day(), stalled.Stamp), stalled, None);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), other)).Outcome);
        Assert.Equal(LandingOutcome.Landed, (await late.PublishAsync(None)).Outcome);
        await ShowsAsync(other);
        await ShowsAsync(stalled);
    }

    private static RowBatch Numbers(params double[] values)
    {
        var batch = new RowBatch(new TableSchema([new Column("object_id", ColumnType.Text), new Column("count_plays", ColumnType.Double)], ["object_id"]));
        foreach (var value in values)
        {
            AllTypes.Text(batch, 0, "1_x");
            AllTypes.Fixed<double>(batch, 1, value);
        }
        return batch;
    }
}

using System.Globalization;
using Dapper;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteTableTargetTests : TargetContract, IDisposable
{
    private static readonly TableLandSpec s_land = new() { Table = "content_daily", Key = ["_window", "object_id"] };
    private readonly TempFolder _folder = new();
    private readonly SqliteDatabase _database;

    public SqliteTableTargetTests() => _database = new SqliteDatabase(_folder["warehouse.db"], "database", "ETL_CONNECTION_WAREHOUSE", TimeSpan.FromSeconds(30));

    protected override bool NaNBecomesNull => true;

    protected override bool WindowsShareOneShape => true;

    public void Dispose()
    {
        _database.Release();
        _folder.Dispose();
    }

    protected override ITarget Create(bool severalAccounts = false) => new SqlTableTarget(new SqliteWarehouse(_database), s_land, TimeProvider.System);

    protected override IReadOnlyList<string> Leftovers()
    {
        using var connection = _database.Open();
        return [.. connection.Query<string>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('etl_landing', 'content_daily')")];
    }

    protected override bool LeaveLitter(WindowKey key, Window window) => false;

    protected override IReadOnlyList<string> Rows(WindowKey key, TableSchema landed)
    {
        using var connection = _database.Open();
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master WHERE name = 'content_daily'") == 0) return [];
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", landed.Columns.Select(c => "\"" + c.Name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\""))} FROM content_daily WHERE _window = $label";
        command.Parameters.AddWithValue("$label", key.Label);
        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read())
            lines.Add(string.Join('|', landed.Columns.Select((c, i) => c.Name + "=" + Cell(reader, i, c.Type))));
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private static string Cell(SqliteDataReader reader, int column, ColumnType type) =>
        reader.IsDBNull(column) ? RowText.Null : type switch
        {
            ColumnType.Bool => RowText.Of(reader.GetInt64(column) == 1),
            ColumnType.Int32 or ColumnType.Int64 => RowText.Of(reader.GetInt64(column)),
            ColumnType.Double => RowText.Of(reader.GetDouble(column)),
            _ => reader.GetString(column),
        };

    [Fact]
    public async Task Table_is_typed_and_indexed()
    {
        using var pull = Pull(1, AllTypes.Batch());
        await LandAsync(Create(), pull);
        await using var connection = _database.Open();
        Assert.Equal(
            ["TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "INTEGER", "INTEGER", "INTEGER", "REAL", "TEXT", "TEXT"],
            await connection.QueryAsync<string>("SELECT type FROM pragma_table_info('content_daily') ORDER BY cid"));
        Assert.Equal(["ix_content_daily__window_object_id"], await connection.QueryAsync<string>("SELECT name FROM pragma_index_list('content_daily')"));
        Assert.Equal(
            ["integer", "text", "real", "text"],
            (await connection.QueryAsync<string>("SELECT typeof(is_live) FROM content_daily WHERE object_id = '1_abc' UNION ALL SELECT typeof(day) FROM content_daily WHERE object_id = '1_abc' UNION ALL SELECT typeof(avg_time) FROM content_daily WHERE object_id = '1_abc' UNION ALL SELECT typeof(\"at\") FROM content_daily WHERE object_id = '1_abc'")));
    }

    [Fact]
    public async Task Column_whose_type_changed_is_refused_and_changes_nothing()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        var schema = new TableSchema([new Column("extra", ColumnType.Text), new Column("object_id", ColumnType.Text), new Column("count_plays", ColumnType.Text)], ["object_id"]);
        using var bad = Pull(2, new RowBatch(schema));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), bad));
        Assert.Equal("type-changed", fault.Code);
        Assert.Contains("'count_plays' is INTEGER", fault.Message, StringComparison.Ordinal);
        await ShowsAsync(good);
        await using var connection = _database.Open();
        Assert.DoesNotContain("extra", await connection.QueryAsync<string>("SELECT name FROM pragma_table_info('content_daily')"));
    }

    [Fact]
    public async Task Key_column_that_is_missing_is_refused_and_makes_no_table()
    {
        using var pull = Pull(1, Plays.Batch(3));
        var target = new SqlTableTarget(new SqliteWarehouse(_database), s_land with { Key = ["objct_id"] }, TimeProvider.System);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(target, pull));
        Assert.Equal((FaultKind.Usage, "key-column"), (fault.Kind, fault.Code));
        Assert.Empty(Rows(pull.Key, pull.Schema));
        await using var connection = _database.Open();
        Assert.Equal(0, await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM sqlite_master"));
    }

    [Fact]
    public async Task Table_that_etl_did_not_make_is_refused_and_keeps_its_rows()
    {
        await using var connection = _database.Open();
        await connection.ExecuteAsync("CREATE TABLE content_daily (id TEXT); INSERT INTO content_daily VALUES ('mine')");
        using var pull = Pull(1, Plays.Batch(3));
        Assert.Equal("foreign-table", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull))).Code);
        Assert.Equal("mine", await connection.QuerySingleAsync<string>("SELECT id FROM content_daily"));
    }

    [Fact]
    public async Task Columns_that_differ_by_case_only_are_refused()
    {
        using var pull = Pull(1, new RowBatch(new TableSchema([new Column("Plays", ColumnType.Text), new Column("plays", ColumnType.Text), new Column("object_id", ColumnType.Text)])));
        Assert.Equal("column-name", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull))).Code);
    }

    [Fact]
    public async Task Column_in_other_case_is_the_same_column()
    {
        using var first = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), first);
        var schema = new TableSchema([new Column("OBJECT_ID", ColumnType.Text), new Column("count_plays", ColumnType.Int64)]);
        using var second = Pull(2, new RowBatch(schema));
        await LandAsync(Create(), second);
        await ShowsAsync(second);
    }

    [Fact]
    public async Task Time_outside_the_calendar_is_refused_and_names_the_row()
    {
        using var good = Pull(1, AllTypes.Batch());
        await LandAsync(Create(), good);
        var rows = new RowBatch(new TableSchema([new Column("object_id", ColumnType.Text), new Column("at", ColumnType.Timestamp)]));
        rows.Text(0).AppendNull();
        rows.Fixed<long>(1).Append(long.MaxValue);
        using var bad = Pull(2, rows);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), bad));
        Assert.Contains("column 'at'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("row 1 ", fault.Message, StringComparison.Ordinal);
        await ShowsAsync(good);
    }

    [Fact]
    public async Task Record_whose_rows_were_deleted_is_not_trusted()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        await using (var connection = _database.Open()) await connection.ExecuteAsync("DELETE FROM content_daily WHERE object_id = '1_0002'");
        Assert.Null(await Create().FindAsync(pull.Key, Keys.Day(), None));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), pull)).Outcome);
        await ShowsAsync(pull);
    }

    [Fact]
    public async Task Dropped_table_is_made_again()
    {
        using var pull = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), pull);
        await using (var connection = _database.Open()) await connection.ExecuteAsync("DROP TABLE content_daily");
        Assert.Null(await Create().FindAsync(pull.Key, Keys.Day(), None));
        await LandAsync(Create(), pull);
        await ShowsAsync(pull);
    }

    [Fact]
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

    [Fact]
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

    [Fact]
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

    [Fact]
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

    [Theory]
    [InlineData(LandMode.Merge)]
    [InlineData(LandMode.History)]
    public void Mode_that_compares_keys_needs_one(LandMode mode)
    {
        var warehouse = new SqliteWarehouse(_database);
        foreach (var key in (string[][])[[], ["_pull", "object_id"]])
            Assert.Equal(
                (FaultKind.Usage, "mode-key"),
                Assert.Throws<EtlException>(() => new SqlTableTarget(warehouse, s_land with { Mode = mode, Key = key }, TimeProvider.System)) is var fault ? (fault.Kind, fault.Code) : default);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("x\"; DROP TABLE y; --")]
    [InlineData("dw.plays")]
    [InlineData("sqlite_master")]
    [InlineData("etl_landing")]
    public void Table_name_that_is_no_plain_word_is_refused(string table) =>
        Assert.Equal("table-name", Assert.Throws<EtlException>(() => new SqlTableTarget(new SqliteWarehouse(_database), s_land with { Table = table }, TimeProvider.System)).Code);

    [Fact]
    public async Task Numbers_sort_by_time_as_text()
    {
        using var pull = Pull(1, AllTypes.Batch());
        await LandAsync(Create(), pull);
        await using var connection = _database.Open();
        var texts = (await connection.QueryAsync<string>("SELECT \"at\" FROM content_daily WHERE \"at\" IS NOT NULL ORDER BY \"at\"")).ToArray();
        Assert.All(texts, t => Assert.Equal(27, t.Length));
        Assert.Equal(texts, texts.OrderBy(t => DateTimeOffset.Parse(t, CultureInfo.InvariantCulture)));
    }
}

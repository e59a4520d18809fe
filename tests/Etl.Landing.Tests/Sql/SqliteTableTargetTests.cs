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
using Etl.Testing.Targets.Sql;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteTableTargetTests : SqlTableContract
{
    private SqliteDatabase Database => ((SqliteBench)Bench).Database;

    protected override Task<SqlBench> OpenBenchAsync() => Task.FromResult<SqlBench>(new SqliteBench());

    [Fact]
    public async Task Table_is_typed_and_indexed()
    {
        using var pull = Pull(1, AllTypes.Batch());
        await LandAsync(Create(), pull);
        await using var connection = Database.Open();
        Assert.Equal(
            ["TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "INTEGER", "INTEGER", "INTEGER", "REAL", "TEXT", "TEXT"],
            await connection.QueryAsync<string>("SELECT type FROM pragma_table_info('content_daily') ORDER BY cid"));
        Assert.Equal(["ix_content_daily__window_object_id"], await connection.QueryAsync<string>("SELECT name FROM pragma_index_list('content_daily')"));
        Assert.Equal(
            ["integer", "text", "real", "text"],
            (await connection.QueryAsync<string>("SELECT typeof(is_live) FROM content_daily WHERE object_id = '1_abc' UNION ALL SELECT typeof(day) FROM content_daily WHERE object_id = '1_abc' UNION ALL SELECT typeof(avg_time) FROM content_daily WHERE object_id = '1_abc' UNION ALL SELECT typeof(\"at\") FROM content_daily WHERE object_id = '1_abc'")));
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

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("x\"; DROP TABLE y; --")]
    [InlineData("dw.plays")]
    [InlineData("sqlite_master")]
    [InlineData("etl_landing")]
    public void Table_name_that_is_no_plain_word_is_refused(string table) =>
        Assert.Equal("table-name", Assert.Throws<EtlException>(() => Bench.Target(Land with { Table = table })).Code);

    [Fact]
    public async Task Numbers_sort_by_time_as_text()
    {
        using var pull = Pull(1, AllTypes.Batch());
        await LandAsync(Create(), pull);
        await using var connection = Database.Open();
        var texts = (await connection.QueryAsync<string>("SELECT \"at\" FROM content_daily WHERE \"at\" IS NOT NULL ORDER BY \"at\"")).ToArray();
        Assert.All(texts, t => Assert.Equal(27, t.Length));
        Assert.Equal(texts, texts.OrderBy(t => DateTimeOffset.Parse(t, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("CREATE TRIGGER drop_one AFTER INSERT ON content_daily WHEN NEW.object_id = '1_0002' BEGIN DELETE FROM content_daily WHERE rowid = NEW.rowid; END")]
    [InlineData("CREATE TRIGGER skip_one BEFORE INSERT ON content_daily WHEN NEW.object_id = '1_0002' BEGIN SELECT RAISE(IGNORE); END")]
    public async Task Rows_that_a_trigger_dropped_are_missed(string trigger)
    {
        using var good = Pull(1, Plays.Batch(2));
        await LandAsync(Create(), good);
        Bench.Execute(trigger);
        using var next = Pull(2, Plays.Batch(4));
        Assert.Equal("row-count", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), next))).Code);
        await ShowsAsync(good);
    }

    [Theory]
    [InlineData("(_window TEXT, object_id TEXT PRIMARY KEY) WITHOUT ROWID")]
    [InlineData("(_window TEXT, object_id TEXT, RowId TEXT)")]
    [InlineData("(_window TEXT, object_id TEXT, rowid TEXT, _rowid_ TEXT, oid TEXT)")]
    public async Task Window_is_replaced_in_a_table_whose_rows_have_no_number_or_another_one_of_that_name(string table)
    {
        Bench.Execute($"CREATE TABLE content_daily {table}");
        Bench.Execute("INSERT INTO content_daily (_window, object_id) VALUES ('another', 'kept')");
        using var first = Pull(1, Plays.Batch(4));
        await LandAsync(Create(), first);
        using var second = Pull(2, Plays.Batch(2));
        await LandAsync(Create(), second);
        await ShowsAsync(second);
        await using var connection = Database.Open();
        Assert.Equal("kept", await connection.ExecuteScalarAsync<string>("SELECT object_id FROM content_daily WHERE _window = 'another'"));
    }

    [Theory]
    [InlineData("object_id TEXT PRIMARY KEY ON CONFLICT REPLACE")]
    [InlineData("object_id TEXT UNIQUE ON CONFLICT REPLACE")]
    [InlineData("count_plays INTEGER PRIMARY KEY ON CONFLICT REPLACE")]
    [InlineData("count_plays INTEGER UNIQUE ON CONFLICT IGNORE")]
    public async Task Rows_that_replaced_each_other_are_missed(string column)
    {
        Bench.Execute($"CREATE TABLE content_daily (_window TEXT, {column})");
        var rows = new RowBatch(new TableSchema([new Column("object_id", ColumnType.Text), new Column("count_plays", ColumnType.Int64)]));
        for (var row = 0; row < 2; row++)
        {
            AllTypes.Text(rows, 0, "1_abc");
            AllTypes.Fixed<long>(rows, 1, 7);
        }
        using var pull = Pull(1, rows);
        Assert.Equal("row-count", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull))).Code);
    }

    [Fact]
    public async Task Cells_that_repeat_those_of_the_row_before_land_like_others()
    {
        var rows = new RowBatch(new TableSchema([new Column("object_id", ColumnType.Text), new Column("day", ColumnType.Date), new Column("at", ColumnType.Timestamp)]));
        (string? Id, int? Day, long? At)[] cells =
        [
            (null, null, null), ("", 0, 0), ("", 0, 0), (null, null, null), (null, null, null), ("", 0, 0), ("a", 1, 1), ("a", 1, 1), ("a\0", 0, 0), ("a", 1, 1), ("A", 1, 1),
            (null, 1, 1), (null, null, 1), ("aa", null, null), ("aa", 1, null), ("é", -1, 1), ("e\u0301", -1, -1),
        ];
        foreach (var (id, day, at) in cells)
        {
            AllTypes.Text(rows, 0, id);
            AllTypes.Fixed(rows, 1, day);
            AllTypes.Fixed(rows, 2, at);
        }
        using var pull = Pull(1, rows);
        await LandAsync(Create(), pull);
        await ShowsAsync(pull);
    }

    [Fact]
    public async Task Landing_leaves_no_pages_of_the_file_in_memory()
    {
        using var pull = Pull(1, Plays.Batch(3_000));
        await LandAsync(Create(), pull);
        await using var connection = Database.Open();
        // The pool hands out the connection that landed.
        SQLitePCL.raw.sqlite3_db_status(connection.Handle!, SQLitePCL.raw.SQLITE_DBSTATUS_CACHE_USED, out var bytes, out _, 0);
        Assert.InRange(bytes, 0, 100_000);
    }
}

using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.SqlServer;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>
/// Every statement that a landing can send, over all reports and modes: parsed by Microsoft's parser and bound to the tables that the statements
/// before it made (<see cref="PaperServer"/>).
/// </summary>
public sealed class SqlServerStatementTests
{
    private static readonly LandMode[] s_modes = [LandMode.ReplaceWindow, LandMode.Append, LandMode.Merge, LandMode.History];

    [Theory]
    [InlineData(LandMode.ReplaceWindow)]
    [InlineData(LandMode.Append)]
    [InlineData(LandMode.Merge)]
    [InlineData(LandMode.History)]
    public async Task Every_report_lands_grows_and_restates_in_statements_that_the_server_takes(LandMode mode)
    {
        Assert.Equal(255, CatalogSchemas.All.Count);
        foreach (var (report, schema) in CatalogSchemas.All)
        {
            var paper = new PaperServer();
            var key = schema.Key.Count == 0 ? ["_window", schema.Columns[0].Name] : (IReadOnlyList<string>)["_window", .. schema.Key];
            var land = new TableLandSpec { Table = report, Key = key, Mode = mode };
            await LandAsync(paper, land, schema, "p1", fence: 1);
            // New columns, another account, a later window that is there already, and a restatement of the pull before.
            paper.Next = new DateTime(2026, 11, 20, 5, 0, 0);
            var wider = new TableSchema([.. schema.Columns, new Column("brand new] 'column\"", ColumnType.Text), new Column("צפיות", ColumnType.Double)], schema.Key);
            await LandAsync(paper, land, wider, "p2", fence: 2, withAccount: true);
            await Target(paper, land).OpenPublishedAsync(Keys.Key(), Keys.Day(), default);
            await Target(paper, land).SweepAsync(Keys.Key(), Keys.Day(), default);
            Assert.DoesNotContain(paper.Catalog.Tables, t => t.Name.StartsWith("etl_stage", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Number_that_grows_wider_takes_its_column_along_and_the_view_is_made_again()
    {
        foreach (var mode in s_modes)
        {
            var paper = new PaperServer();
            var land = new TableLandSpec { Table = "t", Key = ["object_id"], Mode = mode };
            await LandAsync(paper, land, Schema(ColumnType.Int32, ColumnType.Int64), "p1", 1);
            await LandAsync(paper, land, Schema(ColumnType.Int64, ColumnType.Double), "p2", 2);
            var table = paper.Catalog.Find("dbo", "t")!;
            Assert.Equal(["bigint", "float"], table.Columns.Where(c => c.Name is "small" or "large").Select(c => c.Declared));
            Assert.Equal(mode == LandMode.Append, paper.Catalog.Find("dbo", "t_current") is { IsView: true });
        }

        static TableSchema Schema(ColumnType small, ColumnType large) =>
            new([new Column("object_id", ColumnType.Text), new Column("small", small, ColumnRole.Metric), new Column("large", large, ColumnRole.Metric)], ["object_id"]);
    }

    [Fact]
    public async Task Hostile_and_long_names_stay_names()
    {
        string[] names =
        [
            "a]b", "]", "[x]", "a'b", "a\"b", "a;DROP TABLE t;--", "a/*b*/", "שם עמודה", "😀", "select", "a b", " a", "@label", "a.b", "%", new string('x', 100), new string('x', 99) + "y",
            string.Concat(Enumerable.Repeat("😀", 40)),
        ];
        foreach (var mode in s_modes)
        {
            var paper = new PaperServer();
            var schema = new TableSchema(names.Select(n => new Column(n, ColumnType.Text)), ["a]b"]);
            await LandAsync(paper, new TableLandSpec { Table = new string('T', 63), Key = ["a]b", "a;DROP TABLE t;--"], Mode = mode }, schema, "pull'with]odd", 1);
            Assert.Equal(names.Length, paper.Catalog.Find("dbo", new string('T', 63))!.Columns.Count(c => !c.Name.StartsWith('_') && c.Name is not ("valid_from" or "valid_to" or "is_current")));
        }
    }

    [Fact]
    public async Task Table_in_a_schema_has_its_records_beside_it()
    {
        var paper = new PaperServer();
        await LandAsync(paper, new TableLandSpec { Table = "reports.plays", Key = ["object_id"] }, Plays.Schema, "p1", 1);
        Assert.Equal(["etl_landing", "etl_pulls", "etl_windows", "plays"], paper.Catalog.Tables.Where(t => t.Schema == "reports").Select(t => t.Name).Order(StringComparer.Ordinal));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(paper, new TableLandSpec { Table = "missing.plays" }, Plays.Schema, "p1", 1));
        Assert.Equal((FaultKind.Usage, "schema-missing"), (fault.Kind, fault.Code));
    }

    [Theory]
    [InlineData("etl_landing", "CREATE TABLE [dbo].[etl_landing] ([id] int, [target] nvarchar(200))")]
    [InlineData("etl_landing", "CREATE OR ALTER VIEW [dbo].[etl_landing] AS SELECT 1 AS one")]
    [InlineData("etl_pulls", "CREATE TABLE [dbo].[etl_pulls] ([id] int, [pull] nvarchar(200))")]
    [InlineData("etl_pulls", "CREATE OR ALTER VIEW [dbo].[etl_pulls] AS SELECT 1 AS one")]
    [InlineData("etl_windows", "CREATE TABLE [dbo].[etl_windows] ([id] int)")]
    [InlineData("etl_windows", "CREATE OR ALTER VIEW [dbo].[etl_windows] AS SELECT 1 AS one")]
    public async Task Table_or_view_of_somebody_else_under_a_name_of_ours_is_met_by_no_statement(string name, string create)
    {
        var paper = new PaperServer();
        var land = new TableLandSpec { Table = "t", Key = ["object_id"] };
        using var none = new Microsoft.Data.SqlClient.SqlCommand();
        paper.Run(create, none.Parameters);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(paper, land, Plays.Schema, "p1", 1));
        Assert.Equal((FaultKind.Usage, "foreign-table"), (fault.Kind, fault.Code));
        Assert.DoesNotContain(paper.Log.Skip(1), s => s.Contains($"[{name}]", StringComparison.Ordinal) || s == "COMMIT");
        paper.Run(create.Contains("VIEW", StringComparison.Ordinal) ? $"DROP VIEW IF EXISTS [dbo].[{name}]" : $"DROP TABLE IF EXISTS [dbo].[{name}]", none.Parameters);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(paper, land, Plays.Schema, "p1", 1)).Outcome);
    }

    [Fact]
    public async Task Publishing_is_one_transaction_under_the_lock_and_staging_goes_before_and_after()
    {
        var paper = new PaperServer();
        var land = new TableLandSpec { Table = "t", Key = ["object_id"] };
        await LandAsync(paper, land, Plays.Schema, "p1", 1);
        var begin = paper.Log.FindLastIndex(s => s.Contains("INSERT INTO [dbo].[t]", StringComparison.Ordinal));
        var from = paper.Log.FindLastIndex(begin, s => s == "BEGIN");
        var until = paper.Log.FindIndex(begin, s => s == "COMMIT");
        var transaction = paper.Log[from..until];
        int At(string part) => transaction.FindIndex(s => s.Contains(part, StringComparison.Ordinal));
        int[] order =
        [
            At("SET XACT_ABORT ON"), At("sp_getapplock"), At("TABLOCKX"), At("SELECT pull, fence"), At("DELETE FROM [dbo].[t]"), At("INSERT INTO [dbo].[t]"),
            At("INSERT INTO [dbo].[etl_landing]"), At("INSERT INTO [dbo].[etl_pulls]"), At("INSERT INTO [dbo].[etl_windows]"),
        ];
        Assert.DoesNotContain(-1, order);
        Assert.Equal(order.Order(), order);
        Assert.DoesNotContain(transaction, s => s == "ROLLBACK" || s.StartsWith("BULK", StringComparison.Ordinal));
        Assert.InRange(paper.Log.FindIndex(s => s.StartsWith("BULK dbo.etl_stage_p1_", StringComparison.Ordinal)), 0, from - 1);
        Assert.True(paper.Log.FindIndex(until, s => s.StartsWith("DROP TABLE IF EXISTS [dbo].[etl_stage_p1_", StringComparison.Ordinal)) > until);
    }

    [Fact]
    public async Task Same_pull_again_is_found_and_an_older_fence_is_refused()
    {
        var paper = new PaperServer();
        var land = new TableLandSpec { Table = "t", Key = ["object_id"] };
        await LandAsync(paper, land, Plays.Schema, "p5", 5);
        Assert.Equal(LandingOutcome.AlreadyLanded, (await LandAsync(paper, land, Plays.Schema, "p5", 5)).Outcome);
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync(paper, land, Plays.Schema, "p4", 4)).Outcome);
        Assert.Equal("p5", (await Target(paper, land).FindAsync(Keys.Key(), Keys.Day(), default))!.Pull);
    }

    [Theory]
    [InlineData("FROM [dbo].[t] t JOIN [dbo].[etl_pulls] p ON p.pull = t._pull")]
    [InlineData("FROM [dbo].[t] t JOIN [dbo].[etl_windows] w ON w.[window] = t._window AND w.pull = t._pull")]
    [InlineData("FROM [dbo].[t] t JOIN [dbo].[etl_landing] l ON l.pull = t._pull JOIN [dbo].[etl_windows] w ON w.target = l.target")]
    [InlineData("FROM [dbo].[etl_pulls] p JOIN [dbo].[etl_windows] w ON w.job = p.job AND w.source = p.source AND w.account = p.account AND w.[window] = p.[window] AND w.content_hash = p.content_hash")]
    [InlineData("FROM [dbo].[t] t JOIN [dbo].[t_restatements] r ON r._window = t._window AND r._pull = t._pull")]
    public async Task Rows_and_their_lineage_join_without_a_conflict_of_collations(string from)
    {
        var paper = new PaperServer();
        var land = new TableLandSpec { Table = "t", Key = ["object_id"] };
        await LandAsync(paper, land, Plays.Schema, "p1", 1);
        await LandAsync(paper, land, Plays.Schema, "p2", 2);
        PaperBinder.Check(TSql.Parse("SELECT count(*) " + from), paper.Catalog, []);
    }

    [Theory]
    [InlineData("SELECT 1 FRM [dbo].[t]", "Incorrect syntax")]
    [InlineData("INSERT INTO [dbo].[t] (a VALUES (1)", "Incorrect syntax")]
    [InlineData("CREATE TABLE [dbo].[x] ([a] nvarchar(10) COLLATE Latin1_General_100_BIN2 COLLATE Latin1_General_100_CI_AS)", "Incorrect syntax")]
    [InlineData("SELECT a FROM [dbo].[nowhere]", "Invalid object name")]
    [InlineData("SELECT [b] FROM [dbo].[t] WHERE [_window] = N'x'", "Invalid column name 'b'")]
    [InlineData("DELETE FROM [dbo].[t] WHERE [a] = @missing", "Must declare the scalar variable '@missing'")]
    [InlineData("UPDATE [dbo].[t] SET [a] = s.[a] FROM [dbo].[t] x", "could not be bound")]
    [InlineData("CREATE INDEX [i] ON [dbo].[t] ([a])", "invalid for use as a key column")]
    [InlineData("SELECT min(length([a])) FROM [dbo].[t]", "not a recognized built-in function")]
    [InlineData("CREATE TABLE [dbo].[x] ([a] timestamptz)", "Cannot find data type")]
    [InlineData("CREATE TABLE [dbo].[T] ([a] int)", "already an object")]
    [InlineData("SELECT count(*) FROM [dbo].[t] JOIN [dbo].[u] ON u.id = t.a", "collation conflict between Latin1_General_100_BIN2 and the database's")]
    [InlineData("ALTER TABLE [dbo].[t] ADD COLUMN [b] int NULL", "Incorrect syntax")]
    public void Broken_statement_is_caught(string sql, string fault)
    {
        var paper = new PaperServer();
        using var none = new Microsoft.Data.SqlClient.SqlCommand();
        paper.Run("CREATE TABLE [dbo].[t] ([a] nvarchar(max)); CREATE TABLE [dbo].[u] ([id] nvarchar(450) COLLATE Latin1_General_100_BIN2)", none.Parameters);
        Assert.Contains(fault, Assert.Throws<TSqlException>(() => paper.Run(sql, none.Parameters)).Message, StringComparison.Ordinal);
    }

    internal static ITarget Target(PaperServer paper, TableLandSpec land) =>
        new SqlTableTarget(new SqlServerWarehouse(paper, "ETL_CONNECTION_WAREHOUSE", new Etl.Testing.FakeClock(Keys.Noon)), land, new Etl.Testing.FakeClock(Keys.Noon));

    /// <summary>Lands a pull of two rows, all null, with its record; with a restatement where a pull is published.</summary>
    internal static async Task<LandingReceipt> LandAsync(PaperServer paper, TableLandSpec land, TableSchema schema, string pull, long fence, bool withAccount = false)
    {
        var batch = new RowBatch(schema);
        for (var row = 0; row < 2; row++)
            for (var column = 0; column < schema.Columns.Count; column++) batch[column].AppendNull();
        using var staged = new MemoryStagedPull(Keys.Key(), Keys.Stamp(pull, fence, rows: 2), schema, [batch], withAccount);
        var previous = paper.Landings.LastOrDefault()?["pull"] as string;
        var order = new LandingOrder(staged.Key, Keys.Day(), staged.Stamp)
        {
            Record = new PullRecord { Pull = pull, Key = staged.Key, Fence = fence, StartedAt = Keys.Noon, EndedAt = Keys.Noon, Rows = 2 },
            Restatement = previous is null || previous == pull ? null : new Restated(previous),
        };
        return await Target(paper, land).LandAsync(order, staged, default);
    }

    private sealed class Restated(string previous) : IRestatement
    {
        public string PreviousPull => previous;

        public TableSchema Schema { get; } = SystemColumns.Extend(new TableSchema([new Column("change", ColumnType.Text), new Column("old]", ColumnType.Double), new Column("at", ColumnType.Timestamp)]));

        public long Rows => 0;

        public IEnumerable<RowBatch> Read() => [];
    }
}

using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.SqlServer;
using Etl.Landing.Tests.Sql;
using Etl.Landing.Tests.Sql.SqlServer;
using Etl.Testing.Rows;
using Etl.Testing.Targets;
using Etl.Testing.Targets.Sql;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using ColumnType = Etl.Core.Columns.ColumnType;

namespace Etl.Landing.Tests.Abuse;

/// <summary>The service says how columns are called. Whatever it says is a name and never a piece of a statement.</summary>
public abstract class SqlNameAbuseTests : IAsyncLifetime
{
    private SqlBench? _bench;

    private SqlBench Bench => _bench!;

    protected abstract Task<SqlBench> OpenAsync();

    public async Task InitializeAsync() => _bench = await OpenAsync();

    public async Task DisposeAsync()
    {
        if (_bench is not null) await _bench.DisposeAsync();
    }

    /// <summary>What it is, and the name.</summary>
    public static TheoryData<string, string> Names() => new()
    {
        { "closing bracket", "a]; DROP TABLE victim; --" },
        { "double quote", "a\"); DROP TABLE victim; --" },
        { "backtick", "a`; DROP TABLE victim; --" },
        { "comment", "a -- b /* c" },
        { "64 characters", new string('a', 64) },
        { "129 characters", new string('b', 129) },
        { "reserved word", "select" },
        { "reserved word in capitals", "ORDER" },
        { "apostrophe", "a'; DROP TABLE victim; --" },
        { "parameter", "@pull" },
        { "parameter of another driver", ":pull" },
        { "numbered parameter", "$1" },
        { "literal of a mapper", "{=fence}" },
        { "placeholder", "{0} %s ?pull?" },
        { "line break", "a\nb; DROP TABLE victim" },
        { "header of the whole table", "object_id\" TEXT, \"x" },
    };

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public async Task Name_of_a_column_is_a_name_in_every_statement(string what, string name)
    {
        Bench.Execute("CREATE TABLE victim (id TEXT)");
        Bench.Execute("INSERT INTO victim VALUES ('mine')");
        // As part of the key it stands in an index, too; the second pull meets the table that the first one made.
        var land = new TableLandSpec { Table = "content_daily", Key = ["_window", name] };
        var schema = new TableSchema([new Column("object_id", ColumnType.Text), new Column(name, ColumnType.Text)]);
        foreach (var fence in (long[])[1, 2])
        {
            var rows = new RowBatch(schema);
            AllTypes.Text(rows, 0, "1_a");
            AllTypes.Text(rows, 1, name + fence);
            using var pull = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p" + fence, fence, 1, "h" + fence), schema, [rows]);
            await Bench.LandAsync(land, pull);
            using var published = await Bench.Target(land).OpenPublishedAsync(pull.Key, Keys.Day(), default);
            Assert.True(RowText.Lines(pull.Read()).SequenceEqual(RowText.Lines(published!.Read())), what);
        }
        Assert.Equal("mine", Bench.Ask("SELECT id FROM victim"));
        Assert.Equal(["content_daily", "etl_landing", "victim"], Bench.Names());
    }

    [SkippableTheory]
    [InlineData("NUL", "a\0b", "c")]
    [InlineData("case twins", "Plays", "PLAYS")]
    public async Task Name_that_no_table_can_hold_is_refused_and_nothing_changes(string what, string one, string other)
    {
        var schema = new TableSchema([new Column(one, ColumnType.Text), new Column(other, ColumnType.Text)]);
        using var pull = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p1", 1), schema, []);
        var fault = await Assert.ThrowsAsync<EtlException>(() => Bench.LandAsync(new TableLandSpec { Table = "content_daily" }, pull));
        Assert.True(fault.Code == "column-name", $"{what}: {fault}");
        Assert.DoesNotContain("content_daily", Bench.Names());
    }

    // SQLite takes an unknown name in double quotes for a text, so that a wrong key would be the same for every row.
    [SkippableFact]
    public async Task Unknown_column_is_refused_before_the_database_sees_it()
    {
        using var pull = new MemoryStagedPull(Keys.Key(), Keys.Stamp("p1", 1), Plays.Schema, []);
        var fault = await Assert.ThrowsAsync<EtlException>(() => Bench.LandAsync(new TableLandSpec { Table = "content_daily", Key = ["_window", "objct_id"] }, pull));
        Assert.Equal("key-column", fault.Code);
        Assert.Empty(Bench.Names());
    }
}

public sealed class SqliteNameAbuseTests : SqlNameAbuseTests
{
    protected override Task<SqlBench> OpenAsync() => Task.FromResult<SqlBench>(new SqliteBench());
}

public sealed class PostgresNameAbuseTests : SqlNameAbuseTests
{
    protected override Task<SqlBench> OpenAsync() => PostgresBench.OpenAsync();
}

/// <summary>The same names in T-SQL, as Microsoft's parser reads them.</summary>
public sealed class SqlServerNameAbuseTests
{
    public static TheoryData<string, string> Names() => SqlNameAbuseTests.Names();

    [Theory]
    [MemberData(nameof(Names))]
    public void Quoted_name_is_one_identifier_of_one_statement(string what, string name)
    {
        var dialect = new SqlServerDialect();
        name = dialect.Shorten(name);
        var statements = TSql.Parse($"SELECT {dialect.Quote(name)} FROM {dialect.Quote(new SqlTable("dbo", "plays"))} WHERE x = {dialect.Literal(name)}");
        var query = (QuerySpecification)Assert.IsType<SelectStatement>(Assert.Single(statements)).QueryExpression;
        var column = (ColumnReferenceExpression)((SelectScalarExpression)Assert.Single(query.SelectElements)).Expression;
        Assert.True(Assert.Single(column.MultiPartIdentifier.Identifiers).Value == name, what);
        Assert.True(((StringLiteral)((BooleanComparisonExpression)query.WhereClause.SearchCondition).SecondExpression).Value == name, what);
    }
}

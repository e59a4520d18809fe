using Etl.Core.Columns;
using Etl.Landing.Sql;
using Etl.Landing.Sql.SqlServer;
using CreateOrAlterViewStatement = Microsoft.SqlServer.TransactSql.ScriptDom.CreateOrAlterViewStatement;
using SelectStatement = Microsoft.SqlServer.TransactSql.ScriptDom.SelectStatement;

namespace Etl.Landing.Tests.Sql.SqlServer;

public sealed class SqlServerDialectTests
{
    private static readonly SqlServerDialect s_dialect = new();

    [Theory]
    [InlineData("int", null, 4, 0, "int")]
    [InlineData("bigint", null, 8, 0, "bigint")]
    [InlineData("bit", null, 1, 0, "bit")]
    [InlineData("float", null, 8, 0, "float")]
    [InlineData("date", null, 3, 0, "date")]
    [InlineData("datetime2", null, 8, 6, "datetime2(6)")]
    [InlineData("nvarchar", "SQL_Latin1_General_CP1_CI_AS", -1, 0, "nvarchar(max)")]
    [InlineData("nvarchar", "Latin1_General_100_BIN2", 900, 0, "nvarchar(450) COLLATE Latin1_General_100_BIN2")]
    public void Declared_types_are_read_back_as_they_were_written(string type, string? collation, int bytes, int scale, string declared)
    {
        Assert.Equal(declared, SqlServerTypes.Spell(type, bytes, scale, collation));
        Assert.Equal(declared, s_dialect.Declare(s_dialect.TypeOf(declared)!.Value, indexed: declared.Contains("450", StringComparison.Ordinal)));
    }

    [Fact]
    public void Derived_tables_are_made_in_statements_that_the_server_takes()
    {
        var (view, table) = (new SqlTable("dbo", "etl_derive_top"), new SqlTable("dbo", "top"));
        const string Query = "WITH sums AS (SELECT object_id, sum(count_plays) AS plays FROM plays GROUP BY object_id)\nSELECT object_id, plays, sqrt(plays) AS root FROM sums; -- all\n";
        Assert.IsType<CreateOrAlterViewStatement>(Assert.Single(TSql.Parse(s_dialect.MakeView(view, Query))));
        var made = Assert.IsType<SelectStatement>(Assert.Single(TSql.Parse(s_dialect.MakeTable(table, view))));
        Assert.Equal("[dbo].[top]", TSql.Text(made.Into));
        Assert.Throws<TSqlException>(() => TSql.Parse(s_dialect.MakeView(view, "DELETE FROM plays\n")));
        Assert.Throws<TSqlException>(() => TSql.Parse(s_dialect.MakeView(view, "SELECT 1 AS one INTO elsewhere; DROP TABLE plays\n")));
    }

    [Theory]
    [InlineData("varchar(max)")]
    [InlineData("varchar(50)")]
    [InlineData("nchar(10) COLLATE Latin1_General_CI_AS")]
    [InlineData("datetime")]
    [InlineData("datetime2(3)")]
    [InlineData("smallint")]
    [InlineData("decimal")]
    [InlineData("real")]
    public void Types_that_would_change_values_are_refused(string declared)
    {
        Assert.Null(s_dialect.TypeOf(declared));
        foreach (var type in Enum.GetValues<ColumnType>()) Assert.Equal(SqlFit.Refuse, s_dialect.Fit(declared, type));
    }

    [Fact]
    public void Instants_keep_their_microseconds_both_ways()
    {
        var instant = new DateTimeOffset(2026, 11, 19, 3, 4, 5, TimeSpan.FromHours(-5)).AddTicks(1_234_560);
        Assert.Equal("2026-11-19T08:04:05.123456", s_dialect.Instant(instant));
        Assert.Equal(instant, s_dialect.ReadInstant(new DateTime(2026, 11, 19, 8, 4, 5).AddTicks(1_234_560)));
        Assert.Equal(TimeSpan.Zero, s_dialect.ReadInstant(new DateTime(2026, 11, 19)).Offset);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(-1L)]
    [InlineData(-62_135_596_800_000_000L)]
    [InlineData(253_402_300_799_999_999L)]
    public void Stored_instants_are_read_back_exactly(long microseconds) => Assert.Equal(microseconds, SqlServerTypes.MicrosecondsOf(SqlServerTypes.At(microseconds)!.Value));

    [Theory]
    [InlineData(double.NaN, null)]
    [InlineData(double.PositiveInfinity, null)]
    [InlineData(double.NegativeInfinity, null)]
    [InlineData(double.Epsilon, 0.0)]
    [InlineData(-2.2250738585072009E-308, 0.0)]
    [InlineData(2.2250738585072014E-308, 2.2250738585072014E-308)]
    [InlineData(double.MaxValue, double.MaxValue)]
    public void Numbers_that_the_engine_lacks_become_null_or_zero(double number, double? held) => Assert.Equal(held, SqlServerTypes.Hold(number));

    [Fact]
    public void Names_are_quoted_and_texts_are_unicode_literals()
    {
        Assert.Equal("[a]]b].[c d]", s_dialect.Quote(new SqlTable("a]b", "c d")));
        Assert.Equal("N'it''s'", s_dialect.Literal("it's"));
        Assert.Equal(63, s_dialect.Shorten(new string('x', 64)).Length);
    }
}

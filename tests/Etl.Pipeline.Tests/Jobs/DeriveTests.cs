using Etl.Core.Jobs;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public sealed class DeriveTests
{
    private const string Head =
        "job: a\nsources: { p: { report: 38, action: table }, q: { report: 38, action: total } }\n"
        + "land:\n- from: p\n  table: { name: plays }\n- from: q\n  table: { name: totals, connection: lake }\nderive:\n";

    [Fact]
    public void Steps_are_read_and_each_landing_gets_those_of_its_connection()
    {
        var job = Assert.Single(Parse(
            """
            - { table: top, from: [plays], sql: "SELECT 1 AS one" }
            - table: far
              connection: lake
              from: [TOTALS, elsewhere]
              sqlite: |
                SELECT 2 AS two
              postgres: SELECT 3 AS three
            """).Jobs);
        Assert.Equal(["top", "far"], job.Derive.Select(d => d.Table));
        Assert.Equal(("SELECT 2 AS two", "SELECT 3 AS three", null), (job.Derive[1].SqlFor("sqlite"), job.Derive[1].SqlFor("postgres"), job.Derive[1].SqlFor("sqlserver")));
        Assert.Equal("SELECT 1 AS one", job.Derive[0].SqlFor("sqlserver"));
        Assert.Equal(["top", "far"], job.Land.Cast<TableLandSpec>().Select(l => Assert.Single(l.Derive).Table));
    }

    [Theory]
    [InlineData("{ table: etl_x, from: [plays], sql: SELECT 1 }", "'etl_x' is not a value of 'table': names that begin with")]
    [InlineData("{ table: x, from: [plays], sql: DELETE FROM plays }", "The query of 'sql' is refused: It has to begin with SELECT or WITH")]
    [InlineData("{ table: x, from: [plays], sql: 'SELECT 1; DROP TABLE plays' }", "Something follows its ';'")]
    [InlineData("{ table: x, from: [plays] }", "A step of 'derive' needs its query: 'sql', or 'sqlite', 'postgres' or 'sqlserver'")]
    [InlineData("{ table: x, sql: SELECT 1 }", "needs 'from'")]
    [InlineData("{ from: [plays], sql: SELECT 1 }", "needs 'table'")]
    [InlineData("{ table: x, from: [plaix], sql: SELECT 1 }", "none of these does. Expected 'plays' among them")]
    [InlineData("{ table: x, from: [plays], connection: other, sql: SELECT 1 }", "The job lands no table at connection 'other'")]
    [InlineData("{ table: x, from: [plays, x], sql: SELECT 1 }", "'x' is made by this step or a later one")]
    [InlineData("{ table: x, from: [plays, Y], sql: SELECT 1 }\n- { table: y, from: [plays], sql: SELECT 1 }", "'Y' is made by this step or a later one")]
    [InlineData("{ table: dw.x, from: [plays], sql: SELECT 1 }", "have to be written alike")]
    [InlineData("{ table: Plays, from: [plays], sql: SELECT 1 }", "'table:warehouse:plays' is landed by line 9 too")]
    [InlineData("{ table: x, from: [plays], sql: SELECT 1, sqlit: SELECT 1 }", "'sqlit' is not a key of a step of 'derive'. Did you mean 'sqlite'")]
    [InlineData("SELECT 1", "A step of 'derive' is a map such as")]
    public void Fault_is_named(string step, string says)
    {
        var set = Parse("- " + step);
        Assert.Empty(set.Jobs);
        Assert.Contains(set.Faults, f => f.Message.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void Step_may_read_earlier_ones_alone() =>
        Assert.Equal(2, Assert.Single(Parse("- { table: x, from: [plays], sql: SELECT 1 }\n- { table: y, from: [x], sql: SELECT 1 }").Jobs).Derive.Count);

    private static JobSet Parse(string steps) => JobFileReader.Parse(Head + steps + "\n", "a.yaml", TestCatalog.Small);
}

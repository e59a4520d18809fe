using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Rows;
using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteDeriveTests : DeriveContract
{
    protected override Task<SqlBench> OpenBenchAsync() => Task.FromResult<SqlBench>(new SqliteBench());

    // Python's math.erfc(-x / sqrt(2)) / 2.
    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(-1, 0.15865525393145707)]
    [InlineData(1.959963984540054, 0.975)]
    [InlineData(-2.999, 0.0013543365337271066)]
    [InlineData(-3.001, 0.0013454728250849683)]
    [InlineData(-8, 6.220960574271819e-16)]
    [InlineData(-37, 5.725571222525139e-300)]
    [InlineData(40, 1)]
    public void Normal_distribution_is_exact(double x, double expected) =>
        Assert.InRange(SqliteFunctions.NormalCdf(x) / expected, 1 - 1e-12, 1 + 1e-12);

    [Fact]
    public async Task Queries_have_roots_and_percentiles()
    {
        var step = Query(
            """
            SELECT _window, percentile(count_plays, 50) AS half, percentile(count_plays, 25) AS quarter, percentile(count_plays, 100) AS most, percentile(count_plays, 101) AS none,
                   sqrt(max(count_plays)) AS root, sqrt(-1) AS no_root, sqrt(NULL) AS no_value, normal_cdf(0) AS middle
            FROM content GROUP BY _window ORDER BY _window
            """);
        foreach (var (label, rows) in (((string, (string?, long)[])[])[("2026-11-18", [("a", 9), ("b", 1), ("c", 4)]), ("2026-11-19", [("a", 10), ("b", 20)])]))
        {
            using var pull = Pull(label, 1, rows);
            await Bench.LandAsync(Land with { Derive = [step] }, pull);
        }
        const string Cells = "quote(half) || ' ' || quote(quarter) || ' ' || quote(most) || ' ' || quote(none) || ' ' || quote(no_root) || ' ' || quote(no_value) || ' ' || quote(middle)";
        Assert.Equal("4.0 2.5 9.0 NULL NULL NULL 0.5", Bench.Ask($"SELECT {Cells} FROM derived WHERE _window = '2026-11-18'"));
        Assert.Equal("15.0 12.5 20.0 NULL NULL NULL 0.5", Bench.Ask($"SELECT {Cells} FROM derived WHERE _window = '2026-11-19'"));
        Assert.Equal("3", Bench.Ask("SELECT root FROM derived WHERE _window = '2026-11-18'"));
    }

    [Fact]
    public async Task Step_that_waits_is_told()
    {
        var told = new List<string>();
        var land = Land with { Derive = [Query("SELECT 1 AS one") with { From = ["content", "x", "y"] }] };
        var target = new SqlTableTarget(new SqliteWarehouse(((SqliteBench)Bench).Database), land, TimeProvider.System, (_, sentence) => told.Add(sentence));
        using var pull = Pull("2026-11-18", 1, ("a", 1));
        await target.LandAsync(new LandingOrder(pull.Key, Keys.Day(pull.Key.Label), pull.Stamp), pull, default);
        Assert.Equal(["Derived table 'derived' is left for later: 'x', 'y' are not there yet."], told);
    }

    [Fact]
    public void Step_without_a_query_for_this_database_is_refused()
    {
        var step = Query("SELECT 1") with { Sql = new Dictionary<string, string> { ["postgres"] = "SELECT 1" } };
        var fault = Assert.Throws<EtlException>(() => Bench.Target(Land with { Derive = [step] }));
        Assert.Contains("'sqlite'", fault.Message, StringComparison.Ordinal);
    }

    private static DeriveSpec Query(string sql) =>
        new() { Table = "derived", From = ["content"], Sql = new Dictionary<string, string> { ["sqlite"] = sql } };
}

using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>Derived tables on every database: they change with the rows that they follow from, in one step, and never without them.</summary>
public abstract class DeriveContract : SqlModeContract
{
    private const string TotalSql = "SELECT sum(count_plays) AS plays, count(*) AS entries FROM content";

    protected override LandMode Mode => LandMode.ReplaceWindow;

    [SkippableFact]
    public async Task Derived_tables_follow_every_landing_and_later_steps_read_earlier_ones()
    {
        var land = With(
            Step("per_entry", "SELECT object_id, sum(count_plays) AS plays FROM content GROUP BY object_id", "content"),
            Step("best", "WITH most AS (SELECT max(plays) AS plays FROM per_entry)\nSELECT p.object_id, p.plays FROM per_entry p JOIN most m ON m.plays = p.plays; -- the best", "per_entry"));
        await LandAsync(land, "2026-11-18", ("a", 5), ("b", 3));
        Assert.Equal("a 5", Bench.Ask("SELECT object_id || ' ' || plays FROM best"));
        await LandAsync(land, "2026-11-19", ("b", 4));
        Assert.Equal("b 7", Bench.Ask("SELECT object_id || ' ' || plays FROM best"));
        await LandAsync(land, "2026-11-19", fence: 2);
        Assert.Equal("a 5", Bench.Ask("SELECT object_id || ' ' || plays FROM best"));
        Assert.Equal(["best", "content", "etl_derived", "etl_landing", "per_entry"], Bench.Names());
    }

    [SkippableFact]
    public async Task Step_waits_until_all_its_tables_are_there()
    {
        var land = With(Step("joined", "SELECT c.object_id, o.count_plays FROM content c JOIN other o ON o.object_id = c.object_id", "content", "other"));
        await LandAsync(land, "2026-11-18", ("a", 5));
        Assert.DoesNotContain("joined", Bench.Names());
        await LandAsync(land with { Table = "other" }, "2026-11-18", ("a", 9));
        Assert.Equal("a 9", Bench.Ask("SELECT object_id || ' ' || count_plays FROM joined"));
    }

    [SkippableFact]
    public async Task Step_that_fails_fails_the_landing_and_nothing_is_published()
    {
        await LandAsync(With(Total), "2026-11-18", ("a", 5));
        var bad = With(Step("total", "SELECT sum(count_plays) AS plays, count(*) AS entries FROM content WHERE nonsense = 1", "content"));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(bad, "2026-11-19", ("b", 1)));
        Assert.Equal(("derive", false), (fault.Code, fault.IsTransient));
        Assert.Contains("'total'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("nonsense", fault.Message, StringComparison.Ordinal);
        Assert.Contains("2026-11-19", fault.Message, StringComparison.Ordinal);
        Assert.Equal(["a 5"], Rows());
        Assert.Equal("5", Bench.Ask("SELECT plays FROM total"));
        await LandAsync(With(Total), "2026-11-19", fence: 2, ("b", 1));
        Assert.Equal("6", Bench.Ask("SELECT plays FROM total"));
    }

    [SkippableFact]
    public async Task Step_that_writes_is_refused_by_the_database()
    {
        await LandAsync(With(), "2026-11-18", ("a", 5));
        var writing = With(Step("gone", "WITH gone AS (DELETE FROM content RETURNING object_id) SELECT object_id FROM gone", "content"));
        Assert.Equal("derive", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(writing, "2026-11-19", ("b", 1)))).Code);
        Assert.Equal(["a 5"], Rows());
        var two = With(Step("gone", "SELECT 1 AS one; DROP TABLE content", "content"));
        Assert.Equal("derive", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(two, "2026-11-19", ("b", 1)))).Code);
    }

    [SkippableFact]
    public async Task Table_of_somebody_else_is_never_replaced()
    {
        Bench.Execute("CREATE TABLE total (plays int)");
        Bench.Execute("INSERT INTO total VALUES (77)");
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(With(Total), "2026-11-18", ("a", 5)));
        Assert.Contains("etl did not make", fault.Message, StringComparison.Ordinal);
        Assert.Equal("77", Bench.Ask("SELECT plays FROM total"));
        Assert.Empty(Rows());
    }

    [SkippableFact]
    public async Task Other_columns_make_the_table_anew_and_a_table_that_was_dropped_comes_back()
    {
        await LandAsync(With(Total), "2026-11-18", ("a", 5));
        await LandAsync(With(Step("total", "SELECT max(object_id) AS last_id FROM content", "content")), "2026-11-19", ("b", 1));
        Assert.Equal("b", Bench.Ask("SELECT last_id FROM total"));
        Bench.Execute("DROP TABLE total");
        await LandAsync(With(Total), "2026-11-19", fence: 2, ("b", 2));
        Assert.Equal("7", Bench.Ask("SELECT plays FROM total"));
    }

    [SkippableFact]
    public async Task Reader_sees_old_or_new_of_both_and_windows_that_land_at_once_are_all_in_the_result()
    {
        var land = With(Total);
        await LandAsync(land, "2026-11-01", ("a", 1));
        var done = false;
        var reads = 0;
        var reader = Task.Run(() =>
        {
            while (!Volatile.Read(ref done) || reads == 0)
            {
                Assert.Equal("0", Bench.Ask("SELECT (SELECT sum(count_plays) FROM content) - (SELECT plays FROM total)"));
                reads++;
            }
        });
        try
        {
            for (var fence = 1; fence <= 5; fence++)
                await Task.WhenAll(((string[])["2026-11-02", "2026-11-03", "2026-11-04"]).Select(day => LandAsync(land, day, fence, ("a", fence), ("b", 10 * fence))));
        }
        finally
        {
            Volatile.Write(ref done, true);
        }
        await reader;
        Assert.Equal("166", Bench.Ask("SELECT plays FROM total"));
    }

    private static DeriveSpec Total => Step("total", TotalSql, "content");

    private static DeriveSpec Step(string table, string sql, params string[] from) =>
        new() { Table = table, From = from, Sql = new Dictionary<string, string> { [DeriveSpec.AnyKind] = sql } };

    private TableLandSpec With(params DeriveSpec[] steps) => Land with { Derive = steps };

    private Task<LandingReceipt> LandAsync(TableLandSpec land, string label, params (string? Id, long Plays)[] rows) => LandAsync(land, label, 1, rows);

    private async Task<LandingReceipt> LandAsync(TableLandSpec land, string label, long fence, params (string? Id, long Plays)[] rows)
    {
        using var pull = Pull(label, fence, rows);
        return await Bench.LandAsync(land, pull);
    }
}

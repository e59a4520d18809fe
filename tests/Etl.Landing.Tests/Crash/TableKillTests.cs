using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Landing.Tests.Sql;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Crash;

/// <summary>
/// Kills a worker at every named point of a landing in PostgreSQL, and in the modes that compare rows on both databases. Afterwards the table
/// shows exactly the old pull or exactly the new one; a plain run again reaches the new one; nothing else stays.
/// </summary>
public sealed class TableKillTests : IAsyncLifetime, IDisposable
{
    private const string Old = "old", New = "new", Newer = "newer";

    private static readonly string[] s_postgres =
    [
        "table.shaped", "table.half-inserted", "table.begin", "table.locked", "table.compared", "table.deleted", "table.inserted", "table.counted", "table.recorded",
        "table.traced", "table.committed",
    ];

    private readonly TempFolder _folder = new();
    private PostgresBench? _postgres;

    public async Task InitializeAsync() => _postgres = (PostgresBench)await PostgresBench.OpenAsync();

    public void Dispose() => _folder.Dispose();

    public async Task DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
    }

    public static TheoryData<string, bool, bool> Points()
    {
        var data = new TheoryData<string, bool, bool>();
        foreach (var point in s_postgres)
            foreach (var landedBefore in (bool[])[false, true])
                foreach (var samePull in (bool[])[false, true])
                    data.Add(point, landedBefore, samePull);
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Points))]
    public Task Landing_in_PostgreSQL_killed_at_a_point_leaves_old_or_new_and_recovers(string point, bool landedBefore, bool samePull) =>
        KillAsync("table", point, landedBefore, samePull, postgres: true);

    [SkippableTheory]
    [InlineData("table:merge", "merge.deleted")]
    [InlineData("table:merge", "merge.updated")]
    [InlineData("table:merge", "table.committed")]
    [InlineData("table:history", "history.cut")]
    [InlineData("table:history", "history.inserted")]
    [InlineData("table:history", "table.committed")]
    [InlineData("table:append", "table.counted")]
    [InlineData("table:append", "table.committed")]
    public async Task Landing_by_mode_killed_at_a_point_leaves_old_or_new_and_recovers(string kind, string point)
    {
        await KillAsync(kind, point, landedBefore: true, samePull: false, postgres: true);
        await KillAsync(kind, point, landedBefore: true, samePull: true, postgres: false);
    }

    [SkippableFact]
    public async Task Two_processes_never_publish_older_rows_over_newer()
    {
        var connection = "postgres:" + _postgres!.ConnectionString;
        var worker = Worker.WithConnection(_folder.Path, "table", connection);
        await worker.LandAsync(Old, 0, 3);
        _postgres.Execute(
            """
            CREATE TABLE committed (number bigserial PRIMARY KEY, fence bigint);
            CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO committed (fence) VALUES (NEW.fence); RETURN NEW; END';
            CREATE TRIGGER note AFTER INSERT ON etl_landing FOR EACH ROW EXECUTE FUNCTION note();
            """);
        var children = await Task.WhenAll(
            Child.RunWithAsync(connection, null, "race", _folder["a"], "table", "1", "100"),
            Child.RunWithAsync(connection, null, "race", _folder["b"], "table", "2", "100"));
        Assert.All(children, c => Assert.True(c.Exit == 0, c.Output));
        Assert.Equal("0", _postgres.Ask("SELECT count(*) FROM committed a JOIN committed b ON a.number < b.number AND a.fence > b.fence"));
        Assert.Equal(200, (await worker.FindAsync())!.Fence);
        Assert.Equal((200 % 7).ToString(System.Globalization.CultureInfo.InvariantCulture), _postgres.Ask("SELECT count(*) FROM plays"));
    }

    private async Task KillAsync(string kind, string point, bool landedBefore, bool samePull, bool postgres)
    {
        using var folder = new TempFolder();
        await using var sqlite = postgres ? null : new SqliteBench();
        SqlBench bench = sqlite is null ? _postgres! : sqlite;
        var connection = sqlite is null ? "postgres:" + _postgres!.ConnectionString : "sqlite:" + sqlite.Database.Path;
        var worker = Worker.WithConnection(folder.Path, kind, connection);
        if (landedBefore) await worker.LandAsync(Old, 1, 900);

        var child = await Child.RunWithAsync(connection, point, "land", folder.Path, kind, New, "2", "1500");
        Assert.True(child.Exit == Child.Killed, $"Exit {child.Exit}: {child.Output}");
        var committed = point == "table.committed";
        await ShowsAsync(bench, worker, kind, committed ? (New, 2, 1500) : landedBefore ? (Old, 1, 900) : null);

        var (pull, fence, rows) = samePull ? (New, 2L, 1500) : (Newer, 3L, 1200);
        foreach (var left in worker.Area.List().Where(p => p != pull)) worker.Area.Remove(left);
        await worker.Target.SweepAsync(Keys.Key(), Keys.Day(), default);
        var receipt = await worker.LandAsync(pull, fence, rows);
        Assert.Equal(samePull && committed ? LandingOutcome.AlreadyLanded : LandingOutcome.Landed, receipt.Outcome);
        await ShowsAsync(bench, worker, kind, (pull, fence, rows));
        Assert.Equal(LandingOutcome.AlreadyLanded, (await worker.LandAsync(pull, fence, rows)).Outcome);
        await ShowsAsync(bench, worker, kind, (pull, fence, rows));
        Assert.Empty(bench.Names().Except(["etl_landing", "plays", "plays_current"]));
    }

    private static async Task ShowsAsync(SqlBench bench, Worker worker, string kind, (string Pull, long Fence, int Rows)? expected)
    {
        var published = await worker.FindAsync();
        Assert.Equal((expected?.Pull, expected?.Fence), (published?.Pull, published?.Fence));
        var table = kind == "table:append" ? "plays_current" : "plays";
        var found = bench.Lines(table, new TableSchema([SystemColumns.Pull, new Column("count_plays", ColumnType.Int64)]));
        var wanted = expected is not { } e ? [] : Enumerable.Range(0, e.Rows)
            .Select(r => $"_pull={e.Pull}|count_plays={e.Fence * 10_000 + (r < e.Rows / 2 ? r : 5_000 + r - e.Rows / 2)}");
        Assert.Equal(wanted.Order(StringComparer.Ordinal), found);
    }
}

using Dapper;
using Etl.Core.Targets;
using Etl.Landing.Parquet;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Crash;

/// <summary>
/// Kills a worker at every named point, in its first landing and in a later one. Afterwards the target shows exactly the
/// old pull or exactly the new one; a plain run again reaches the new one; nothing temporary stays; one more run changes
/// nothing.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const string Old = "old", New = "new", Newer = "newer";
    private static readonly string[] s_staging = ["staged.half", "staged.synced", "staged.renamed"];
    private static readonly string[] s_parquet =
        ["parquet.temp-open", "parquet.temp-half", "parquet.temp-synced", "parquet.locked", "parquet.compared", "parquet.renamed", "parquet.folder-synced"];
    private static readonly string[] s_table =
        [
        "table.begin", "table.locked", "table.compared", "table.deleted", "table.half-inserted", "table.inserted", "table.counted", "table.recorded", "table.traced",
        "table.committed",
    ];

    private readonly TempFolder _folder = new();

    public static TheoryData<string, string, bool, bool> Points()
    {
        var data = new TheoryData<string, string, bool, bool>();
        foreach (var (kind, points) in ((string, string[])[])[("parquet", [.. s_staging, .. s_parquet]), ("table", s_table)])
            foreach (var point in points)
                foreach (var landedBefore in (bool[])[false, true])
                    foreach (var samePull in (bool[])[false, true])
                        data.Add(kind, point, landedBefore, samePull);
        return data;
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Landing_killed_at_a_point_leaves_old_or_new_and_recovers(string kind, string point, bool landedBefore, bool samePull)
    {
        var worker = new Worker(_folder.Path, kind);
        if (landedBefore) await worker.LandAsync(Old, 1, 900);

        var child = await Child.RunAsync(point, "land", _folder.Path, kind, New, "2", "1500");
        Assert.True(child.Exit == Child.Killed, $"Exit {child.Exit}: {child.Output}");

        // The state right after the kill: one whole pull, and the one that the commit point says.
        var committed = point is "parquet.renamed" or "parquet.folder-synced" or "table.committed";
        await ShowsAsync(worker, kind, committed ? (New, 2, 1500) : landedBefore ? (Old, 1, 900) : null);

        // A plain run again, of the pull that still waits or of a new one under the next fence.
        var (pull, fence, rows) = samePull ? (New, 2L, 1500) : (Newer, 3L, 1200);
        foreach (var left in worker.Area.List().Where(p => p != pull)) worker.Area.Remove(left);
        await worker.Target.SweepAsync(Keys.Key(), Keys.Day(), default);
        var receipt = await worker.LandAsync(pull, fence, rows);
        Assert.Equal(samePull && committed ? LandingOutcome.AlreadyLanded : LandingOutcome.Landed, receipt.Outcome);
        await ShowsAsync(worker, kind, (pull, fence, rows));
        Assert.Empty(Temporaries());

        // And once more. A database removes its own files beside the table when it likes.
        var before = kind == "parquet" ? Bytes() : null;
        Assert.Equal(LandingOutcome.AlreadyLanded, (await worker.LandAsync(pull, fence, rows)).Outcome);
        await ShowsAsync(worker, kind, (pull, fence, rows));
        if (before is not null) Assert.Equal(before, Bytes());
        Assert.Empty(Temporaries());
    }

    [Fact]
    public async Task Landing_killed_when_other_tables_were_made_of_it_shows_the_old_of_all()
    {
        var worker = new Worker(_folder.Path, "table:derive");
        await worker.LandAsync(Old, 1, 900);
        Assert.Equal(Child.Killed, (await Child.RunAsync("table.derived", "land", _folder.Path, "table:derive", New, "2", "1500")).Exit);
        await ShowsAsync(worker, "table", (Old, 1, 900));
        Assert.Equal(900, Derived());
        await worker.LandAsync(New, 2, 1500);
        await ShowsAsync(worker, "table", (New, 2, 1500));
        Assert.Equal(1500, Derived());

        long Derived()
        {
            using var connection = Database().Open();
            return connection.ExecuteScalar<long>("SELECT many FROM derived");
        }
    }

    [Fact]
    public async Task Two_processes_never_publish_an_older_file_over_a_newer()
    {
        var worker = new Worker(_folder.Path, "parquet");
        var race = RaceAsync("parquet");
        var seen = new List<long>();
        while (!race.IsCompleted)
            if (await worker.FindAsync() is { } published && (seen.Count == 0 || seen[^1] != published.Fence)) seen.Add(published.Fence);
        await race;
        Assert.Equal(seen.Order(), seen);
        Assert.Equal(120, (await worker.FindAsync())!.Fence);
        Assert.Empty(Temporaries());
    }

    [Fact]
    public async Task Two_processes_never_publish_older_rows_over_newer()
    {
        var worker = new Worker(_folder.Path, "table");
        await worker.LandAsync(Old, 0, 3);
        // Only the database sees every landing: it writes down in which order they were committed.
        using var connection = Database().Open();
        connection.Execute(
            """
            CREATE TABLE committed (number INTEGER PRIMARY KEY, fence INTEGER);
            CREATE TRIGGER note AFTER INSERT ON etl_landing BEGIN INSERT INTO committed (fence) VALUES (NEW.fence); END;
            """);
        await RaceAsync("table");
        var order = connection.Query<long>("SELECT fence FROM committed ORDER BY number").ToList();
        Assert.Equal(order.Order(), order);
        Assert.Equal(120, order[^1]);
        Assert.Equal(120, (await worker.FindAsync())!.Fence);
    }

    private async Task RaceAsync(string kind)
    {
        var children = await Task.WhenAll(
            Child.RunAsync(null, "race", _folder.Path, kind, "1", "60"),
            Child.RunAsync(null, "race", _folder.Path, kind, "2", "60"));
        Assert.All(children, c => Assert.True(c.Exit == 0, c.Output));
    }

    [Fact]
    public async Task Processes_that_lease_one_window_get_every_fence_once()
    {
        var children = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => Child.RunAsync(null, "lease", _folder["ledger.db"], "owner" + i, "60")));
        Assert.All(children, c => Assert.True(c.Exit == 0, c.Output));
        var fences = children.SelectMany(c => c.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)).Order().ToList();
        Assert.NotEmpty(fences);
        Assert.Equal(Enumerable.Range(1, fences.Count).Select(f => (long)f), fences);
    }

    private async Task ShowsAsync(Worker worker, string kind, (string Pull, long Fence, int Rows)? expected)
    {
        var published = await worker.FindAsync();
        Assert.Equal((expected?.Pull, expected?.Fence), (published?.Pull, published?.Fence));
        var plays = kind == "table" ? TableRows() : FileRows(worker);
        var wanted = expected is not { } e ? [] : Enumerable.Range(0, e.Rows)
            .Select(r => (e.Pull, e.Fence * 10_000 + (r < e.Rows / 2 ? r : 5_000 + r - e.Rows / 2)));
        Assert.Equal(wanted.Order(), plays.Order());
    }

    internal static IReadOnlyList<(string Pull, long Plays)> FileRows(Worker worker)
    {
        var path = worker.Target.Locate(Keys.Key(), Keys.Day());
        var rows = new List<(string, long)>();
        if (!File.Exists(path)) return rows;
        foreach (var batch in LandedFile.Read(path, LandedFile.Look(path).Record!.Schema))
            for (var row = 0; row < batch.RowCount; row++)
                rows.Add((System.Text.Encoding.UTF8.GetString(batch.Text(1)[row]), batch.Fixed<long>(4).Values[row]));
        return rows;
    }

    private IReadOnlyList<(string Pull, long Plays)> TableRows()
    {
        using var connection = Database().Open();
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM sqlite_master WHERE name = 'plays'") == 0) return [];
        return [.. connection.Query<(string, long)>("SELECT _pull, count_plays FROM plays WHERE _window = '2026-11-19'")];
    }

    private SqliteDatabase Database() => new(_folder["warehouse.db"], "database", "ETL_CONNECTION_WAREHOUSE", TimeSpan.FromSeconds(30));

    private IEnumerable<string> Temporaries() => _folder.Files().Where(f => f.EndsWith(".tmp", StringComparison.Ordinal));

    private IReadOnlyList<string> Bytes() =>
        [.. _folder.Files().Select(f => f + " " + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(_folder[f]))))];
}

using System.Text;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>Raw capture and <c>etl replay</c> from the command line: what was kept lands again without the service, byte for byte.</summary>
public sealed class ReplayTests
{
    private const string Canary = "djJ8";

    [Theory]
    [InlineData("{ report: 38, action: table }")]
    [InlineData("{ report: 38, action: csv }")]
    [InlineData("{ report: 38, action: total }")]
    public async Task Window_lands_again_without_the_service_and_without_a_credential_equal_to_the_byte(string source)
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", source, lookback: 1, extra: "raw: 30d");
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var path = shop.ParquetFile("plays", label);
        var before = Look(path);
        var rows = Sqlite3.Json(shop.Warehouse, "SELECT * FROM plays ORDER BY rowid");
        Assert.NotEmpty(rows);

        File.Delete(path);
        Sqlite3.Execute(shop.Warehouse, "DELETE FROM plays");
        await shop.Sandbox.DisposeAsync();
        shop.Environment.Remove("KALTURA_ADMIN_SECRET");
        var replay = await shop.RunAsync("replay", "plays", "--window", label, "--json");

        Assert.True(replay.Exit == 0, replay.ToString());
        var window = Assert.Single(replay.Of("window"));
        Assert.Equal(("landed", 2), (window.GetProperty("state").GetString(), window.GetProperty("targets").GetArrayLength()));
        Assert.Equal(rows, Sqlite3.Json(shop.Warehouse, "SELECT * FROM plays ORDER BY rowid"));
        AssertEqualButForTheFence(path, before);
        Assert.Empty(shop.Leftovers());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(shop.DataFolder, "raw", "open")));
    }

    [Fact]
    public async Task Sources_that_asked_in_one_round_trip_replay_each_from_its_own_recording()
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJobText("two", """
            job: two
            sources: { rows: { report: 38, action: table }, sums: { report: 38, action: total } }
            window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
            land:
              - parquet: { dataset: two_rows }
                from: rows
              - parquet: { dataset: two_sums }
                from: sums
            """);
        var run = await shop.RunAsync("run", "two");
        Assert.True(run.Exit == 0, run.ToString());
        var before = new[] { "two_rows", "two_sums" }.ToDictionary(d => d, d => Look(shop.ParquetFile(d, label)));
        foreach (var dataset in before.Keys) File.Delete(shop.ParquetFile(dataset, label));
        await shop.Sandbox.DisposeAsync();
        var replay = await shop.RunAsync("replay", "two", "--window", label, "--json");
        Assert.True(replay.Exit == 0, replay.ToString());
        Assert.Equal(2, replay.Of("window").Count);
        foreach (var (dataset, file) in before) AssertEqualButForTheFence(shop.ParquetFile(dataset, label), file);
        Assert.Contains(shop.RawLists().SelectMany(File.ReadAllLines), l => l.Contains("\"service\":\"shelf:report\"", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("query-timed-out", 2)]
    [InlineData("expired-session", 1)]
    [InlineData("broken-connection", 2)]
    [InlineData("truncated-body", 2)]
    [InlineData("http-503", 2)]
    public async Task Pull_that_had_to_begin_again_replays_the_same_way(string kind, int times)
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","action":"getTable","times":{{times}}}""");
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = Look(shop.ParquetFile("plays", label));
        File.Delete(shop.ParquetFile("plays", label));
        await shop.Sandbox.DisposeAsync();
        var replay = await shop.RunAsync("replay", "plays", "--window", label);
        Assert.True(replay.Exit == 0, replay.ToString());
        AssertEqualButForTheFence(shop.ParquetFile("plays", label), before);
    }

    [Fact]
    public async Task Table_past_the_cap_replays_with_all_its_parts()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 15_000, Users = 50, Days = 3 });
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = Look(shop.ParquetFile("plays", label));
        File.Delete(shop.ParquetFile("plays", label));
        await shop.Sandbox.DisposeAsync();
        var replay = await shop.RunAsync("replay", "plays", "--window", label);
        Assert.True(replay.Exit == 0, replay.ToString());
        AssertEqualButForTheFence(shop.ParquetFile("plays", label), before);
    }

    [Fact]
    public async Task No_credential_and_no_session_is_in_any_file_of_raw_capture()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", "{ report: 38, action: csv }", lookback: 1);
        shop.WriteJob("refused", lookback: 1);
        await shop.FaultAsync("""{"kind":"expired-session","action":"getTable","times":1}""");
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        await shop.NoFaultsAsync();
        await shop.FaultAsync("""{"kind":"invalid-utf8","action":"getTable","times":1000}""");
        Assert.Equal(1, (await shop.RunAsync("run", "refused")).Exit);

        Assert.Contains(shop.RawBodies(), b => b.Contains("/ks/***", StringComparison.Ordinal));
        Assert.Contains(shop.RawBodies(), b => b.Contains("INVALID_KS", StringComparison.Ordinal));
        foreach (var file in shop.RawFiles())
        {
            var plain = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file));
            var whole = file.EndsWith(".gz", StringComparison.Ordinal) ? Encoding.UTF8.GetString(Workshop.Decompressed(file)) : plain;
            Assert.DoesNotContain(Canary, whole, StringComparison.Ordinal);
            Assert.DoesNotContain(shop.Environment["KALTURA_ADMIN_SECRET"], whole, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("\"service\":\"session\"", whole, StringComparison.Ordinal);
            Assert.DoesNotContain("\"service\":\"appToken\"", whole, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Replay_of_a_window_without_a_recording_says_which_have_one_and_touches_nothing()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        shop.WriteJob("bare", lookback: 1, extra: "raw: off");
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        Assert.Equal(0, (await shop.RunAsync("run", "bare")).Exit);

        var other = await shop.RunAsync("replay", "plays", "--window", "2020-01-01");
        Assert.Equal(2, other.Exit);
        Assert.Contains($"Recorded: {Workshop.LatestDay()}.", other.Error, StringComparison.Ordinal);
        var none = await shop.RunAsync("replay", "bare", "--window", Workshop.LatestDay());
        Assert.Equal(2, none.Exit);
        Assert.Contains("'raw'", none.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damaged_reply_is_named_and_what_is_published_stays()
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = await File.ReadAllBytesAsync(shop.ParquetFile("plays", label));
        var largest = shop.RawFiles().Where(f => f.EndsWith(".gz", StringComparison.Ordinal)).MaxBy(f => new FileInfo(f).Length)!;
        var bytes = await File.ReadAllBytesAsync(largest);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(largest, bytes);

        var replay = await shop.RunAsync("replay", "plays", "--window", label, "--json");

        Assert.True(replay.Exit == 1, replay.ToString());
        Assert.Equal("raw-damaged", Assert.Single(replay.Of("window")).GetProperty("code").GetString());
        Assert.Contains(largest, Assert.Single(replay.Of("window")).GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(shop.ParquetFile("plays", label)));
        Assert.Empty(shop.Leftovers());
        // The window is what it was: landed, and not due.
        Assert.Empty((await shop.RunAsync("run", "plays", "--json")).Of("window"));
    }

    [Theory]
    [InlineData("raw.moved")]
    [InlineData("raw.kept")]
    public async Task Kill_while_the_replies_are_kept_leaves_no_recording_without_bodies_and_the_next_run_tidies_up(string point)
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        var killed = await shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = point }, "run", "plays");
        Assert.NotEqual(0, killed.Exit);
        Assert.Equal(point == "raw.kept" ? 1 : 0, shop.RawLists().Length);

        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(shop.DataFolder, "raw", "open")));
        var named = shop.RawLists().SelectMany(File.ReadAllLines).Select(Hash).OfType<string>().ToHashSet(StringComparer.Ordinal);
        Assert.Equal(named, shop.RawFiles().Where(f => f.EndsWith(".gz", StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f)!).ToHashSet(StringComparer.Ordinal));
        File.Delete(shop.ParquetFile("plays", label));
        Assert.Equal(0, (await shop.RunAsync("replay", "plays", "--window", label)).Exit);
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
    }

    private static string? Hash(string line) =>
        System.Text.Json.JsonDocument.Parse(line).RootElement.TryGetProperty("sha256", out var sha) ? sha.GetString() : null;

    // Pages, indexes and everything before the footer are equal; the footer differs in the fence and the checksum over it.
    private static void AssertEqualButForTheFence(string path, (byte[] Body, IReadOnlyDictionary<string, string> Record) before)
    {
        var after = Look(path);
        Assert.Equal(before.Body, after.Body);
        Assert.Equal(["etl.checksum", "etl.fence"], before.Record.Where(f => after.Record[f.Key] != f.Value).Select(f => f.Key).Order(StringComparer.Ordinal));
        Assert.Equal(before.Record.Keys, after.Record.Keys);
    }

    private static (byte[] Body, IReadOnlyDictionary<string, string> Record) Look(string path)
    {
        var file = File.ReadAllBytes(path);
        // The file ends in the footer, its length in four bytes, and four letters.
        var footer = BitConverter.ToInt32(file, file.Length - 8) + 8;
        Assert.InRange(footer, 100, file.Length - 100);
        return (file[..^footer], WorkshopRows.Record(path).Metadata);
    }
}

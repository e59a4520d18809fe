using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>
/// What a correct client does with each thing that the service is known to do, through the real command line: what landed in
/// Parquet and SQLite, and what is left behind. The whole list, with the tests that stand elsewhere, is in <see cref="FixtureTable"/>.
/// </summary>
public sealed class FixtureTests
{
    private const string SmallPages = "{ report: 38, action: table, pageSize: 10 }";

    [SkippableFact]
    public async Task Zero_rows_land_as_a_known_empty_window()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        await shop.EmptyAsync(label);
        shop.WriteJob("plays", lookback: 1);
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        Assert.Equal(("landed", 0), (window.GetProperty("state").GetString(), window.GetProperty("rows").GetInt32()));
        Assert.Equal(0, WorkshopRows.Record(shop.ParquetFile("plays", label)).Rows);
        Assert.Empty(shop.Query("SELECT * FROM plays"));
        Assert.Single(shop.Query("SELECT * FROM etl_landing"));
        var idle = await shop.RunAsync("run", "plays", "--json");
        Assert.True(idle.Exit == 0 && idle.Of("window").Count == 0, idle.ToString());
    }

    [SkippableFact]
    public async Task Zero_rows_over_rows_clear_the_window_where_the_job_accepts_it()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJobText("plays", Job("plays", "{ report: 38, action: table }", "{ empty: accept, shrink: off }"));
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        Assert.NotEmpty(await shop.TableAsync("38", "plays", label));
        await shop.EmptyAsync(label);
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(0, WorkshopRows.Record(shop.ParquetFile("plays", label)).Rows);
        Assert.Empty(await shop.TableAsync("38", "plays", label));
        Assert.Empty(shop.Leftovers());
    }

    // With the compact generator each entry has one playback per UTC day: so many entries, so many rows.
    [SkippableTheory]
    [InlineData(11_999, false)]
    [InlineData(12_000, true)]
    [InlineData(12_001, true)]
    public async Task Table_at_the_cap_is_split_and_never_done_at_the_cap(int entries, bool split)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = entries, Users = 50, Days = 3 });
        shop.WriteJobText("plays", Job("plays", "{ report: 38, action: table, filter: { playbackTypeIn: [vod, live, dvr] } }").Replace("America/New_York", "Etc/UTC", StringComparison.Ordinal));
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window")).GetProperty("window").GetString()!;
        var ids = WorkshopRows.Column(shop.ParquetFile("plays", window), "object_id");
        Assert.Equal(entries, ids.Count);
        Assert.Equal(entries, ids.Distinct().Count());
        Assert.Equal(entries, Assert.Single(shop.Query("SELECT COUNT(DISTINCT object_id) AS n FROM plays")).GetProperty("n").GetInt32());
        Assert.Equal(split, (await ProofAsync(shop, window)).GetProperty("splits").GetArrayLength() > 0);
    }

    // 0: what the service says under an end-user filter. The others: an estimate, 3 % off on either side.
    [SkippableTheory]
    [InlineData(0.0)]
    [InlineData(0.97)]
    [InlineData(1.03)]
    public async Task TotalCount_that_is_zero_or_an_estimate_neither_ends_the_paging_nor_fails_it(double share)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 120, Users = 60, Days = 4 });
        var label = Workshop.LatestDay();
        var expected = await shop.ExpectedAsync("38", label);
        var count = (int)Math.Round(expected.Length * share);
        Assert.True(share == 0 || count != expected.Length);
        shop.WriteJob("plays", SmallPages, lookback: 1);
        await shop.FaultAsync($$"""{"kind":"total-count","times":-1,"parameter":"{{count}}"}""");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(expected, shop.Parquet("plays", label));
        Assert.Equal(expected, await shop.TableAsync("38", "plays", label));
    }

    [SkippableFact]
    public async Task Row_on_two_pages_and_another_on_none_is_seen_and_the_table_asked_again_in_one_page()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", SmallPages, lookback: 1);
        await shop.FaultAsync("""{"kind":"page-drift","times":-1}""");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));
        Assert.Contains("a key stands on two pages", (await ProofAsync(shop, label)).GetProperty("restarts")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Row_that_stands_twice_within_a_page_holds_the_window()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync("""{"kind":"duplicate-row","times":-1}""");
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 3, run.ToString());
        var held = Assert.Single(run.Of("window")).GetProperty("checks").EnumerateArray().Where(c => c.GetProperty("verdict").GetString() == "hold").Select(c => c.GetProperty("name").GetString());
        Assert.Equal(["totals", "keys"], held);
        Assert.Empty(shop.Parquet("plays", Workshop.LatestDay()));
    }

    [SkippableFact]
    public async Task Ids_and_names_that_look_like_something_else_land_as_the_text_they_are()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 200, Users = 60, Days = 4 });
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        shop.WriteJob("users", "{ report: 13, action: table }", lookback: 1);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        Assert.Equal(0, (await shop.RunAsync("run", "users")).Exit);

        AssertSame(["0_1234e567", "1e5", "00123", "nan", "-12", "1_23456789"], await TruthAsync("38", "object_id"), "plays", "object_id");
        AssertSame(
            ["Two\nlines", "CR\r\nLF", "=SUM(A1:A9)", "-12.5", "@handle", "+1 (555) 0100", "Q&A  part 1, \"live\"", "tab\there", "  padded  ", "nan", "NULL", "0", "Überblick 視聴 \U0001F600", "a b c"],
            await TruthAsync("38", "entry_name"), "plays", "entry_name");
        AssertSame(["00123", "1_2e3", "nan", "0x1A", "-12", "a b, c d@example.com"], await TruthAsync("13", "name"), "users", "name");

        async Task<List<string>> TruthAsync(string report, string column) =>
            [.. (await shop.TruthAsync(report, label)).Select(l => JsonDocument.Parse(l).RootElement.GetProperty(column).GetString() ?? "").Select(t => t.Replace('|', ' ').Replace(';', ' ')).Order(StringComparer.Ordinal)];

        void AssertSame(string[] nasty, List<string> truth, string table, string column)
        {
            // Most of the list is there on any day; which of them, the truth says.
            Assert.True(nasty.Count(truth.Contains) > nasty.Length / 2, $"Too few nasty values of {column}: {string.Join(" / ", truth)}");
            Assert.Equal(truth, WorkshopRows.Column(shop.ParquetFile(table, label), column).Select(c => c ?? "").Order(StringComparer.Ordinal));
            var rows = shop.Query($"SELECT {column} AS cell, typeof({column}) AS type FROM {table}");
            Assert.Equal(truth, rows.Select(r => r.GetProperty("cell").GetString()!).Order(StringComparer.Ordinal));
            Assert.All(rows, r => Assert.Equal("text", r.GetProperty("type").GetString()));
        }
    }

    [Fact]
    public async Task Comma_joined_ids_are_refused_before_anything_is_sent_or_touched()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", "{ report: 38, action: table, objectIds: [\"1_3uvurcdb,1_im7njjrm\"] }", lookback: 1);
        // Nobody listens there: a request would end with exit 5.
        shop.Environment["KALTURA_SERVICE_URL"] = "http://127.0.0.1:9";
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 2, run.ToString());
        Assert.Contains("looks like several ids joined with commas", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    [SkippableFact]
    public async Task Session_that_ends_in_mid_paging_is_renewed_and_the_window_is_whole()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", SmallPages, lookback: 1);
        await shop.FaultAsync("""[{"kind":"expired-session","page":2},{"kind":"http-429","page":3},{"kind":"http-503","page":4}]""");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));
        var pages = (await ProofAsync(shop, label)).GetProperty("chains")[0].GetProperty("pages").EnumerateArray().Select(p => p.GetProperty("number").GetInt32());
        Assert.Equal([1, 2, 3, 4], pages);
    }

    [SkippableFact]
    public async Task Error_body_with_status_200_on_a_later_page_lands_nothing_and_leaves_the_old_rows()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", SmallPages, lookback: 1);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = shop.Parquet("plays", label);
        await shop.RestateAsync(label);
        await shop.FaultAsync("""{"kind":"internal-error","page":3,"times":-1}""");
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force");
        Assert.True(run.Exit == 5, run.ToString());
        Assert.Equal(before, shop.Parquet("plays", label));
        Assert.Equal(before, await shop.TableAsync("38", "plays", label));
        Assert.Empty(shop.Leftovers());
        await shop.NoFaultsAsync();
        Assert.Equal(0, (await shop.RunAsync("run", "plays", "--from", label, "--force")).Exit);
        Assert.NotEqual(before, shop.Parquet("plays", label));
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
    }

    [SkippableTheory]
    [InlineData(23)]
    [InlineData(25)]
    public async Task Day_of_23_or_25_hours_has_exact_bounds_whatever_the_hosts_zone(int hours)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 400 });
        shop.WriteJob("plays", lookback: 1);
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        var day = DateTime.ParseExact(Workshop.LatestDay(), "yyyy-MM-dd", CultureInfo.InvariantCulture);
        while (Start(day.AddDays(1)) - Start(day) != TimeSpan.FromHours(hours)) day = day.AddDays(-1);
        var label = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

        shop.Environment["TZ"] = hours == 23 ? "Asia/Tokyo" : "Pacific/Honolulu";
        var run = await shop.RunAsync("backfill", "plays", "--from", label, "--to", label);
        Assert.True(run.Exit == 0, run.ToString());
        var record = WorkshopRows.Record(shop.ParquetFile("plays", label)).Metadata;
        Assert.Equal(Start(day), Instant(record["etl.from"]));
        Assert.Equal(Start(day.AddDays(1)), Instant(record["etl.to"]));
        var expected = await shop.ExpectedAsync("38", label);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, shop.Parquet("plays", label));
        Assert.Equal(expected, await shop.TableAsync("38", "plays", label));

        DateTimeOffset Start(DateTime date) => new DateTimeOffset(date, zone.GetUtcOffset(date)).ToUniversalTime();
        static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
    }

    [SkippableFact]
    public async Task Rows_that_arrive_late_replace_the_window_and_both_pulls_are_in_its_history()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = shop.Parquet("plays", label);
        await shop.RestateAsync(label);
        var again = await shop.RunAsync("run", "plays", "--from", label, "--force");
        Assert.True(again.Exit == 0, again.ToString());
        var expected = await shop.ExpectedAsync("38", label);
        Assert.NotEqual(before, expected);
        Assert.Equal(expected, shop.Parquet("plays", label));
        Assert.Equal(expected, await shop.TableAsync("38", "plays", label));
        var pulls = (await shop.RunAsync("history", "plays", "--json")).Of("pull");
        Assert.Equal(["", "published"], pulls.Select(p => p.GetProperty("fate").GetString()));
        Assert.Equal(2, pulls.Select(p => p.GetProperty("contentHash").GetString()).Distinct().Count());
        Assert.True(pulls[0].GetProperty("fence").GetInt64() < pulls[1].GetProperty("fence").GetInt64());
    }

    [SkippableFact]
    public async Task Same_job_started_twice_leaves_the_window_to_the_first()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync("""{"kind":"slow","parameter":"5"}""");
        using var first = EtlProcess.Start(shop.Folder, shop.Environment, "run", "plays", "-v");
        while (await first.StandardError.ReadLineAsync() is { } line && !line.Contains("pulling", StringComparison.Ordinal))
        {
        }
        var second = await shop.RunAsync("run", "plays", "--json");
        Assert.True(second.Exit == 0, second.ToString());
        Assert.Empty(second.Of("window"));
        Assert.Contains($"{label}: left alone, another run works on it", second.Error, StringComparison.Ordinal);
        Assert.Empty(shop.Parquet("plays", label));
        var ended = await EtlProcess.FinishAsync(first);
        Assert.True(ended.Exit == 0, ended.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));
        Assert.Single((await shop.RunAsync("history", "plays", "--json")).Of("pull"));
    }

    private static string Job(string name, string source, string checks = "{ tolerance: 0% }") => $$"""
        job: {{name}}
        source: {{source}}
        window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
        land:
          - parquet: { dataset: {{name}} }
          - table: { connection: warehouse, name: {{name}} }
        checks: {{checks}}
        """;

    private static async Task<JsonElement> ProofAsync(Workshop shop, string label) =>
        (await shop.RunAsync("history", "plays", "--window", label, "--json")).Of("pull")[^1].GetProperty("proof");
}

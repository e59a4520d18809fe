using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>The check <c>second-path</c> through the real command line: what agrees lands, what does not is held by its key.</summary>
public sealed class SecondPathTests
{
    [Theory]
    [InlineData("{ report: 38, action: table }", "csv", "csv")]
    [InlineData("{ report: 38, action: csv }", "table", "table")]
    [InlineData("{ report: 38, action: table, pageSize: 20 }", "order", "order +count_plays, pages of 10")]
    [InlineData("{ report: 13, action: table }", "csv", "csv")]
    [InlineData("{ report: 13, action: csv }", "order", "order +count_plays")]
    [InlineData("{ report: 34, action: table }", "csv", "csv")]
    public async Task Equal_rows_by_two_paths_land(string source, string kind, string name)
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 120, Users = 80, Days = 4 });
        shop.WriteJobText("plays", Job(source, kind));
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        var rows = window.GetProperty("rows").GetInt64();
        Assert.True(rows > 0);
        var check = Check(window);
        Assert.Equal("pass", check.GetProperty("verdict").GetString());
        Assert.StartsWith($"{rows} rows equal by two paths (second: {name}, ", check.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(rows, WorkshopRows.Record(shop.ParquetFile("plays", Workshop.LatestDay())).Rows);
        Assert.Empty(shop.Leftovers());
        Assert.Equal($"{window.GetProperty("pull").GetString()}.jsonl", Path.GetFileName(Assert.Single(Directory.GetFiles(Path.Combine(shop.DataFolder, "raw", "pulls", "plays", Workshop.LatestDay())))));
    }

    [Fact]
    public async Task Row_that_one_path_loses_holds_the_window_and_names_its_key()
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJobText("plays", Job("{ report: 38, action: table }", "csv"));
        await LoseRowsAsync(shop, times: -1);
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 3, run.ToString());
        var window = Assert.Single(run.Of("window"));
        Assert.Equal("held", window.GetProperty("state").GetString());
        var check = Check(window);
        Assert.Equal("hold", check.GetProperty("verdict").GetString());
        var detail = check.GetProperty("detail").GetString()!;
        Assert.Matches("^1 rows differ by two paths .*: '[^']+' only on the first path\\.", detail);
        var lost = detail.Split('\'')[1];
        Assert.Contains(lost, (await shop.ExpectedAsync("38", label)).Select(r => r.Split(" | ")[0]));
        Assert.Contains(lost, window.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Empty(shop.Parquet("plays", label));

        await shop.NoFaultsAsync();
        var again = await shop.RunAsync("run", "plays");
        Assert.True(again.Exit == 0, again.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
        Assert.Empty(shop.Leftovers());
    }

    [Fact]
    public async Task Row_that_was_away_only_once_is_found_by_pulling_once_more()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("plays", Job("{ report: 38, action: table }", "csv"));
        await LoseRowsAsync(shop, times: 1);
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", Workshop.LatestDay()), shop.Parquet("plays", Workshop.LatestDay()));
        Assert.Equal("pass", Check(Assert.Single(run.Of("window"))).GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task Cell_that_differs_is_named_with_its_key_and_column()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("plays", Job("{ report: 38, action: table }", "csv"));
        await shop.FaultAsync("""{"kind":"unknown-cell","action":"getUrlForReportAsCsv","parameter":"entry_name","times":-1}""");
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 3, run.ToString());
        Assert.Matches(": '[^']+' differs in entry_name\\.", Check(Assert.Single(run.Of("window"))).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Second_path_that_fails_fails_the_window_with_the_reason()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("plays", Job("{ report: 38, action: table }", "csv"));
        // The file says how many rows it should have.
        await shop.FaultAsync("""{"kind":"drop-row","action":"getUrlForReportAsCsv","times":-1}""");
        shop.Environment["KALTURA_RETRIES"] = "1";
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 1, run.ToString());
        var message = Assert.Single(run.Of("window")).GetProperty("message").GetString();
        Assert.StartsWith("The pull is complete, but the second path (csv) of 'checks.second-path' failed: ", message, StringComparison.Ordinal);
        Assert.Contains("it was cut", message, StringComparison.Ordinal);
        Assert.Empty(shop.Parquet("plays", Workshop.LatestDay()));
        Assert.Empty(shop.Leftovers());
        Assert.Contains("The raw replies are kept", message, StringComparison.Ordinal);
        Assert.Contains(Directory.GetFiles(Path.Combine(shop.DataFolder, "raw", "pulls", "plays", Workshop.LatestDay())), f => f.EndsWith("-second.jsonl", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Table_past_the_cap_of_pages_agrees_with_its_file()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 15_000, Users = 50, Days = 3 });
        shop.WriteJobText("plays", Job("{ report: 38, action: table }", "csv"));
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var window = Assert.Single(run.Of("window"));
        Assert.True(window.GetProperty("rows").GetInt64() > 12_000);
        Assert.Contains("Not compared: engagement_ranking (relative to its own request)", Check(window).GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_counts_both_paths_and_history_shows_the_check()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("a", Named("a", Job("{ report: 38, action: table }", "off")));
        shop.WriteJobText("b", Named("b", Job("{ report: 38, action: csv }", "off")));
        shop.WriteJobText("plays", Job("{ report: 38, action: table }", "csv"));
        var both = Assert.Single((await shop.RunAsync("plan", "plays", "--json")).Of("planned"));
        Assert.Equal(await CallsAsync("a") + await CallsAsync("b"), both.GetProperty("calls").GetInt32());
        Assert.Contains("; second path (csv): a window of 60000 rows or more", both.GetProperty("capRisk").GetString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop.DataFolder));

        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var history = await shop.RunAsync("history", "plays", "--window", Workshop.LatestDay());
        Assert.Contains("second-path", history.Out, StringComparison.Ordinal);

        static string Named(string name, string job) => job.Replace("plays", name, StringComparison.Ordinal);
        async Task<int> CallsAsync(string job) => Assert.Single((await shop.RunAsync("plan", job, "--json")).Of("planned")).GetProperty("calls").GetInt32();
    }

    [Theory]
    [InlineData("{ report: 38, action: total }", "csv", "Action 'total' has no second path")]
    [InlineData("{ report: 38, action: csv }", "csv", "The source is a csv already. Expected 'table' or 'order'.")]
    [InlineData("{ report: 34, action: table }", "order", "Use 'csv'.")]
    [InlineData("{ custom: 3007, action: custom-csv }", "order", "in one way only")]
    public async Task Validate_refuses_a_second_path_that_is_none(string source, string kind, string words)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("plays", Job(source, kind));
        var run = await shop.RunAsync("validate");
        Assert.True(run.Exit == 2, run.ToString());
        Assert.Contains("plays.yaml:5:24: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
    }

    // A file that does not tell its count is legal, so only the other path can see the row that it lacks.
    private static async Task LoseRowsAsync(Workshop shop, int times)
    {
        await shop.FaultAsync($$"""{"kind":"drop-row","action":"getUrlForReportAsCsv","times":{{times}}}""");
        await shop.FaultAsync($$"""{"kind":"total-count","action":"getUrlForReportAsCsv","parameter":"0","times":{{times}}}""");
    }

    private static JsonElement Check(JsonElement window) =>
        window.GetProperty("checks").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "second-path");

    private static string Job(string source, string kind) => $"""
        job: plays
        source: {source}
        window: {"{"} every: day, timezone: America/New_York, lookback: 1, settle: 2h {"}"}
        land: [ {"{"} parquet: {"{"} dataset: plays {"}"} {"}"} ]
        checks: {"{"} second-path: {kind}, tolerance: 0% {"}"}
        """;
}

using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>The usage reports 17 and 18 from the command line: base totals, tables, totals and graphs, and that they fit together.</summary>
public sealed class UsageTests
{
    private static readonly SandboxOptions s_account = new() { Entries = 400, Users = 60, Days = 8 };

    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Base_totals_land_as_the_truth_and_end_where_the_table_does(int report)
    {
        await using var shop = await Workshop.OpenAsync(s_account);
        shop.WriteJob("base", $"{{ report: {report}, action: base-total }}", lookback: 3);
        shop.WriteJob("dates", "{ report: 18, action: table }", lookback: 3);
        foreach (var job in new[] { "base", "dates" }) AssertDone(await shop.RunAsync("run", job, "--json"));

        var labels = shop.Query("SELECT DISTINCT _window AS w FROM base ORDER BY w").Select(r => r.GetProperty("w").GetString()!).ToList();
        Assert.Equal(3, labels.Count);
        foreach (var label in labels)
        {
            var (from, to) = Workshop.Bounds(label);
            var truth = (await shop.GetAsync($"/sandbox/truth-base?report={report}&from={from}&to={to}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(3, truth.Length);
            var file = shop.ParquetFile("base", label);
            Assert.Equal(LandedRows.Truth(truth, file, t => t), LandedRows.Of(file));
            var day = shop.Query($"SELECT * FROM dates WHERE _window = '{label}'").Single();
            foreach (var unit in new[] { "entries", "storage_mb", "msecs" })
            {
                var begin = shop.Query($"SELECT value FROM base WHERE _window = '{label}' AND id = 'total_{unit}'").Single().GetProperty("value").GetDouble();
                Assert.True(begin > 0);
                Assert.Equal(begin + Number(day, "added_" + unit) - Number(day, "deleted_" + unit), Number(day, "total_" + unit), 4);
            }
        }
    }

    [Theory]
    [InlineData(17, "table")]
    [InlineData(18, "table")]
    [InlineData(17, "csv")]
    [InlineData(18, "csv")]
    public async Task Rows_land_as_the_truth(int report, string action)
    {
        await using var shop = await Workshop.OpenAsync(s_account);
        // A month, so that something was added.
        shop.WriteJobText("usage", Monthly("usage", report, action));
        AssertDone(await shop.RunAsync("run", "usage", "--json"));

        var label = Assert.Single(shop.Query("SELECT DISTINCT _window AS w FROM usage")).GetProperty("w").GetString()!;
        var file = FileOf(shop, "usage");
        var truth = await TruthAsync(shop, report, label, "");
        Assert.NotEmpty(truth);
        Assert.Equal(LandedRows.Truth(truth, file, action == "csv" ? LandedRows.Guarded : Delimited), LandedRows.Of(file));
    }

    [Theory]
    [InlineData(17)]
    [InlineData(18)]
    public async Task Totals_land_as_the_truth_and_graphs_as_the_dates(int report)
    {
        await using var shop = await Workshop.OpenAsync(s_account);
        shop.WriteJobText("sums", Monthly("sums", report, "total"));
        shop.WriteJobText("curves", Monthly("curves", report, "graphs"));
        foreach (var job in new[] { "sums", "curves" }) AssertDone(await shop.RunAsync("run", job, "--json"));

        var label = Assert.Single(shop.Query("SELECT DISTINCT _window AS w FROM sums")).GetProperty("w").GetString()!;
        var file = FileOf(shop, "sums");
        Assert.Equal(LandedRows.Truth(await TruthAsync(shop, report, label, "&total=1"), file, t => t), LandedRows.Of(file));
        var dates = (await TruthAsync(shop, 18, label, "&interval=days")).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        var points = shop.Query("SELECT * FROM curves ORDER BY date_id");
        Assert.InRange(points.Count, 28, 31);
        foreach (var metric in new[] { "added_entries", "deleted_msecs", "total_entries", "total_storage_mb" })
            Assert.Equal(dates.Select(d => Number(d, metric)), points.Select(p => Number(p, metric)));
    }

    private static string Monthly(string name, int report, string action) => $$"""
        job: {{name}}
        source: { report: {{report}}, action: {{action}}{{(action == "graphs" ? ", interval: days" : "")}} }
        window: { every: month, timezone: America/New_York, lookback: 1, settle: 2h }
        land:
          - parquet: { dataset: {{name}} }
          - table: { connection: warehouse, name: {{name}} }
        """;

    private static async Task<string[]> TruthAsync(Workshop shop, int report, string label, string more)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        var first = DateTime.ParseExact(label[..7] + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var (from, to) = (new DateTimeOffset(first, zone.GetUtcOffset(first)), new DateTimeOffset(first.AddMonths(1), zone.GetUtcOffset(first.AddMonths(1))));
        var interval = more.Contains("interval", StringComparison.Ordinal) ? "" : "&interval=months";
        return (await shop.GetAsync(string.Create(CultureInfo.InvariantCulture,
            $"/sandbox/truth?report={report}&from={from.ToUnixTimeSeconds()}&to={to.ToUnixTimeSeconds()}&tz={-from.Offset.TotalMinutes}{interval}{more}"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Delimited(string cell) => cell.Replace('|', ' ').Replace(';', ' ');

    private static string FileOf(Workshop shop, string dataset) =>
        Assert.Single(Directory.GetFiles(Path.Combine(shop.DataFolder, "parquet", dataset), "data.parquet", SearchOption.AllDirectories));

    private static double Number(JsonElement row, string name) => row.GetProperty(name).GetDouble();

    private static void AssertDone(EtlResult result) => Assert.True(result.Exit == 0, result.ToString());
}

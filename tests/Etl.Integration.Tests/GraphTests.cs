using System.Globalization;
using Etl.Integration.Tests.Support;
using Etl.Parquet;

namespace Etl.Integration.Tests;

/// <summary>Graphs from the command line against the sandbox, compared with tables and totals of the same reports.</summary>
public sealed class GraphTests
{
    private static readonly string[] s_metrics = ["count_plays", "sum_time_viewed", "unique_known_users", "count_loads"];

    [Fact]
    public async Task Graphs_by_day_equal_the_table_by_date_and_hours_add_up_to_it()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("days", "{ report: 34, action: graphs }");
        shop.WriteJob("hours", "{ report: 34, action: graphs, interval: hours }");
        shop.WriteJob("dates", "{ report: 34, action: table }");
        foreach (var job in new[] { "days", "hours", "dates" }) AssertDone(await shop.RunAsync("run", job, "--json"));

        var label = Workshop.LatestDay();
        var table = Rows(shop, "dates", label);
        var days = Rows(shop, "days", label);
        var columns = days[0].Keys.Where(c => c[0] != '_').ToList();
        Assert.Equal("date_id", columns[0]);
        Assert.True(columns.Count > 5);
        Assert.Equal(Lines(table, columns), Lines(days, columns));

        var hours = Rows(shop, "hours", label);
        Assert.InRange(hours.Count, 2, 25);
        var (from, to) = Workshop.Bounds(label);
        Assert.All(hours, h => Assert.InRange(long.Parse(h["date_id"], CultureInfo.InvariantCulture), from * 1_000_000, to * 1_000_000 - 1));
        Assert.Equal(Sum(table, "count_plays"), Sum(hours, "count_plays"));
    }

    [Fact]
    public async Task Graphs_with_several_lines_per_date_equal_the_table_by_label()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("lines", "{ report: 21, action: graphs }");
        shop.WriteJob("devices", "{ report: 21, action: table }");
        foreach (var job in new[] { "lines", "devices" }) AssertDone(await shop.RunAsync("run", job, "--json"));

        var label = Workshop.LatestDay();
        var table = Rows(shop, "devices", label).Select(r => new Dictionary<string, string>(r) { ["label"] = r["device"] }).ToList();
        var lines = Rows(shop, "lines", label);
        Assert.True(lines.Count > 1);
        Assert.Single(lines.Select(l => l["date_id"]).Distinct());
        Assert.Equal(Lines(table, ["label", .. s_metrics]), Lines(lines, ["label", .. s_metrics]));
    }

    [Fact]
    public async Task Graph_by_metric_name_equals_the_totals()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("drop", "{ report: 2, action: graphs }");
        shop.WriteJob("sums", "{ report: 2, action: total }");
        foreach (var job in new[] { "drop", "sums" }) AssertDone(await shop.RunAsync("run", job, "--json"));

        var label = Workshop.LatestDay();
        var total = Assert.Single(Rows(shop, "sums", label));
        var points = Rows(shop, "drop", label);
        Assert.Equal(6, points.Count);
        Assert.All(points, p => Assert.Equal(total[p["label"]], p["content_dropoff"]));
    }

    [Theory]
    [InlineData("expired-session")]
    [InlineData("http-502")]
    [InlineData("truncated-body")]
    [InlineData("query-timed-out")]
    [InlineData("html-page")]
    public async Task Fault_of_graphs_that_passes_is_survived(string kind)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("days", "{ report: 34, action: graphs }", lookback: 1);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","action":"getGraphs","times":1}""");

        AssertDone(await shop.RunAsync("run", "days", "--json"));

        Assert.Single(Rows(shop, "days", Workshop.LatestDay()));
    }

    [Fact]
    public async Task Plan_forecasts_graphs_and_validate_refuses_what_a_report_does_not_have()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("lines", "{ report: 21, action: graphs }", lookback: 1);
        var plan = await shop.RunAsync("plan", "lines", "--json");
        Assert.Equal(0, plan.Exit);
        var window = plan.Of("planned")[^1];
        Assert.Equal((1, "none: one row per date and label"), (window.GetProperty("calls").GetInt32(), window.GetProperty("capRisk").GetString()));

        shop.WriteJob("base", "{ report: 17, action: base-total }");
        Assert.Equal(0, (await shop.RunAsync("validate")).Exit);

        shop.WriteJob("wrong", "{ report: 36, action: graphs }");
        shop.WriteJob("base", "{ report: 38, action: base-total }");
        shop.WriteJob("lines", "{ report: 21, action: graphs, interval: months }");
        var refused = await shop.RunAsync("validate");
        Assert.Equal(2, refused.Exit);
        var said = refused.Out + refused.Error;
        Assert.Contains("has no 'graphs'", said, StringComparison.Ordinal);
        Assert.Contains("has no 'base-total'", said, StringComparison.Ordinal);
        Assert.Contains("by the day only", said, StringComparison.Ordinal);
    }

    private static void AssertDone(EtlResult run)
    {
        Assert.True(run.Exit == 0, run.ToString());
        var windows = run.Of("window");
        Assert.NotEmpty(windows);
        Assert.All(windows, w => Assert.Equal("landed", w.GetProperty("state").GetString()));
    }

    private static string[] Lines(IEnumerable<IReadOnlyDictionary<string, string>> rows, IReadOnlyList<string> columns) =>
        [.. rows.Select(r => string.Join(" | ", columns.Select(c => $"{c}={r[c]}"))).Order(StringComparer.Ordinal)];

    private static double Sum(IEnumerable<IReadOnlyDictionary<string, string>> rows, string column) =>
        rows.Sum(r => double.Parse(r[column], CultureInfo.InvariantCulture));

    private static List<Dictionary<string, string>> Rows(Workshop shop, string dataset, string label)
    {
        using var reader = ParquetReader.Open(shop.ParquetFile(dataset, label));
        var batch = new ParquetBatch(reader.Schema);
        var rows = new List<Dictionary<string, string>>();
        while (reader.Read(batch, 1000) > 0)
            for (var r = 0; r < batch.RowCount; r++)
                rows.Add(Enumerable.Range(0, batch.ColumnCount).ToDictionary(c => reader.Schema.Columns[c].Name, c => Cell(batch[c], r)));
        return rows;
    }

    private static string Cell(ParquetColumnData cells, int row) => cells.IsNull(row) ? "null" : cells.Type switch
    {
        ParquetType.Int64 or ParquetType.Timestamp => cells.Int64s[row].ToString(CultureInfo.InvariantCulture),
        ParquetType.Date => cells.Int32s[row].ToString(CultureInfo.InvariantCulture),
        ParquetType.Double => cells.Doubles[row].ToString("R", CultureInfo.InvariantCulture),
        _ => System.Text.Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]]),
    };
}

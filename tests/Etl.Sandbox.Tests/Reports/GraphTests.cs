using System.Text.Json;

namespace Etl.Sandbox.Tests.Reports;

/// <summary>Graph shapes and totals (wire facts 3.2 and 3.4).</summary>
[Collection(SharedSandbox.Name)]
public class GraphTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    [Fact]
    public async Task Date_graph_has_a_point_per_day_and_a_graph_per_metric()
    {
        var graphs = await _api.GraphsAsync(38);

        Assert.Equal(["count_plays", "sum_time_viewed", "avg_time_viewed", "count_loads", "sum_view_period", "avg_view_period_time", "total_completion_rate"], graphs.Keys);
        Assert.Equal(["20260301", "20260302", "20260303", "20260304", "20260305", "20260306", "20260307"], graphs["count_loads"].Select(p => p.X));
    }

    [Fact]
    public async Task Drop_off_graph_is_labelled_with_metric_names()
    {
        var graphs = await _api.GraphsAsync(2);

        Assert.Equal(["content_dropoff"], graphs.Keys);
        Assert.Equal(["count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100", "play_through_ratio"], graphs["content_dropoff"].Select(p => p.X));
        Assert.Equal(["user_content_dropoff"], (await _api.GraphsAsync(14)).Keys);
    }

    [Theory]
    [InlineData(22, "Windows 11")]
    [InlineData(23, "Safari")]
    [InlineData(32, "iOS")]
    [InlineData(33, "Chrome")]
    public async Task Label_graph_has_a_point_per_value(int type, string value) =>
        Assert.Contains(value, (await _api.GraphsAsync(type))["count_plays"].Select(p => p.X));

    [Fact]
    public async Task Platform_graph_has_several_lines_per_day_with_comma_and_colon()
    {
        var points = (await _api.GraphsAsync(21))["count_plays"];

        Assert.Equal("20260301", points[0].X);
        Assert.Matches("^[A-Za-z ]+:[0-9]+(,[A-Za-z ]+:[0-9]+)*$", points[0].Y);
        Assert.Contains(points, p => p.Y.Contains("Digital media receiver:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Platform_graph_of_months_shows_their_first_day() =>
        Assert.Equal(["20260301"], (await _api.GraphsAsync(21, ("reportInputFilter[interval]", "months")))["count_plays"].Select(p => p.X));

    [Fact]
    public async Task Platform_graph_with_object_ids_has_a_point_per_value() =>
        Assert.Contains("Windows 11", (await _api.GraphsAsync(21, ("objectIds", "Computer")))["count_plays"].Select(p => p.X));

    [Fact]
    public async Task Live_graph_is_hourly_whatever_is_asked() =>
        Assert.All((await _api.GraphsAsync(24, ("reportInputFilter[interval]", "days")))["count_plays"], p => Assert.Equal(10, p.X.Length));

    [Fact]
    public async Task Graph_without_data_keeps_its_id()
    {
        var answer = await _api.ReportAsync("getGraphs", 34, ("reportInputFilter[countryIn]", "Atlantis"));

        Assert.StartsWith("[{\"id\":\"count_plays\",\"data\":\"\",\"objectType\":\"KalturaReportGraph\"},", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Graph_with_empty_dates_has_zero_points() =>
        Assert.All((await _api.GraphsAsync(34, ("reportInputFilter[countryIn]", "Atlantis"), ("responseOptions[skipEmptyDates]", "false")))["count_plays"], p => Assert.Equal("0", p.Y));

    [Fact]
    public async Task Graph_delimiter_is_the_one_of_the_request() =>
        Assert.Contains("\"data\":\"20260301,", await _api.ReportAsync("getGraphs", 34, ("responseOptions[delimiter]", ",")), StringComparison.Ordinal);

    [Fact]
    public async Task Total_has_no_terminator_and_its_own_columns()
    {
        var answer = JsonDocument.Parse(await _api.ReportAsync("getTotal", 38)).RootElement;

        Assert.Equal(12, answer.GetProperty("header").GetString()!.Split('|').Length);
        Assert.DoesNotContain(';', answer.GetProperty("data").GetString()!);
    }

    [Theory]
    [InlineData("true", "|||||||||||")]
    [InlineData("false", "0|0|0|0|0|0|0|0|0|0|0|0")]
    public async Task Total_of_nothing_is_empty_cells_or_zeros(string skip, string data)
    {
        var answer = JsonDocument.Parse(await _api.ReportAsync("getTotal", 38, ("reportInputFilter[countryIn]", "Atlantis"), ("responseOptions[skipEmptyDates]", skip))).RootElement;

        Assert.Equal(data, answer.GetProperty("data").GetString());
    }
}

using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Reports;

/// <summary>Tables, totals, graphs and the truth come from the same events.</summary>
[Collection(SharedSandbox.Name)]
public class AgreementTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    public static TheoryData<int> Types => [1, 2, 3, 4, 6, 11, 12, 13, 14, 15, 21, 22, 23, 25, 29, 30, 32, 33, 34, 36, 37, 38, 45, 47, 52, 58, 59];

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Additive_columns_of_a_table_sum_to_the_total(int type)
    {
        var table = await _api.TableAsync(type);
        var total = await _api.TotalAsync(type);
        foreach (var column in table.Header.Where(c => (c.StartsWith("count_", StringComparison.Ordinal) || c.StartsWith("sum_", StringComparison.Ordinal)) && total.ContainsKey(c)))
            Assert.Equal(Number(total[column]), table.Numbers(column).Sum(), 1e-6);
    }

    [Fact]
    public async Task Additive_columns_of_lifecycle_tables_sum_to_the_total()
    {
        (string, string?)[] wide = [("reportInputFilter[fromDate]", "1762000000")];
        foreach (var type in new[] { 5, 7, 20, 39, 41 })
        {
            var table = await _api.TableAsync(type, wide);
            var total = await _api.TotalAsync(type, wide);
            foreach (var column in table.Header.Where(c => (c.StartsWith("count_", StringComparison.Ordinal) || c.StartsWith("added_", StringComparison.Ordinal)) && total.ContainsKey(c)))
                Assert.Equal(Number(total[column]), table.Numbers(column).Sum());
        }
    }

    [Fact]
    public async Task Date_rows_and_graph_points_are_the_same_and_sum_to_the_total()
    {
        var dates = await _api.TableAsync(34);
        var graphs = await _api.GraphsAsync(34);
        var total = await _api.TotalAsync(38);

        Assert.Equal(dates.Rows.Select(r => (r[0], r[dates.Column("count_plays")])), graphs["count_plays"]);
        Assert.Equal(Number(total["count_plays"]), dates.Numbers("count_plays").Sum());
        Assert.Equal(Number(total["sum_view_period"]), dates.Numbers("sum_view_period").Sum(), 1e-6);
    }

    [Theory]
    [InlineData("days")]
    [InlineData("hours")]
    [InlineData("months")]
    public async Task Buckets_of_any_length_and_zone_sum_to_the_total(string interval)
    {
        var dates = await _api.TableAsync(34, ("reportInputFilter[interval]", interval), ("reportInputFilter[timeZoneOffset]", "300"));

        Assert.Equal(Number((await _api.TotalAsync(34))["count_plays"]), dates.Numbers("count_plays").Sum());
    }

    [Fact]
    public async Task Ratios_follow_their_definitions()
    {
        var table = await _api.TableAsync(38);
        double Cell(string[] row, string column) => Number(row[table.Column(column)]);
        foreach (var row in table.Rows)
        {
            Assert.Equal(Cell(row, "count_plays") / Cell(row, "count_loads"), Cell(row, "load_play_ratio"), 1e-12);
            if (Cell(row, "count_plays") > 0)
            {
                Assert.Equal(Cell(row, "sum_time_viewed") / Cell(row, "count_plays"), Cell(row, "avg_time_viewed"), 1e-9);
                Assert.Equal(Cell(row, "sum_view_period") / Cell(row, "count_plays"), Cell(row, "avg_view_period_time"), 1e-9);
            }
            Assert.InRange(Cell(row, "avg_view_drop_off"), 0, 1);
            Assert.InRange(Cell(row, "avg_completion_rate"), 0, 100);
            Assert.Equal(Math.Floor(Cell(row, "total_completion_rate")), Cell(row, "total_completion_rate"));
        }
    }

    [Fact]
    public async Task Known_users_mean_viewers_only_in_34_and_the_maps()
    {
        var content = await _api.TotalAsync(38);

        Assert.NotEqual(content["unique_known_users"], content["unique_viewers"]);
        foreach (var type in new[] { 30, 34, 36, 37 })
            Assert.Equal(content["unique_viewers"], (await _api.TotalAsync(type))["unique_known_users"]);
        Assert.Equal(content["unique_known_users"], (await _api.TotalAsync(35))["unique_known_users"]);
        Assert.Equal(content["unique_known_users"], (await _api.TotalAsync(13))["unique_known_users"]);
    }

    public static TheoryData<int> TruthTypes => [1, 13, 30, 34, 36, 38, 39, 41];

    [Theory]
    [MemberData(nameof(TruthTypes))]
    public async Task Truth_holds_the_rows_of_the_table(int type)
    {
        (string, string?)[] wide = [("reportInputFilter[fromDate]", "1762000000"), ("responseOptions[delimiter]", "|~|")];
        var table = await _api.TableAsync(type, wide);
        var truth = await _api.TruthAsync($"report={type}&from=1762000000&to={Api.To}");

        Assert.Equal(table.Rows.Count, truth.Count);
        foreach (var (row, real) in table.Rows.Zip(truth))
        {
            Assert.Equal(table.Header, real.Keys);
            Assert.Equal(row, real.Select(pair => OnTheWire(pair.Key, pair.Value)));
        }
    }

    [Fact]
    public async Task Truth_takes_zone_interval_playback_types_and_totals()
    {
        var hours = await _api.TruthAsync($"report=34&from={Api.From}&to={Api.To}&tz=300&interval=hours");
        var live = await _api.TruthAsync($"report=38&from={Api.From}&to={Api.To}&playbackTypeIn=live,dvr");
        var total = await _api.TruthAsync($"report=38&from={Api.From}&to={Api.To}&total=1");

        Assert.Equal("2026022819", hours[0]["date_id"].GetString());
        Assert.Equal((await _api.TableAsync(24)).Rows.Count, live.Count);
        Assert.Equal((await _api.TotalAsync(38))["count_plays"], total.Single()["count_plays"].GetRawText());
    }

    [Fact]
    public async Task Truth_of_an_uncomputed_report_is_a_bad_request()
    {
        using var answer = await _api.Http.GetAsync(new Uri(_api.Server.BaseUrl, "sandbox/truth?report=19"));

        Assert.Equal(400, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Health_names_the_range_of_the_data()
    {
        var health = JsonDocument.Parse(await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, "sandbox/health"))).RootElement;

        Assert.Equal("ok", health.GetProperty("status").GetString());
        Assert.Equal(_api.Server.DataEnd.ToUnixTimeSeconds(), health.GetProperty("to").GetInt64());
        Assert.Equal(new DateTimeOffset(2026, 3, 10, 0, 0, 0, TimeSpan.Zero), _api.Server.DataEnd);
    }

    private static string OnTheWire(string column, JsonElement value) => value.ValueKind switch
    {
        // A dimension without a value is 0 on the wire, an unresolvable label is empty.
        JsonValueKind.Null => column == "city" ? "0" : "",
        JsonValueKind.Number => Etl.Sandbox.Wire.PhpNumber.Format(value.GetDouble()),
        _ => value.GetString()!.Replace("|~|", " ", StringComparison.Ordinal).Replace(';', ' '),
    };
}

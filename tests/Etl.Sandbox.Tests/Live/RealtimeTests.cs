using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Live;

/// <summary>Realtime tables (wire facts 3.4 and family 1) against the sessions that they are made of.</summary>
[Collection(SharedSandbox.Name)]
public class RealtimeTests(SandboxFixture fixture)
{
    private const long Noon = 1_772_971_200; // 8 March 2026, 12:00

    private readonly Api _api = fixture.Api;

    private async Task<(string[] Header, string[][] Rows, JsonElement Reply)> TableAsync(int type, params (string, string?)[] fields)
    {
        var reply = JsonDocument.Parse(await _api.ReportAsync("getTable", type, [
            ("reportInputFilter[fromDate]", $"{Noon - 3}"), ("reportInputFilter[toDate]", $"{Noon + 297}"), ("reportInputFilter[interval]", "ten_seconds"), .. fields])).RootElement;
        return !reply.TryGetProperty("header", out var header) ? ([], [], reply)
            : (header.GetString()!.Split('|'), [.. reply.GetProperty("data").GetString()!.Split(';')[..^1].Select(r => r.Split('|'))], reply);
    }

    private async Task<List<JsonElement>> LinesAsync(string path) =>
        [.. (await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, path))).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    [Fact]
    public async Task Dates_are_unix_seconds_of_the_buckets_that_the_timeline_counts()
    {
        var (header, rows, reply) = await TableAsync(10005);
        var sessions = (await LinesAsync($"sandbox/truth-live?from={Noon}&to={Noon + 300}"))
            .Select(s => (Start: s.GetProperty("start").GetInt64() / 10 * 10, Beats: s.GetProperty("heartbeats").GetInt32())).ToList();
        // Both ends are rounded up to ten seconds.
        var expected = Enumerable.Range(0, 30).Select(i => Noon + 10 * i)
            .Select(t => (Time: t, Views: sessions.Count(s => s.Start <= t && t < s.Start + 10L * s.Beats))).Where(p => p.Views > 0).ToList();

        Assert.Equal(["date_id", "view_unique_audience", "view_unique_engaged_users", "views", "avg_view_engagement"], header);
        Assert.NotEmpty(rows);
        Assert.Equal(expected, rows.Select(r => (long.Parse(r[0], CultureInfo.InvariantCulture), int.Parse(r[3], CultureInfo.InvariantCulture))));
        Assert.Equal(rows.Length, reply.GetProperty("totalCount").GetInt32());
    }

    [Theory]
    [InlineData(10001)]
    [InlineData(10002)]
    [InlineData(10003)]
    [InlineData(10004)]
    [InlineData(10005)]
    [InlineData(10006)]
    [InlineData(10007)]
    [InlineData(10008)]
    [InlineData(10011)]
    public async Task Table_has_the_columns_of_its_type_and_the_rows_of_the_truth(int type)
    {
        var (header, rows, _) = await TableAsync(type);
        var truth = await LinesAsync($"sandbox/truth-realtime?report={type}&from={Noon - 3}&to={Noon + 297}&interval=ten_seconds");

        Assert.NotEmpty(rows);
        Assert.Equal(rows.Length, truth.Count);
        Assert.Equal(truth[0].EnumerateObject().Select(p => p.Name), header);
        Assert.All(rows, r => Assert.Equal(header.Length, r.Length));
        Assert.Equal(
            truth.Select(t => t.EnumerateObject().Last().Value.ToString()),
            rows.Select(r => double.Parse(r[^1], CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task Labels_add_up_to_the_total()
    {
        var (header, rows, _) = await TableAsync(10011);
        var total = JsonDocument.Parse(await _api.ReportAsync("getTotal", 10011, ("reportInputFilter[fromDate]", $"{Noon}"), ("reportInputFilter[toDate]", $"{Noon + 300}"))).RootElement;

        Assert.Equal(["playback_type", "sum_view_time"], header);
        Assert.All(rows, r => Assert.Contains(r[0], (string[])["live", "dvr"]));
        Assert.Equal(rows.Sum(r => long.Parse(r[1], CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture), total.GetProperty("data").GetString());
    }

    [Fact]
    public async Task Nothing_found_is_absent_for_labels_and_an_empty_text_for_dates()
    {
        (string, string?)[] nothing = [("reportInputFilter[entryIdIn]", "1_nosuch")];
        Assert.Equal("""{"objectType":"KalturaReportTable"}""", (await TableAsync(10004, nothing)).Reply.ToString());
        var dates = (await TableAsync(10005, nothing)).Reply;
        Assert.Equal(("", 0), (dates.GetProperty("data").GetString(), dates.GetProperty("totalCount").GetInt32()));
        Assert.Equal("||||", "|" + JsonDocument.Parse(await _api.ReportAsync("getTotal", 10005, [("reportInputFilter[fromDate]", $"{Noon}"), ("reportInputFilter[toDate]", $"{Noon + 300}"), .. nothing])).RootElement.GetProperty("data").GetString());
    }

    [Fact]
    public async Task Entries_narrow_and_tenSeconds_is_refused()
    {
        var entry = (await LinesAsync($"sandbox/truth-live?from={Noon}&to={Noon + 300}"))[0].GetProperty("entry_id").GetString();
        // A day: some hours have one stream only.
        (string, string?)[] day = [("reportInputFilter[fromDate]", $"{Noon - 43_200}"), ("reportInputFilter[toDate]", $"{Noon + 43_200}")];
        var all = (await TableAsync(10011, day)).Rows.Sum(r => long.Parse(r[1], CultureInfo.InvariantCulture));
        var one = (await TableAsync(10011, [.. day, ("reportInputFilter[entryIdIn]", entry)])).Rows.Sum(r => long.Parse(r[1], CultureInfo.InvariantCulture));

        Assert.InRange(one, 10, all - 10);
        Assert.Equal("INVALID_ENUM_VALUE", (await TableAsync(10005, ("reportInputFilter[interval]", "tenSeconds"))).Reply.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Beacons_come_as_often_as_asked_and_the_truth_lists_them()
    {
        await using var api = await Api.StartAsync(SandboxFixture.Options with { BeaconEvery = TimeSpan.FromSeconds(5) });
        var end = new DateTimeOffset(2026, 3, 10, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        var log = JsonDocument.Parse(await api.PostAsync("beacon_beacon", "list", ("ks", api.Ks), ("filter[relatedObjectTypeIn]", "4"), ("filter[indexTypeEqual]", "Log"),
            ("filter[updatedAtGreaterThanOrEqual]", $"{end - 60}"), ("filter[updatedAtLessThanOrEqual]", $"{end - 1}"), ("pager[pageSize]", "500"))).RootElement.GetProperty("objects").EnumerateArray().ToList();
        var truth = (await api.Http.GetStringAsync(new Uri(api.Server.BaseUrl, $"sandbox/truth-beacons?from={end - 60}&to={end}"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(12 * 6 * 6, log.Count); // twelve moments, six live entries, six events
        Assert.Equal(truth.Order(StringComparer.Ordinal), log.Select(b => b.GetRawText()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Health_is_what_was_told_from_the_time_on_that_was_told()
    {
        await using var api = await Api.StartAsync(SandboxFixture.Options with { BeaconEvery = TimeSpan.FromSeconds(5) });
        var end = new DateTimeOffset(2026, 3, 10, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        foreach (var (from, severity, status) in new[] { (end - 40, 0, 200), (end - 20, 4, 200), (end - 10, 5, 400) })
        {
            using var reply = await api.Http.PostAsync(new Uri(api.Server.BaseUrl, "sandbox/beacons"), new StringContent($$"""{"severity":{{severity}},"from":{{from}}}"""));
            Assert.Equal(status, (int)reply.StatusCode);
        }
        var told = (await api.Http.GetStringAsync(new Uri(api.Server.BaseUrl, $"sandbox/truth-beacons?from={end - 60}&to={end}"))).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement).Where(b => b.GetProperty("eventType").GetString()!.EndsWith("healthData", StringComparison.Ordinal))
            .ToLookup(b => (b.GetProperty("updatedAt").GetInt64() - (end - 60)) / 20, b => JsonDocument.Parse(b.GetProperty("privateData").GetString()!).RootElement.GetProperty("maxSeverity").GetInt32());

        Assert.True(told[0].Distinct().Count() > 1, "All are alike before anything was told.");
        Assert.Equal([0], told[1].Distinct());
        Assert.Equal([4], told[2].Distinct());
    }
}

using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Live;

/// <summary>liveReports.getEvents and beacon_beacon.list (wire facts 5).</summary>
[Collection(SharedSandbox.Name)]
public class LiveTests(SandboxFixture fixture)
{
    private const long Noon = 1_772_971_203; // 8 March 2026, 12:00:03: not on a bucket

    private readonly Api _api = fixture.Api;

    private async Task<JsonElement> EventsAsync(params (string, string?)[] fields) =>
        JsonDocument.Parse(await _api.PostAsync("liveReports", "getEvents", Api.Merge(
            [("ks", _api.Ks), ("reportType", "ENTRY_TIME_LINE"), ("filter[objectType]", "KalturaLiveReportInputFilter"), ("filter[fromTime]", $"{Noon}"), ("filter[toTime]", $"{Noon + 600}")], fields))).RootElement;

    private static List<(long Time, int Live, int Dvr)> Points(JsonElement graphs) =>
        [.. graphs[0].GetProperty("data").GetString()!.Split(';')[..^1].Select(p => p.Split(',')).Select(p => (long.Parse(p[0], CultureInfo.InvariantCulture), int.Parse(p[1], CultureInfo.InvariantCulture), int.Parse(p[2], CultureInfo.InvariantCulture)))];

    private async Task<List<(string Entry, string Type, long Start, int Beats)>> SessionsAsync() =>
        [.. (await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, $"sandbox/truth-live?from={Noon}&to={Noon + 620}")))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)
            .Select(s => (s.GetProperty("entry_id").GetString()!, s.GetProperty("playback_type").GetString()!, s.GetProperty("start").GetInt64(), s.GetProperty("heartbeats").GetInt32()))];

    /// <summary>Rounded up to ten seconds, one bucket more at the end, empty ones left out.</summary>
    private static List<(long, int, int)> Expected(List<(string Entry, string Type, long Start, int Beats)> sessions)
    {
        return [.. Enumerable.Range(0, 61).Select(i => Noon + 7 + i * 10L).Select(t => (t, Count("live", t), Count("dvr", t))).Where(p => p.Item2 + p.Item3 > 0)];

        int Count(string type, long t) => sessions.Count(s => s.Type == type && s.Start / 10 * 10 <= t && t < s.Start / 10 * 10 + s.Beats * 10);
    }

    [Fact]
    public async Task Points_count_the_sessions_that_are_watching()
    {
        var graphs = await EventsAsync();
        var points = Points(graphs);

        Assert.Equal("audience", graphs[0].GetProperty("id").GetString());
        Assert.Equal(1, graphs.GetArrayLength());
        Assert.NotEmpty(points);
        Assert.Equal(Expected(await SessionsAsync()), points);
    }

    [Fact]
    public async Task Entries_narrow_and_only_streams_count()
    {
        var sessions = await SessionsAsync();
        var entry = sessions[0].Entry;

        Assert.Equal(Expected([.. sessions.Where(s => s.Entry == entry)]), Points(await EventsAsync(("filter[entryIds]", entry))));
        Assert.Equal(Points(await EventsAsync()), Points(await EventsAsync(("filter[live]", "1"))));
        var none = await EventsAsync(("filter[entryIds]", "1e5"));
        Assert.Equal("""[{"id":"audience","data":"","objectType":"KalturaReportGraph"}]""", none.ToString());
    }

    [Fact]
    public async Task Times_may_be_relative_and_end_now()
    {
        var relative = await EventsAsync(("filter[fromTime]", "-172800"), ("filter[toTime]", "9999999999"));

        Assert.NotEmpty(Points(relative));
        Assert.All(Points(relative), p => Assert.InRange(p.Time, SandboxFixture.Now.ToUnixTimeSeconds() - 172_800, SandboxFixture.Now.ToUnixTimeSeconds()));
    }

    [Theory]
    [InlineData("PARTNER_TOTAL", "ANALYTICS_UNSUPPORTED_QUERY")]
    [InlineData("nonsense", "INVALID_ENUM_VALUE")]
    public async Task Other_types_are_refused(string type, string code) => Assert.Equal(code, (await EventsAsync(("reportType", type))).GetProperty("code").GetString());

    [Fact]
    public async Task Ordinary_users_may_look()
    {
        Assert.NotEmpty(Points(await EventsAsync(("ks", await _api.StartSessionAsync(("type", "0"))))));
        Assert.Equal("MISSING_KS", (await EventsAsync(("ks", null))).GetProperty("code").GetString());
    }

    private async Task<JsonElement> BeaconsAsync(string service = "beacon_beacon", params (string, string?)[] fields) =>
        JsonDocument.Parse(await _api.PostAsync(service, "list", Api.Merge([("ks", _api.Ks), ("filter[relatedObjectTypeIn]", "4,1"), ("filter[indexTypeEqual]", "Log"), ("pager[pageSize]", "500")], fields))).RootElement;

    [Fact]
    public async Task State_keeps_the_latest_of_what_the_log_holds()
    {
        var log = (await BeaconsAsync(fields: ("filter[eventTypeIn]", "0_healthdata"))).GetProperty("objects").EnumerateArray().ToList();
        var state = (await BeaconsAsync(fields: [("filter[eventTypeIn]", "0_healthData"), ("filter[indexTypeEqual]", "State")])).GetProperty("objects").EnumerateArray().ToList();

        Assert.NotEmpty(state);
        Assert.Equal(log.GroupBy(b => b.GetProperty("objectId").GetString()).Select(g => g.MaxBy(b => b.GetProperty("updatedAt").GetInt64()).ToString()).Order(), state.Select(b => b.ToString()).Order());
        Assert.All(log, b => Assert.InRange(JsonDocument.Parse(b.GetProperty("privateData").GetString()!).RootElement.GetProperty("maxSeverity").GetInt32(), 0, 4));
        Assert.Equal(log.Select(b => b.GetProperty("updatedAt").GetInt64()).OrderDescending(), log.Select(b => b.GetProperty("updatedAt").GetInt64()));
    }

    [Fact]
    public async Task Beacons_are_filtered_and_paged()
    {
        var all = await BeaconsAsync();
        var entry = all.GetProperty("objects")[0].GetProperty("objectId").GetString()!;
        var mine = await BeaconsAsync(fields: [("filter[objectIdIn]", entry), ("filter[eventTypeIn]", "0_staticData,1_dynamicData"), ("filter[orderBy]", "+updatedAt"), ("filter[updatedAtGreaterThanOrEqual]", "-129600")]);

        Assert.Equal("KalturaBeaconListResponse", mine.GetProperty("objectType").GetString());
        Assert.Equal(288, mine.GetProperty("totalCount").GetInt32());
        Assert.All(mine.GetProperty("objects").EnumerateArray(), b => Assert.Equal(entry, b.GetProperty("objectId").GetString()));
        Assert.Equal(30, (await BeaconsAsync(fields: ("pager[pageSize]", null))).GetProperty("objects").GetArrayLength());
        Assert.Equal(0, (await BeaconsAsync(fields: ("filter[relatedObjectTypeIn]", "1,4"))).GetProperty("totalCount").GetInt32());
    }

    [Fact]
    public async Task Beacon_mistakes_of_the_guide_are_errors()
    {
        Assert.Equal("SERVICE_DOES_NOT_EXISTS", (await BeaconsAsync("beacon")).GetProperty("code").GetString());
        Assert.Equal("INVALID_ENUM_VALUE", (await BeaconsAsync(fields: ("filter[indexTypeEqual]", "log"))).GetProperty("code").GetString());
        Assert.Equal("MISSING MANDATORY PARAMETER RELATED OBJECT TYPE", (await BeaconsAsync(fields: ("filter[relatedObjectTypeIn]", null))).GetProperty("code").GetString());
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Etl.Testing.Rows;

namespace Etl.Server.Tests;

public sealed class ApiTests
{
    [Fact]
    public async Task Jobs_tell_states_freshness_what_waits_and_the_next_firing()
    {
        await using var house = await House.OpenAsync();
        await LandAsync(house, "2026-11-18", "p1", 12);
        await SettleAsync(house, "2026-11-19", WindowState.Held, "totals differ");
        using var client = house.Client(Role.Viewer);
        var all = await JsonAsync(client, "/api/v1/jobs");
        Assert.Equal(("quartz", 2), ((string)all["engine"]!, all["jobs"]!.AsArray().Count));
        var job = await JsonAsync(client, "/api/v1/jobs/nightly");
        Assert.Equal("""{"held":1,"landed":1}""", job["states"]!.ToJsonString());
        Assert.Equal((12L, "2026-11-20T13:00:00+00:00"), ((long)job["publishedRows"]!, (string)job["nextFiring"]!));
        // The 19th closed at 07:00 UTC; its alarm was at 07:15, noon is 4 h 45 min later.
        Assert.Equal(("late", 4.75 * 3600), ((string)job["freshness"]!["state"]!, (double)job["freshness"]!["lateSeconds"]!));
        Assert.Equal(("2026-11-19", "held", "totals differ"), ((string)job["attention"]![0]!["window"]!, (string)job["attention"]![0]!["state"]!, (string)job["attention"]![0]!["reason"]!));
        Assert.Equal("15 2 * * *", (string)job["schedule"]!["cron"]!);
        Assert.Equal("never", (string)all["jobs"]![1]!["freshness"]!["state"]!);
    }

    [Fact]
    public async Task Windows_come_by_page_state_and_range()
    {
        await using var house = await House.OpenAsync();
        for (var day = 10; day < 20; day++) await LandAsync(house, $"2026-11-{day}", "p" + day, day);
        await SettleAsync(house, "2026-11-20", WindowState.Failed, "no");
        using var client = house.Client(Role.Viewer);
        var page = await JsonAsync(client, "/api/v1/jobs/nightly/windows?page=2&size=4");
        Assert.Equal((11, 2, 4), ((int)page["total"]!, (int)page["page"]!, (int)page["size"]!));
        Assert.Equal(["2026-11-16", "2026-11-15", "2026-11-14", "2026-11-13"], Labels(page));
        Assert.Equal(["2026-11-20"], Labels(await JsonAsync(client, "/api/v1/jobs/nightly/windows?state=failed&state=HELD")));
        Assert.Equal(["2026-11-12", "2026-11-11"], Labels(await JsonAsync(client, "/api/v1/jobs/nightly/windows?from=2026-11-11&to=2026-11-12")));
        Assert.Equal("no", (string)(await JsonAsync(client, "/api/v1/jobs/nightly/windows?size=1"))["windows"]![0]!["reason"]!);
    }

    [Theory]
    [InlineData("/api/v1/jobs/nothing", 404, "There is no job 'nothing' on this server.")]
    [InlineData("/api/v1/jobs/nothing/windows", 404, "There is no job 'nothing' on this server.")]
    [InlineData("/api/v1/jobs/nightly/windows/2026-13-01", 400, "'2026-13-01' is not a window label.")]
    [InlineData("/api/v1/jobs/nightly/windows?from=yesterday", 400, "'yesterday' is not a window label.")]
    [InlineData("/api/v1/jobs/nightly/windows?state=good", 400, "'good' is not a state of a window. Expected one of: planned, leased")]
    [InlineData("/api/v1/jobs/nightly/windows?state=1", 400, "'1' is not a state of a window.")]
    [InlineData("/api/v1/jobs/nightly/windows?page=0", 400, "'page=0' is not a page.")]
    [InlineData("/api/v1/jobs/nightly/windows?size=5000", 400, "Ask for 1 to 1000 windows.")]
    [InlineData("/api/v1/jobs/nightly/windows?page=one", 400, "The request could not be understood.")]
    [InlineData("/api/v2/jobs", 404, "There is nothing here.")]
    public async Task Question_that_makes_no_sense_is_answered_in_words(string path, int status, string words)
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Viewer);
        using var answer = await client.GetAsync(path);
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains(words, (string)(await answer.Content.ReadFromJsonAsync<JsonNode>())!["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Window_tells_its_whole_history()
    {
        await using var house = await House.OpenAsync();
        await LandAsync(house, "2026-11-18", "p1", 12, new RestatedRows(1, 2, 3));
        using var client = house.Client(Role.Viewer);
        var detail = await JsonAsync(client, "/api/v1/jobs/nightly/windows/2026-11-18");
        var part = detail["parts"]![0]!;
        Assert.Equal(("2026-11-18T05:00:00+00:00", "landed", "p1"), ((string)detail["from"]!, (string)part["window"]!["state"]!, (string)part["window"]!["pull"]!));
        Assert.Equal((1, "totals", "pass"), ((int)part["pulls"]![0]!["proof"]!["version"]!, (string)part["pulls"]![0]!["checks"]![0]!["name"]!, (string)part["pulls"]![0]!["checks"]![0]!["verdict"]!));
        Assert.Equal((12, 3), ((int)part["landings"]![0]!["rows"]!, (int)part["landings"]![0]!["restated"]!["changed"]!));
        Assert.Equal(["leased", "landed"], part["steps"]!.AsArray().Select(s => (string)s!["state"]!));
        Assert.Empty((await JsonAsync(client, "/api/v1/jobs/nightly/windows/2026-11-01"))["parts"]!.AsArray());
    }

    [Fact]
    public async Task Operator_releases_and_sees_it_at_once()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Operator);
        await JsonAsync(client, "/api/v1/jobs");
        await LandAsync(house, "2026-11-18", "p1", 12);
        using var answer = await client.PostAsync("/api/v1/jobs/nightly/windows/2026-11-19/release", null);
        Assert.Equal("""[{"source":"main","account":"101","window":"2026-11-19","state":"landed","pull":"p1","rows":12}]""", await answer.Content.ReadAsStringAsync());
        // Not two seconds later: what was read before is forgotten.
        Assert.Equal(12, (long)(await JsonAsync(client, "/api/v1/jobs/nightly"))["publishedRows"]!);
        using var unknown = await client.PostAsync("/api/v1/jobs/nothing/windows/2026-11-19/cancel", null);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Many_who_look_at_once_cost_one_reading()
    {
        await using var house = await House.OpenAsync();
        await LandAsync(house, "2026-11-18", "p1", 12);
        using var client = house.Client(Role.Viewer);
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => client.GetStringAsync("/api/v1/jobs")));
        Assert.Single(answers.Distinct());
        await LandAsync(house, "2026-11-19", "p2", 30);
        Assert.Equal(answers[0], await client.GetStringAsync("/api/v1/jobs"));
        house.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(42, (long)(await JsonAsync(client, "/api/v1/jobs/nightly"))["publishedRows"]!);
    }

    [Fact]
    public async Task Description_lists_every_question_and_what_it_needs()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Viewer);
        var document = await JsonAsync(client, "/openapi/v1.json");
        Assert.Equal(
            [
                "/api/v1/antiforgery", "/api/v1/events", "/api/v1/jobs", "/api/v1/jobs/{job}", "/api/v1/jobs/{job}/run", "/api/v1/jobs/{job}/windows", "/api/v1/jobs/{job}/windows/{label}",
                "/api/v1/jobs/{job}/windows/{label}/cancel", "/api/v1/jobs/{job}/windows/{label}/release", "/api/v1/jobs/{job}/windows/{label}/run", "/api/v1/me", "/api/v1/servers",
            ],
            document["paths"]!.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.All(document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()), p => Assert.False(string.IsNullOrEmpty((string?)p.Value!["summary"]), p.Key));
        Assert.Equal("bearer", (string)document["components"]!["securitySchemes"]!["key"]!["scheme"]!);
        Assert.Equal(("etl", "v1", "/"), ((string)document["info"]!["title"]!, (string)document["info"]!["version"]!, (string)document["servers"]![0]!["url"]!));
    }

    internal static async Task LandAsync(House house, string label, string pull, long rows, RestatedRows? restated = null)
    {
        var key = Keys.Key(label);
        var lease = (await house.Ledger.TryLeaseAsync(key, Keys.Day(label), "a", TimeSpan.FromMinutes(5), 0, CancellationToken.None))!;
        var stamp = Keys.Stamp(pull, lease.Fence, rows);
        await house.Ledger.AddPullAsync(lease, Keys.Record(stamp, key), CancellationToken.None);
        await house.Ledger.AddLandingAsync(lease, new LandingRecord(pull, key, "parquet", "there", lease.Fence, rows, null, LandingOutcome.Landed, Keys.Noon) { Restated = restated }, CancellationToken.None);
        await house.Ledger.SettleAsync(lease, new Settlement { State = WindowState.Landed, Stamp = stamp, Settled = 1 }, CancellationToken.None);
    }

    internal static async Task SettleAsync(House house, string label, WindowState state, string reason)
    {
        var lease = (await house.Ledger.TryLeaseAsync(Keys.Key(label), Keys.Day(label), "a", TimeSpan.FromMinutes(5), 0, CancellationToken.None))!;
        await house.Ledger.SettleAsync(lease, new Settlement { State = state, Stamp = state == WindowState.Held ? Keys.Stamp("held", lease.Fence) : null, Reason = reason }, CancellationToken.None);
    }

    private static async Task<JsonNode> JsonAsync(HttpClient client, string path) => (await client.GetFromJsonAsync<JsonNode>(path))!;

    private static IEnumerable<string> Labels(JsonNode page) => page["windows"]!.AsArray().Select(w => (string)w!["window"]!);
}

using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>
/// Walks through the catalogue: for every action of a source and every report that a job may name with it, does the sandbox serve it? What it
/// serves is the list in the remarks of <c>SandboxServer</c>, word for word.
/// </summary>
public sealed class SurfaceTests
{
    // The actions that name a report, in the order of the list.
    private static readonly string[] s_ofReports = ["table", "total", "graphs", "base-total", "csv", "custom-csv", "microservice"];

    // The actions that name none, and what they call.
    private static readonly Dictionary<string, (string Service, string Action)> s_others = new()
    {
        ["entries"] = ("baseEntry", "list"),
        ["captions"] = ("caption_captionAsset", "list"),
        ["events"] = ("sandbox_event", "list"),
        ["live-events"] = ("liveReports", "getEvents"),
        ["beacons"] = ("beacon_beacon", "list"),
        ["stream-status"] = ("entryServerNode", "list"),
    };

    [Fact]
    public async Task Sandbox_serves_what_its_remarks_list()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 30, Days = 4, Children = [new SandboxChild { PartnerId = 2001 }] });
        using var probe = await Probe.StartAsync(shop);
        var named = (await shop.RunAsync("reports", "--json")).Of("report")
            .Select(r => (Id: r.GetProperty("id").GetString()!, Name: r.GetProperty("name").GetString()!, Actions: r.GetProperty("surfaces").EnumerateArray().Select(a => a.GetString()!).ToArray()))
            .ToList();
        Assert.True(named.Count > 200);
        // A question that nothing can answer, so that "served" means something.
        foreach (var action in s_ofReports) Assert.False(await probe.ServesAsync(action, action == "microservice" ? "weather" : "9999"));
        Assert.Empty(named.SelectMany(r => r.Actions).Except(s_ofReports));

        var lines = new List<string>();
        foreach (var action in s_ofReports)
        {
            var served = new List<string>();
            var asked = named.Where(r => r.Actions.Contains(action)).ToList();
            foreach (var report in asked)
            {
                if (await probe.ServesAsync(action, action == "microservice" ? report.Name : report.Id)) served.Add(action == "microservice" ? report.Name : report.Id);
            }
            Assert.NotEmpty(served);
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{action,-13} {served.Count} of {asked.Count}: {Words(served)}"));
        }
        var remarks = Remarks();
        Assert.True(lines.SequenceEqual(remarks), $"The remarks of SandboxServer should list:\n{string.Join('\n', lines)}\nthey list:\n{string.Join('\n', remarks)}");
    }

    [Fact]
    public async Task Sandbox_serves_every_action_that_names_no_report()
    {
        using var schema = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Tools.Root, "schemas", "job.schema.json")));
        Assert.Equal(s_ofReports.Concat(s_others.Keys).Order(StringComparer.Ordinal), ActionsOf(schema.RootElement).Distinct().Order(StringComparer.Ordinal));
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 30, Days = 2 });
        using var probe = await Probe.StartAsync(shop);
        foreach (var (action, call) in s_others) Assert.True(await probe.KnowsAsync(call.Service, call.Action), action);
        Assert.False(await probe.KnowsAsync("liveReports", "getReport"));
    }

    /// <summary>Lines of the remarks that begin with an action, without the marks of a comment.</summary>
    private static string[] Remarks() =>
    [
        .. File.ReadLines(Path.Combine(Tools.Root, "src", "Etl.Sandbox", "SandboxServer.cs")).Select(l => l.Trim()).Where(l => l.StartsWith("/// ", StringComparison.Ordinal))
            .Select(l => l[4..]).Where(l => s_ofReports.Any(a => l.StartsWith(a + " ", StringComparison.Ordinal)) && l.Contains(" of ", StringComparison.Ordinal)),
    ];

    /// <summary>Numbers in order, three and more in a row as a range; then names.</summary>
    private static string Words(List<string> ids)
    {
        var numbers = ids.Where(i => int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Select(i => int.Parse(i, CultureInfo.InvariantCulture)).Order().ToList();
        var runs = new List<(int First, int Last)>();
        foreach (var number in numbers)
        {
            if (runs.Count > 0 && runs[^1].Last + 1 == number) runs[^1] = (runs[^1].First, number);
            else runs.Add((number, number));
        }
        var words = runs.SelectMany(r => r.Last - r.First > 1 ? new[] { $"{r.First}-{r.Last}" } : [.. Enumerable.Range(r.First, r.Last - r.First + 1).Select(n => n.ToString(CultureInfo.InvariantCulture))]);
        return string.Join(", ", words.Concat(ids.Where(i => !int.TryParse(i, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Order(StringComparer.Ordinal)));
    }

    private static IEnumerable<string> ActionsOf(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Array => node.EnumerateArray().SelectMany(ActionsOf),
        JsonValueKind.Object => node.EnumerateObject().SelectMany(p =>
            p.Name == "action" && p.Value.ValueKind == JsonValueKind.Object && p.Value.TryGetProperty("enum", out var words)
                ? words.EnumerateArray().Select(w => w.GetString()!)
                : ActionsOf(p.Value)),
        _ => [],
    };

    /// <summary>Asks the sandbox over plain HTTP whether it has an answer.</summary>
    private sealed class Probe : IDisposable
    {
        private readonly HttpClient _http;
        private readonly string _ks;
        private readonly (string, string)[] _question;

        private Probe(HttpClient http, string ks, SandboxServer sandbox)
        {
            (_http, _ks) = (http, ks);
            _question =
            [
                ("ks", ks), ("format", "1"), ("reportInputFilter[objectType]", "KalturaReportInputFilter"),
                ("reportInputFilter[fromDate]", Text(sandbox.DataStart)), ("reportInputFilter[toDate]", Text(sandbox.DataEnd)),
                ("pager[pageSize]", "10"), ("pager[pageIndex]", "1"),
            ];
        }

        public static async Task<Probe> StartAsync(Workshop shop)
        {
            var options = shop.Sandbox.Options;
            var ks = await shop.CallAsync("session", "start", ("secret", options.AdminSecret), ("partnerId", options.PartnerId.ToString(CultureInfo.InvariantCulture)), ("type", "2"), ("privileges", "virtualeventid:7"));
            return new Probe(new HttpClient { BaseAddress = shop.Sandbox.BaseUrl }, JsonSerializer.Deserialize<string>(ks)!, shop.Sandbox);
        }

        public void Dispose() => _http.Dispose();

        public Task<bool> ServesAsync(string action, string report) => action switch
        {
            "table" => HasAsync("getTable", report, "KalturaReportTable"),
            "total" => HasAsync("getTotal", report, "KalturaReportTotal"),
            // An empty list of graphs is an answer with nothing in it.
            "graphs" => HasAsync("getGraphs", report, "KalturaReportGraph", nothing: "[]"),
            "base-total" => HasAsync("getBaseTotal", report, "KalturaReportBaseTotal"),
            "csv" => HasAsync("getUrlForReportAsCsv", report, "report.csv", nothing: "\"\"", ("reportTitle", "t"), ("reportText", "t"), ("headers", "a;b")),
            "custom-csv" => HasCustomAsync(report),
            _ => HasBackgroundAsync(report),
        };

        /// <summary>Whether the service has the action, whatever it thinks of a call without arguments.</summary>
        public async Task<bool> KnowsAsync(string service, string action)
        {
            var text = await PostAsync($"/api_v3/service/{service}/action/{action}", [("ks", _ks), ("format", "1")]);
            return !text.Contains("ACTION_DOES_NOT_EXISTS", StringComparison.Ordinal) && !text.Contains("SERVICE_DOES_NOT_EXISTS", StringComparison.Ordinal);
        }

        private async Task<bool> HasAsync(string action, string report, string sign, string? nothing = null, params (string, string)[] more)
        {
            var text = await PostAsync("/api_v3/service/report/action/" + action, [.. _question, .. more, ("reportType", report)]);
            if (text.Contains(sign, StringComparison.Ordinal)) return true;
            // Not computed, or a number that the service keeps to itself.
            Assert.True(text == nothing || text.Contains("INTERNAL_SERVERL_ERROR", StringComparison.Ordinal) || text.Contains("INVALID_ENUM_VALUE", StringComparison.Ordinal), $"{action} of {report}: {text}");
            return false;
        }

        private async Task<bool> HasCustomAsync(string report)
        {
            const string Params = "from_date=1;to_date=2;from_date_id=20260101;to_date_id=20260102;timezone_offset=0;cat_ids=1;entry_ids=1_a;entries_ids=1_a;user_id=u;virtualeventid=7;virtual_event_ids=7";
            var text = await PostAsync("/api_v3/service/report/action/getCsvFromStringParams", [("ks", _ks), ("format", "1"), ("id", report), ("params", Params)]);
            if (text.StartsWith('\uFEFF')) return true;
            Assert.True(text.Length == 0, $"getCsvFromStringParams of {report}: {text}");
            return false;
        }

        /// <summary>A name that is known is asked for its parameters.</summary>
        private async Task<bool> HasBackgroundAsync(string name)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/v1/report/generate", UriKind.Relative))
            {
                Content = new StringContent(JsonSerializer.Serialize(new { reportName = name, reportParameters = new { } }), Encoding.UTF8, "application/json"),
            };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _ks);
            using var reply = await _http.SendAsync(request);
            return (await reply.Content.ReadAsStringAsync()).Contains("reportParameters.", StringComparison.Ordinal);
        }

        private async Task<string> PostAsync(string path, IEnumerable<(string Name, string Value)> fields)
        {
            using var form = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value)));
            using var reply = await _http.PostAsync(new Uri(path, UriKind.Relative), form);
            return Encoding.UTF8.GetString(await reply.Content.ReadAsByteArrayAsync());
        }

        private static string Text(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
    }
}

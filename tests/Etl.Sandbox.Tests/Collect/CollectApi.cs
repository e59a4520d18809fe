using System.Globalization;
using System.Text.Json;
using Etl.Testing;

namespace Etl.Sandbox.Tests.Collect;

/// <summary>A sandbox without generated playback, at a clock that tests move, and short words for what they ask it.</summary>
internal static class CollectApi
{
    public const int Partner = 585231;

    public static readonly DateTimeOffset Noon = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    public static SandboxOptions Options(TimeProvider clock) => new()
    {
        Seed = 7, Entries = 40, Users = 60, Days = 3, SessionsPerDay = 0, PartnerId = Partner, MaxSessionSeconds = 90 * 86_400, Clock = clock,
    };

    public static Task<Api> StartAsync(Func<SandboxOptions, SandboxOptions>? change = null, FakeClock? clock = null) =>
        Api.StartAsync((change ?? (o => o))(Options(clock ?? new FakeClock(Noon))));

    /// <summary>The bounds of a filter around a range that holds all that a test sends.</summary>
    public static (string, string?)[] Around(DateTimeOffset from, TimeSpan length, params (string, string?)[] more) =>
    [
        ("reportInputFilter[fromDate]", from.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ("reportInputFilter[toDate]", (from + length).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ("reportInputFilter[playbackTypeIn]", "vod|live|dvr"),
        .. more,
    ];

    /// <summary>The rows of a report around noon as cells by the first column.</summary>
    public static async Task<Dictionary<string, double>> CountsAsync(this Api api, int report, string column, params (string, string?)[] more)
    {
        var table = await api.TableAsync(report, Around(Noon.AddHours(-6), TimeSpan.FromHours(40), more));
        return table.Rows.Count == 0 ? [] : table.Rows.ToDictionary(r => r[0], r => double.Parse(r[table.Column(column)], CultureInfo.InvariantCulture));
    }

    /// <summary>Posts one event of stats.collect; the answer.</summary>
    public static Task<string> CollectAsync(this Api api, string session, string entry, int type, params (string Name, string? Value)[] more) =>
        api.PostAsync("stats", "collect", Api.Merge(
        [
            ("event[objectType]", "KalturaStatsEvent"), ("event[partnerId]", $"{Partner}"), ("event[entryId]", entry), ("event[sessionId]", session),
            ("event[eventType]", type.ToString(CultureInfo.InvariantCulture)), ("event[eventTimestamp]", "1773144000"),
        ], more));

    /// <summary>GETs one event of the tracking API; status and body.</summary>
    public static async Task<(int Status, string Body)> TrackAsync(this Api api, string query, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api.Server.BaseUrl, "api_v3/index.php?service=analytics&action=trackEvent&" + query));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await api.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>The received events, as the sandbox shows them.</summary>
    public static async Task<List<JsonElement>> EventsAsync(this Api api, string query = "")
    {
        var text = await api.Http.GetStringAsync(new Uri(api.Server.BaseUrl, "sandbox/events?" + query));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}

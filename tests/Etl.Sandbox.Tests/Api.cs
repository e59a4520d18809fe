using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests;

/// <summary>A sandbox and a plain HTTP client for it; written against the wire facts, sharing nothing with the product's client.</summary>
internal sealed class Api : IAsyncDisposable
{
    /// <summary>1 to 8 March 2026 UTC, the range of the vectors.</summary>
    public const long From = 1_772_323_200;
    public const long To = 1_772_928_000;

    private string _ks = "";

    private Api(SandboxServer server) => Server = server;

    public SandboxServer Server { get; }

    public HttpClient Http { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    public string Ks => _ks;

    public static async Task<Api> StartAsync(SandboxOptions options)
    {
        var api = new Api(await SandboxServer.StartAsync(options));
        api._ks = await api.StartSessionAsync();
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    public async Task<string> StartSessionAsync(params (string, string?)[] fields)
    {
        var text = await PostAsync("session", "start", Merge(
            [("secret", Server.Options.AdminSecret), ("partnerId", Server.Options.PartnerId.ToString(CultureInfo.InvariantCulture)), ("type", "2")], fields));
        return JsonDocument.Parse(text).RootElement.GetString()!;
    }

    /// <summary>POSTs a form; the answer's text.</summary>
    public async Task<string> PostAsync(string service, string action, params (string Name, string? Value)[] fields)
    {
        using var body = new FormUrlEncodedContent(fields.Where(f => f.Value is not null).Select(f => KeyValuePair.Create(f.Name, f.Value!)));
        using var answer = await Http.PostAsync(new Uri(Server.BaseUrl, $"api_v3/service/{service}/action/{action}/format/1"), body);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>A report action with the usual fields; later ones replace earlier ones, null removes.</summary>
    public Task<string> ReportAsync(string action, int type, params (string Name, string? Value)[] fields) =>
        PostAsync("report", action, Merge(
        [
            ("ks", _ks),
            ("reportType", type.ToString(CultureInfo.InvariantCulture)),
            ("reportInputFilter[objectType]", "KalturaEndUserReportInputFilter"),
            ("reportInputFilter[fromDate]", From.ToString(CultureInfo.InvariantCulture)),
            ("reportInputFilter[toDate]", To.ToString(CultureInfo.InvariantCulture)),
            ("pager[pageSize]", "500"),
            ("pager[pageIndex]", "1"),
            ("responseOptions[objectType]", "KalturaReportResponseOptions"),
            ("responseOptions[delimiter]", "|"),
        ], fields));

    public async Task<Table> TableAsync(int type, params (string Name, string? Value)[] fields)
    {
        var delimiter = fields.LastOrDefault(f => f.Name == "responseOptions[delimiter]").Value ?? "|";
        return Table.Parse(await ReportAsync("getTable", type, fields), delimiter);
    }

    /// <summary>The total as column to text.</summary>
    public async Task<Dictionary<string, string>> TotalAsync(int type, params (string Name, string? Value)[] fields)
    {
        var answer = JsonDocument.Parse(await ReportAsync("getTotal", type, fields)).RootElement;
        var header = answer.GetProperty("header").GetString()!.Split('|');
        return header.Zip(answer.GetProperty("data").GetString()!.Split('|')).ToDictionary(p => p.First, p => p.Second);
    }

    /// <summary>The graphs as id to points.</summary>
    public async Task<Dictionary<string, List<(string X, string Y)>>> GraphsAsync(int type, params (string Name, string? Value)[] fields)
    {
        var answer = JsonDocument.Parse(await ReportAsync("getGraphs", type, fields)).RootElement;
        return answer.EnumerateArray().ToDictionary(
            g => g.GetProperty("id").GetString()!,
            g => g.GetProperty("data").GetString()!.Split(';')[..^1].Select(p => (p.Split('|')[0], p.Split('|')[1])).ToList());
    }

    /// <summary>The rows of /sandbox/truth.</summary>
    public async Task<List<Dictionary<string, JsonElement>>> TruthAsync(string query)
    {
        var text = await Http.GetStringAsync(new Uri(Server.BaseUrl, "sandbox/truth?" + query));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line)!)];
    }

    public async Task<HttpResponseMessage> ControlAsync(string path, string json) =>
        await Http.PostAsync(new Uri(Server.BaseUrl, "sandbox/" + path), new StringContent(json));

    public static string CodeOf(string answer) => JsonDocument.Parse(answer).RootElement.GetProperty("code").GetString()!;

    public static (string, string?)[] Merge((string Name, string? Value)[] first, (string Name, string? Value)[] second)
    {
        var merged = first.Where(f => second.All(s => s.Name != f.Name)).Concat(second);
        return [.. merged.Select(f => (f.Name, f.Value))];
    }
}

/// <summary>A table answer taken apart.</summary>
internal sealed record Table(string Json, string[] Header, List<string[]> Rows, long? TotalCount)
{
    public int Column(string name) => Array.IndexOf(Header, name);

    public IEnumerable<string> Cells(string column) => Rows.Select(row => row[Column(column)]);

    public IEnumerable<double> Numbers(string column) => Cells(column).Select(cell => double.Parse(cell, CultureInfo.InvariantCulture));

    public static Table Parse(string json, string delimiter)
    {
        var answer = JsonDocument.Parse(json).RootElement;
        if (!answer.TryGetProperty("header", out var header))
            return new(json, [], [], null);
        var data = answer.TryGetProperty("data", out var text) ? text.GetString()! : "";
        var rows = data.Length == 0 ? [] : data.Split(';')[..^1].Select(row => row.Split(delimiter)).ToList();
        return new(json, header.GetString()!.Split(delimiter), rows, answer.GetProperty("totalCount").GetInt64());
    }
}

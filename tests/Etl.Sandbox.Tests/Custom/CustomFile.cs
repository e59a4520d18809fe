using System.Text;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Custom;

/// <summary>The answer of a custom report: bytes and headers, and the text taken apart at line feeds and commas.</summary>
internal sealed record CustomFile(byte[] Bytes, string? ContentType, Dictionary<string, string> Headers)
{
    public string Text => Encoding.UTF8.GetString(Bytes);

    public string[] Columns => Lines[0].TrimStart('\uFEFF').Split(',');

    public List<string[]> Rows => [.. Lines[1..].Select(line => line.Split(','))];

    public string[] Lines => Text.Split('\n')[..^1];

    public IEnumerable<string> Cells(string column) => Rows.Select(row => row[Array.IndexOf(Columns, column)]);

    public static Task<CustomFile> GetAsync(Api api, string id, string? parameters, params (string, string?)[] fields) =>
        PostAsync(api, "getCsvFromStringParams", Api.Merge([("ks", api.Ks), ("id", id), ("params", parameters)], fields));

    public static async Task<CustomFile> PostAsync(Api api, string action, (string Name, string? Value)[] fields)
    {
        using var body = new FormUrlEncodedContent(fields.Where(f => f.Value is not null).Select(f => KeyValuePair.Create(f.Name, f.Value!)));
        using var answer = await api.Http.PostAsync(new Uri(api.Server.BaseUrl, $"api_v3/service/report/action/{action}/format/1"), body);
        Assert.Equal(200, (int)answer.StatusCode);
        return new(await answer.Content.ReadAsByteArrayAsync(), answer.Content.Headers.ContentType?.ToString(),
            answer.Headers.Concat(answer.Content.Headers).ToDictionary(h => h.Key, h => string.Join(',', h.Value)));
    }

    public static async Task<List<Dictionary<string, JsonElement>>> TruthAsync(Api api, string id, string parameters)
    {
        var text = await api.Http.GetStringAsync(new Uri(api.Server.BaseUrl, $"sandbox/truth-custom?id={id}&params={Uri.EscapeDataString(parameters)}"));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line)!)];
    }
}

using System.Text.Json;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>One request and answer pair of the vector files, whose expected values come from the service's own code.</summary>
internal sealed class Vector(JsonElement element)
{
    public static IReadOnlyList<Vector> All { get; } = Load();

    public string Id => element.GetProperty("id").GetString()!;
    public string Action => element.GetProperty("action").GetString()!;
    public string Report => $"{element.GetProperty("reportType").GetInt32()}";
    public string Body => element.GetProperty("response_text").GetString()!;
    public JsonElement Response => element.GetProperty("response");
    public JsonElement Expected => element.GetProperty("expected");
    public string? Interval => Request("reportInputFilter[interval]");
    public string Delimiter => Request("responseOptions[delimiter]") ?? ",";

    public static IEnumerable<object[]> Of(string action) => All.Where(v => v.Action == action).Select(v => new object[] { v.Id });

    public static Vector Get(string id) => All.Single(v => v.Id == id);

    public static string[][] Rows(JsonElement list) => [.. list.EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()!).ToArray())];

    private string? Request(string name) => element.GetProperty("request").TryGetProperty(name, out var value) ? value.GetString() : null;

    private static List<Vector> Load()
    {
        var all = new List<Vector>();
        foreach (var name in new[] { "graphs-1.json", "totals-1.json", "other-1.json" })
        {
            using var stream = typeof(Vector).Assembly.GetManifestResourceStream(name)!;
            all.AddRange(JsonDocument.Parse(stream).RootElement.EnumerateArray().Select(e => new Vector(e)));
        }
        return all;
    }
}

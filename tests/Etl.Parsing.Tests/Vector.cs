using System.Text;
using System.Text.Json;

namespace Etl.Parsing.Tests;

/// <summary>One request and answer pair of the vector files.</summary>
public sealed class Vector(JsonElement element)
{
    public static IReadOnlyList<Vector> All { get; } = Load();

    public string Id => element.GetProperty("id").GetString()!;

    public string Action => element.GetProperty("action").GetString()!;

    public byte[] Body => Encoding.UTF8.GetBytes(element.GetProperty("response_text").GetString()!);

    public byte[] File => Convert.FromBase64String(element.GetProperty("file_base64").GetString()!);

    public bool HasFile => element.TryGetProperty("file_base64", out _);

    public JsonElement Expected => element.GetProperty("expected");

    public JsonElement Request => element.GetProperty("request");

    public bool IsAmbiguous => element.TryGetProperty("ambiguous", out var flag) && flag.GetBoolean();

    public bool IsUnsplittable => Expected.TryGetProperty("unsplittable", out var flag) && flag.GetBoolean();

    public string? Error => Expected.TryGetProperty("error", out var code) ? code.GetString() : null;

    public string Delimiter => Request.TryGetProperty("responseOptions[delimiter]", out var value) ? value.GetString()! : ",";

    public int OffsetMinutes =>
        Request.TryGetProperty("reportInputFilter[timeZoneOffset]", out var value) ? int.Parse(value.GetString()!, System.Globalization.CultureInfo.InvariantCulture) : 0;

    public static IEnumerable<object[]> Of(string action) => All.Where(v => v.Action == action).Select(v => new object[] { v.Id });

    public static Vector Get(string id) => All.Single(v => v.Id == id);

    public static string[]? Names(JsonElement list) =>
        list.ValueKind == JsonValueKind.Null ? null : [.. list.EnumerateArray().Select(c => c.GetString()!)];

    public static string[][] Rows(JsonElement list) => [.. list.EnumerateArray().Select(r => Names(r)!)];

    private static List<Vector> Load()
    {
        var all = new List<Vector>();
        var assembly = typeof(Vector).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".json", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            all.AddRange(JsonDocument.Parse(stream).RootElement.EnumerateArray().Select(e => new Vector(e)));
        }
        return all;
    }
}

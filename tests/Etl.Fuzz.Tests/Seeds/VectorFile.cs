using System.Text.Json;
using Etl.Testing;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>Answers in the service's own shape, with made-up data: the vectors of the parsing tests.</summary>
internal static class VectorFile
{
    public static IEnumerable<JsonElement> All { get; } =
        [.. Directory.EnumerateFiles(Repository.PathOf("tests", "Etl.Parsing.Tests", "vectors"), "*.json").Order(StringComparer.Ordinal)
            .SelectMany(f => JsonDocument.Parse(File.ReadAllBytes(f)).RootElement.EnumerateArray())];

    public static IEnumerable<JsonElement> Of(params string[] actions) => All.Where(v => actions.Contains(v.GetProperty("action").GetString()));

    public static string Text(JsonElement vector) => vector.GetProperty("response_text").GetString()!;

    public static IEnumerable<byte[]> Files(string action) =>
        Of(action).Where(v => v.TryGetProperty("file_base64", out _)).Select(v => v.GetProperty("file_base64").GetBytesFromBase64());
}

using System.Text.Json;
using Etl.Core.Catalog;
using Etl.Core.Columns;

namespace Etl.Kaltura.Catalog;

/// <summary>Reads <c>schemas/columns.json</c>.</summary>
internal static class ColumnsFile
{
    public static IReadOnlyDictionary<string, ColumnFact> Read(Stream stream)
    {
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateArray().Select(Fact).ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    private static ColumnFact Fact(JsonElement e)
    {
        var (name, type, unit) = (e.Text("name")!, e.Text("type")!, e.Text("unit"));
        var relative = e.Flag("relative_to_query");
        return new ColumnFact(
            name, type, e.Text("storage")!, unit, e.Text("description") ?? "", e.Text("kind") == "metric",
            relative ? Additivity.None : AdditivityOf(e.Text("additivity"), name, type, unit), relative);
    }

    private static Additivity AdditivityOf(string? word, string name, string type, string? unit) => word switch
    {
        "full" => Additivity.Full,
        "level" => Additivity.Level,
        "none" when name.StartsWith("unique_", StringComparison.Ordinal) || unit is "users" or "viewers" => Additivity.Unique,
        "none" when type is "ratio" or "percent" => Additivity.Ratio,
        // Averages of storage are sums of averages over days: no bound by rows is known.
        "none" when name.StartsWith("avg_", StringComparison.Ordinal) && type != "bytes" => Additivity.Ratio,
        _ => Additivity.None,
    };
}

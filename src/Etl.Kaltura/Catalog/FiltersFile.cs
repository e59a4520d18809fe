using System.Text.Json;
using Etl.Core.Catalog;

namespace Etl.Kaltura.Catalog;

/// <summary>Reads <c>schemas/filters.json</c>.</summary>
internal static class FiltersFile
{
    public static IReadOnlyDictionary<string, FilterField> Read(Stream stream)
    {
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.GetProperty("fields").EnumerateArray().Select(Field)
            .ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    private static FilterField Field(JsonElement e) => new(
        e.Text("name")!, e.Text("type")!, e.Text("meaning") ?? "",
        MultiValue: e.Flag("multi_value"),
        EndUserOnly: e.Text("declared_in") == "KalturaEndUserReportInputFilter",
        CommaSeparated: e.Text("value_separator") == "comma",
        Deprecated: e.Flag("deprecated"));
}

using System.Text.Json;
using Etl.Core.Columns;
using Etl.Kaltura.Catalog;

namespace Etl.Kaltura.Lists;

/// <summary>A column of a list: a member of its objects.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Form">How the value is read: text, int, number, bool, time (unix seconds), json (kept as written) or url.</param>
internal sealed record ListColumn(string Name, string Form)
{
    /// <summary>The landed type.</summary>
    public ColumnType Type => Form switch
    {
        "text" or "json" or "url" => ColumnType.Text,
        "int" => ColumnType.Int64,
        "number" => ColumnType.Double,
        "bool" => ColumnType.Bool,
        "time" => ColumnType.Timestamp,
        _ => throw new InvalidDataException($"The catalogue reads column '{Name}' as '{Form}'; expected text, int, number, bool, time, json or url."),
    };
}

/// <summary>A field of a list's filter, or of its search.</summary>
/// <param name="Name">The service's name.</param>
/// <param name="Form">text, int, bool or time (absolute unix seconds).</param>
/// <param name="Many">True when it takes a list; values are joined with commas.</param>
/// <param name="Of">Filter type that has the field, when it is not the plainest one.</param>
/// <param name="Values">The values it takes; empty when any will do.</param>
internal sealed record ListField(string Name, string Form, bool Many, string? Of, IReadOnlyList<string> Values);

/// <summary>What is known of one list: <c>schemas/lists.json</c>.</summary>
/// <param name="Columns">Its columns, in the order in which they land.</param>
/// <param name="Filters">Fields of its filter.</param>
/// <param name="Search">Fields that entries can be searched by.</param>
/// <param name="Secrets">Members that hold credentials: asked to be left out, and never landed.</param>
internal sealed record ListFacts(
    IReadOnlyList<ListColumn> Columns, IReadOnlyDictionary<string, ListField> Filters, IReadOnlyDictionary<string, ListField> Search, IReadOnlyList<string> Secrets)
{
    private static readonly Lazy<IReadOnlyDictionary<string, ListFacts>> s_all = new(Read);

    /// <summary>The facts of an action: <c>entries</c>, <c>captions</c> or <c>events</c>.</summary>
    public static ListFacts Of(string action) => s_all.Value[action];

    private static Dictionary<string, ListFacts> Read()
    {
        using var stream = typeof(ListFacts).Assembly.GetManifestResourceStream("catalog/lists.json")
            ?? throw new InvalidOperationException("The assembly lacks its resource 'catalog/lists.json'.");
        using var document = JsonDocument.Parse(stream);
        return document.RootElement.EnumerateObject().ToDictionary(p => p.Name, p => new ListFacts(
            [.. p.Value.Objects("columns").Select(c => new ListColumn(c.Text("name")!, c.Text("type")!))],
            Fields(p.Value, "filters"), Fields(p.Value, "search"), p.Value.Texts("secrets")), StringComparer.Ordinal);
    }

    private static Dictionary<string, ListField> Fields(JsonElement list, string name) => list.Objects(name)
        .Select(f => new ListField(f.Text("name")!, f.Text("type")!, f.Flag("many"), f.Text("of"), f.Texts("values")))
        .ToDictionary(f => f.Name, StringComparer.Ordinal);
}

using System.Text.Json;
using Etl.Core.Columns;

namespace Etl.Landing.Parquet;

/// <summary>A table's schema as JSON in a file's footer: what Parquet itself has no words for (roles, additivity, units, key).</summary>
internal static class SchemaText
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write(TableSchema schema) => JsonSerializer.Serialize(
        new StoredSchema(
            [.. schema.Columns.Select(c => new StoredColumn(c.Name, $"{c.Type}", $"{c.Role}", $"{c.Additivity}", c.Unit, c.Known))],
            schema.Key),
        s_options);

    /// <exception cref="JsonException">The text is not a schema.</exception>
    /// <exception cref="ArgumentException">It is one that no table can have.</exception>
    public static TableSchema Read(string json)
    {
        var stored = JsonSerializer.Deserialize<StoredSchema>(json, s_options) ?? throw new JsonException("The schema is null.");
        return new TableSchema(
            stored.Columns.Select(c => new Column(
                c.Name, Enum.Parse<ColumnType>(c.Type), Enum.Parse<ColumnRole>(c.Role), Enum.Parse<Additivity>(c.Additivity), c.Unit, c.Known)),
            stored.Key);
    }

    private sealed record StoredSchema(IReadOnlyList<StoredColumn> Columns, IReadOnlyList<string> Key);

    private sealed record StoredColumn(string Name, string Type, string Role, string Additivity, string? Unit, bool Known);
}

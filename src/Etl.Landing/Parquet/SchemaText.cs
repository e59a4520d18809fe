using System.Text.Json;
using System.Text.Json.Serialization;
using Etl.Core.Columns;

namespace Etl.Landing.Parquet;

/// <summary>A table's schema as JSON in a file's footer: what Parquet itself has no words for (roles, additivity, units, key).</summary>
internal static class SchemaText
{
    public static string Write(TableSchema schema) => JsonSerializer.Serialize(
        new StoredSchema(
            [.. schema.Columns.Select(c => new StoredColumn(c.Name, $"{c.Type}", $"{c.Role}", $"{c.Additivity}", c.Unit, c.Known))],
            schema.Key),
        SchemaJson.Default.StoredSchema);

    /// <exception cref="JsonException">The text is not a schema.</exception>
    /// <exception cref="ArgumentException">It is one that no table can have.</exception>
    public static TableSchema Read(string json)
    {
        var stored = JsonSerializer.Deserialize(json, SchemaJson.Default.StoredSchema) ?? throw new JsonException("The schema is null.");
        return new TableSchema(stored.Columns.Select(ColumnOf), stored.Key);
    }

    private static Column ColumnOf(StoredColumn? stored) => stored is { Name: { } name }
        ? new Column(name, Word<ColumnType>(stored.Type), Word<ColumnRole>(stored.Role), Word<Additivity>(stored.Additivity), stored.Unit, stored.Known)
        : throw new JsonException("A column of the schema has no name.");

    // The words alone: the framework would also read any number, and several words with commas between them.
    private static T Word<T>(string? text)
        where T : struct, Enum =>
        Enum.TryParse<T>(text, out var value) && Enum.GetName(value) == text ? value : throw new JsonException($"The schema says '{text}' where a {typeof(T).Name} belongs.");
}

internal sealed record StoredSchema(IReadOnlyList<StoredColumn> Columns, IReadOnlyList<string> Key);

internal sealed record StoredColumn(string Name, string Type, string Role, string Additivity, string? Unit, bool Known);

/// <summary>Written by the compiler: every command that opens or writes a file of rows would wait for the framework to look at the types.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredSchema))]
internal sealed partial class SchemaJson : JsonSerializerContext;

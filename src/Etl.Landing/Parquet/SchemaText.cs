using System.Text;
using System.Text.Json;
using Etl.Core.Columns;

namespace Etl.Landing.Parquet;

/// <summary>
/// A table's schema as JSON in a file's footer: what Parquet itself has no words for (roles, additivity, units, key). Read and written without the
/// framework's serializer, whose types are compiled anew in every process: every command that opens or writes a file of rows would wait for that.
/// </summary>
internal static class SchemaText
{
    // The words of each kind, in the order of their values.
    private static readonly string[] s_types = Words(ColumnType.Bool, ColumnType.Int32, ColumnType.Int64, ColumnType.Double, ColumnType.Date, ColumnType.Timestamp, ColumnType.Text);
    private static readonly string[] s_roles = Words(ColumnRole.Dimension, ColumnRole.Metric, ColumnRole.System);
    private static readonly string[] s_additivities = Words(Additivity.None, Additivity.Full, Additivity.Level, Additivity.Unique, Additivity.Ratio);

    public static string Write(TableSchema schema)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteStartArray("columns");
            foreach (var column in schema.Columns)
            {
                json.WriteStartObject();
                json.WriteString("name", column.Name);
                json.WriteString("type", s_types[(int)column.Type]);
                json.WriteString("role", s_roles[(int)column.Role]);
                json.WriteString("additivity", s_additivities[(int)column.Additivity]);
                if (column.Unit is not null) json.WriteString("unit", column.Unit);
                json.WriteBoolean("known", column.Known);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("key");
            foreach (var name in schema.Key) json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <exception cref="JsonException">The text is not a schema.</exception>
    /// <exception cref="ArgumentException">It is one that no table can have.</exception>
    public static TableSchema Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return Schema(document.RootElement);
        }
        catch (InvalidOperationException fault)
        {
            throw new JsonException("The schema holds a text that is no Unicode.", fault);
        }
    }

    private static TableSchema Schema(JsonElement schema)
    {
        if (!Find(schema, "columns", JsonValueKind.Array, out var list)) throw new JsonException("The schema has no columns.");
        var columns = new List<Column>();
        foreach (var column in list.EnumerateArray())
        {
            columns.Add(new Column(
                Text(column, "name") ?? throw new JsonException("A column of the schema has no name."),
                (ColumnType)Word(column, "type", s_types),
                (ColumnRole)Word(column, "role", s_roles),
                (Additivity)Word(column, "additivity", s_additivities),
                Text(column, "unit"),
                Find(column, "known", JsonValueKind.True, out _)));
        }
        var key = new List<string>();
        if (Find(schema, "key", JsonValueKind.Array, out var names))
        {
            foreach (var name in names.EnumerateArray())
                key.Add(name.ValueKind == JsonValueKind.String ? name.GetString()! : throw new JsonException("A name of the schema's key is not a text."));
        }
        return new TableSchema(columns, key);
    }

    private static string[] Words(params Enum[] values) => Array.ConvertAll(values, v => v.ToString());

    private static string? Text(JsonElement column, string name) => Find(column, name, JsonValueKind.String, out var text) ? text.GetString() : null;

    // Those words alone.
    private static int Word(JsonElement column, string name, string[] words)
    {
        var text = Text(column, name);
        return Array.IndexOf(words, text) is >= 0 and var at ? at : throw new JsonException($"The schema says '{text}' where a column's {name} belongs.");
    }

    // False where it is not there, null, or false.
    private static bool Find(JsonElement parent, string name, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        if (parent.ValueKind != JsonValueKind.Object) throw new JsonException($"The schema holds no object where '{name}' is looked for.");
        if (!parent.TryGetProperty(name, out value) || value.ValueKind == JsonValueKind.Null) return false;
        if (value.ValueKind == kind) return true;
        if (kind == JsonValueKind.True && value.ValueKind == JsonValueKind.False) return false;
        throw new JsonException($"The schema's '{name}' is of the wrong kind.");
    }
}

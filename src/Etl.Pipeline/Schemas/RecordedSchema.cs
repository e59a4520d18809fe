using System.Text.Json;
using System.Text.Json.Serialization;
using Etl.Core.Columns;

namespace Etl.Pipeline.Schemas;

/// <summary>One column as the ledger remembers it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The type that it landed with.</param>
public sealed record SchemaColumn(string Name, ColumnType Type)
{
    /// <summary>False when the catalogue did not know it when it landed first; such a column stays text.</summary>
    public bool Known { get; init; } = true;

    /// <summary>True when it told rows apart.</summary>
    public bool Key { get; init; }

    /// <summary>True when its values are in <c>_extra</c>.</summary>
    public bool Extra { get; init; }

    /// <summary>True when it landed before and did not come with this pull.</summary>
    public bool Absent { get; init; }

    /// <summary>What it lands as, in a word.</summary>
    public string Place => Extra ? SystemColumns.Extra.Name : Type.ToString();
}

/// <summary>
/// The columns of a pull as they stand in its ledger record: those that were sent, in the order sent, and behind them those that landed
/// with earlier pulls only. So the record of one pull knows the names of all before it.
/// </summary>
public static class RecordedSchema
{
    private static readonly JsonSerializerOptions s_options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    };

    /// <summary>The record of a pull.</summary>
    /// <param name="sent">What was sent.</param>
    /// <param name="landed">What it landed as.</param>
    /// <param name="before">The record of the pull that landed last; empty when none did.</param>
    public static string Write(TableSchema sent, TableSchema landed, IReadOnlyList<SchemaColumn> before)
    {
        if (sent.Drift.IsGuess && before.Count > 0) return Write(before);
        List<SchemaColumn> columns =
        [
            .. sent.Columns.Select(c => new SchemaColumn(c.Name, landed.Columns[landed.IndexOf(c.Name)].Type) { Known = c.Known && !StaysText(before, c), Key = sent.Key.Contains(c.Name) }),
            .. sent.Drift.Extra.Select(n => new SchemaColumn(n, ColumnType.Text) { Known = false, Extra = true }),
        ];
        var names = columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        columns.AddRange(before.Where(c => !names.Contains(c.Name)).Select(c => c with { Absent = !sent.Drift.IsOpen }));
        return Write(columns);
    }

    private static bool StaysText(IReadOnlyList<SchemaColumn> before, Column column) =>
        column.Type == ColumnType.Text && before.Any(b => b is { Known: false, Extra: false, Type: ColumnType.Text } && b.Name == column.Name);

    private static string Write(IEnumerable<SchemaColumn> columns) => JsonSerializer.Serialize(columns.Select(Stored.Of), s_options);

    /// <summary>Reads a record; those of earlier builds have names and types only.</summary>
    public static IReadOnlyList<SchemaColumn> Read(string json) =>
        [.. (JsonSerializer.Deserialize<List<Stored>>(json, s_options) ?? []).Select(c => c.ToColumn())];

    // Only what is out of the ordinary is written.
    private sealed record Stored(string Name, string Type, bool Unknown, bool Key, bool Extra, bool Absent)
    {
        public static Stored Of(SchemaColumn c) => new(c.Name, c.Type.ToString(), !c.Known, c.Key, c.Extra, c.Absent);

        public SchemaColumn ToColumn() => new(Name, Enum.Parse<ColumnType>(Type)) { Known = !Unknown, Key = Key, Extra = Extra, Absent = Absent };
    }
}

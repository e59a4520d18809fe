using System.Text;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Live;

/// <summary>
/// Turns objects of an open schema into rows: a few columns that are known, and one text column per other field, named
/// <c>data_</c> and the path of the field joined with <c>_</c>. Arrays stay JSON text: a column per item would have no end.
/// </summary>
internal sealed class ObjectColumns(TableSchema known, SchemaPolicy policy, SecretMask mask)
{
    /// <summary>Prefix of fields that are not columns of their own.</summary>
    public const string Prefix = "data_";

    /// <summary>Most columns beyond the known ones; the rest stays in the text of the object alone.</summary>
    private const int MostColumns = 200;

    private readonly List<Item> _rows = [];
    private readonly List<string> _names = [];

    private bool HasExtra => policy == SchemaPolicy.Ignore;

    /// <summary>True when a field found no column because there are too many.</summary>
    public bool Overflowed { get; private set; }

    /// <summary>Begins the row of an object.</summary>
    public Dictionary<string, string?> Add(DateTimeOffset time, JsonElement sent)
    {
        var row = new Item(time, sent);
        _rows.Add(row);
        return row.Cells;
    }

    /// <summary>Refuses a cell of the row that was begun last.</summary>
    public void Refuse(string column, string text, string reason) => _rows[^1].Refused.Add(TextCell.Refused(column, reason, text));

    /// <summary>Adds the fields of an object, and of objects in it, to a row.</summary>
    public void Flatten(Dictionary<string, string?> cells, JsonElement value, Func<string, bool> skip, string path = "")
    {
        foreach (var field in value.EnumerateObject())
        {
            var name = path + field.Name;
            if (path.Length == 0 && skip(name)) continue;
            if (field.Value.ValueKind == JsonValueKind.Object) Flatten(cells, field.Value, skip, name + "_");
            else Put(cells, Prefix + name, TextOf(field.Value));
        }
    }

    /// <summary>A scalar as text, an array or object as JSON; null for null and for a field that is not there.</summary>
    public static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    /// <summary>An instant as the service writes it.</summary>
    public static string Text(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The rows in order, and their times. Rows with a cell that cannot be typed are marked.</summary>
    public (RowBatch Rows, IReadOnlyList<DateTimeOffset> Times) Build()
    {
        var sideMap = HasExtra ? new SideMap(_names) : null;
        var schema = new TableSchema(
            [.. known.Columns, .. HasExtra ? [SystemColumns.Extra] : _names.Order(StringComparer.Ordinal).Select(n => new Column(n, ColumnType.Text, Known: false))], known.Key)
        {
            Drift = new SchemaDrift { Extra = HasExtra ? _names : [], IsOpen = true },
        };
        var batch = new RowBatch(schema);
        var plain = schema.Columns.Count - (HasExtra ? 1 : 0);
        for (var index = 0; index < _rows.Count; index++)
        {
            var row = _rows[index];
            for (var c = 0; c < plain; c++) Append(batch, c, row.Cells.GetValueOrDefault(schema.Columns[c].Name), row);
            for (var n = 0; n < sideMap?.Names.Count; n++) sideMap.Put(n, row.Cells.GetValueOrDefault(_names[n]) ?? "");
            sideMap?.EndRow(batch.Text(plain));
            if (row.Refused.Count > 0) batch.Refuse(new RefusedRow(index, index + 1, mask.Clean(row.Sent.GetRawText(), int.MaxValue), row.Refused));
        }
        return (batch, [.. _rows.Select(r => r.Time)]);
    }

    private void Put(Dictionary<string, string?> cells, string name, string? text)
    {
        if (known.IndexOf(name) < 0 && !_names.Contains(name))
        {
            if (_names.Count == MostColumns && !HasExtra)
            {
                Overflowed = true;
                return;
            }
            _names.Add(name);
        }
        cells.TryAdd(name, text);
    }

    private static void Append(RowBatch batch, int column, string? text, Item row)
    {
        if (text is null)
        {
            batch[column].AppendNull();
            return;
        }
        if (batch[column] is TextBuffer cells)
        {
            cells.Append(Encoding.UTF8.GetBytes(text));
            return;
        }
        var format = batch.Schema.Columns[column].Type == ColumnType.Timestamp ? CellFormat.UnixSeconds : CellFormat.Integer;
        if (!TextCell.TryAppend(batch[column], format, text, 0)) row.Refused.Add(TextCell.Refused(batch.Schema.Columns[column].Name, format, text));
    }

    private sealed record Item(DateTimeOffset Time, JsonElement Sent)
    {
        public Dictionary<string, string?> Cells { get; } = new(StringComparer.Ordinal);

        public List<RefusedCell> Refused { get; } = [];
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Lists;

/// <summary>
/// Turns the objects of a list into typed rows. Members that are null are absent, so a member that the catalogue does not know may
/// show late: then the list is read to its end for the names of all others, and begun again.
/// </summary>
internal sealed class ListRows(PullContext pull, ListFacts facts, IPullSink sink)
{
    private readonly SortedSet<string> _unknown = new(StringComparer.Ordinal), _extra = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = [.. facts.Columns.Select(c => c.Name)];
    private Dictionary<string, int> _index = [];
    private IReadOnlyList<ListColumn> _columns = [];
    private TableSchema? _schema;
    private SideMap? _sideMap;
    private RowBatch? _batch;
    private JsonElement[] _cells = [];
    private int _slices;

    /// <summary>Rows handed on.</summary>
    public long Count { get; private set; }

    /// <summary>True when a new column showed after rows were handed on: the rest is only looked at, and the list has to be read again.</summary>
    public bool MustBeginAgain { get; private set; }

    /// <summary>Columns of the rows.</summary>
    public TableSchema Schema => new(_schema!.Columns, _schema.Key) { Drift = new SchemaDrift { Extra = [.. _extra], IsOpen = true } };

    private bool HasExtra => pull.Request.SchemaPolicy == SchemaPolicy.Ignore;

    /// <summary>Begins, or begins again with the columns that are known by now.</summary>
    public void Begin()
    {
        (_schema, _slices, Count, MustBeginAgain) = (null, 0, 0, false);
        pull.Log.Rows = 0;
    }

    /// <summary>Takes the rows of a slice.</summary>
    public async ValueTask WriteAsync(IReadOnlyList<ListRow> rows, CancellationToken cancellation)
    {
        var before = _unknown.Count;
        foreach (var row in rows) Learn(row.Value);
        if (HasExtra && _sideMap?.Names.Count != _extra.Count) _sideMap = new SideMap([.. _extra]);
        if (_schema is not null && _unknown.Count > before) MustBeginAgain = true;
        if (MustBeginAgain || rows.Count == 0) return;
        await StartAsync(cancellation).ConfigureAwait(false);
        _slices++;
        _batch!.Clear();
        for (var i = 0; i < rows.Count; i++) Append(rows[i].Value, i + 1);
        await sink.WriteAsync(_batch, cancellation).ConfigureAwait(false);
        Count += rows.Count;
        pull.Log.Rows = Count;
    }

    /// <summary>Begins the sink, once: for a list without objects too.</summary>
    public async ValueTask StartAsync(CancellationToken cancellation)
    {
        if (_schema is not null) return;
        _columns = [.. facts.Columns, .. _unknown.Select(n => new ListColumn(n, "json"))];
        var columns = _columns.Select(c => new Column(c.Name, c.Type, Known: _known.Contains(c.Name)));
        _schema = new TableSchema(HasExtra ? columns.Append(SystemColumns.Extra) : columns, ["id"]);
        _index = _columns.Select((c, i) => (c.Name, i)).ToDictionary(c => c.Name, c => c.i, StringComparer.Ordinal);
        _batch = new RowBatch(_schema);
        _cells = new JsonElement[_columns.Count];
        await sink.StartAsync(_schema, cancellation).ConfigureAwait(false);
    }

    private void Learn(JsonElement item)
    {
        foreach (var member in item.EnumerateObject())
        {
            if (_known.Contains(member.Name) || _unknown.Contains(member.Name) || _extra.Contains(member.Name)) continue;
            if (facts.Secrets.Contains(member.Name, StringComparer.Ordinal))
                pull.Note($"Column '{member.Name}' holds a credential and is never landed.");
            else if (HasExtra)
            {
                _extra.Add(member.Name);
                pull.Note($"Column '{member.Name}' is not known and lands in '{SystemColumns.Extra.Name}' (schema: ignore).");
            }
            else if (member.Name.Length == 0 || member.Name[0] == '_')
                pull.Note($"Column '{member.Name}' was left out: names with a leading underscore are the system's.");
            else
                _unknown.Add(member.Name);
        }
    }

    private void Append(JsonElement item, int number)
    {
        Array.Clear(_cells);
        List<RefusedCell>? refused = null;
        foreach (var member in item.EnumerateObject())
        {
            if (_index.TryGetValue(member.Name, out var column)) _cells[column] = member.Value;
            else if (_sideMap is not null && member.Value.ValueKind != JsonValueKind.Null && _extra.Contains(member.Name)) _sideMap.Put(member.Name, TextOf("json", member.Value));
        }
        for (var c = 0; c < _cells.Length; c++)
        {
            var cell = _cells[c];
            var isNull = cell.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
            if (!isNull && TryAppend(_batch![c], _columns[c].Form, cell)) continue;
            _batch![c].AppendNull();
            if (!isNull) (refused ??= []).Add(TextCell.Refused(_columns[c].Name, $"is not {Expected(_columns[c].Form)}", Clean(cell.GetRawText())));
        }
        _sideMap?.EndRow(_batch!.Text(_cells.Length));
        if (refused is not null) _batch!.Refuse(new RefusedRow(_batch.RowCount - 1, number, Sent(item), refused) { Page = _slices });
    }

    // The object as it was sent, but for what is never written.
    private string Sent(JsonElement item) => Clean($"{{{string.Join(',', item.EnumerateObject()
        .Where(m => !facts.Secrets.Contains(m.Name, StringComparer.Ordinal))
        .Select(m => $"{JsonSerializer.Serialize(m.Name)}:{m.Value.GetRawText()}"))}}}");

    private string Clean(string text) => pull.Connection.Api.Mask.Clean(text, int.MaxValue);

    private bool TryAppend(ColumnBuffer buffer, string form, JsonElement cell)
    {
        switch (form)
        {
            case "text" or "json" or "url":
                ((TextBuffer)buffer).Append(Encoding.UTF8.GetBytes(TextOf(form, cell)));
                return true;
            case "bool" when Flag(cell) is { } flag:
                ((FixedBuffer<bool>)buffer).Append(flag);
                return true;
            case "number" when Number(cell) is { } number:
                ((FixedBuffer<double>)buffer).Append(number);
                return true;
            case "int" when Whole(cell) is { } whole:
                ((FixedBuffer<long>)buffer).Append(whole);
                return true;
            case "time" when Whole(cell) is >= 0 and <= 253_402_300_799 and var seconds:
                ((FixedBuffer<long>)buffer).Append(seconds * 1_000_000);
                return true;
            default:
                return false;
        }
    }

    private string TextOf(string form, JsonElement cell)
    {
        var text = cell.ValueKind == JsonValueKind.String ? cell.GetString()! : cell.GetRawText();
        // Addresses may carry the session that they were asked with (wire facts 1.5).
        return form == "url" && (text.Contains("/ks/", StringComparison.OrdinalIgnoreCase) || text.Contains("ks=", StringComparison.OrdinalIgnoreCase) || text.Contains("djJ8", StringComparison.Ordinal))
            ? pull.Connection.Api.Mask.Clean(text, int.MaxValue)
            : text;
    }

    private static long? Whole(JsonElement cell) => cell.ValueKind switch
    {
        JsonValueKind.Number when cell.TryGetInt64(out var value) => value,
        JsonValueKind.String when long.TryParse(cell.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };

    private static double? Number(JsonElement cell) => cell.ValueKind switch
    {
        JsonValueKind.Number when cell.TryGetDouble(out var value) && double.IsFinite(value) => value,
        JsonValueKind.String when double.TryParse(cell.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) => value,
        _ => null,
    };

    private static bool? Flag(JsonElement cell) => cell.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => Whole(cell) switch { 1 => true, 0 => false, _ => null },
    };

    private static string Expected(string form) => form switch
    {
        "int" => "a whole number",
        "number" => "a number",
        "bool" => "true or false",
        _ => "a time in unix seconds",
    };
}

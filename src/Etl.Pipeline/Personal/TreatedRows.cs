using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;

namespace Etl.Pipeline.Personal;

/// <summary>Makes treated batches of the batches of one pull.</summary>
internal sealed class TreatedRows
{
    /// <summary>What stands for a cell of which nobody can say whose it is.</summary>
    private const string Withheld = "(withheld)";

    private static readonly JsonWriterOptions s_writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TableSchema _sent;
    private readonly Dictionary<string, PersonalRule> _rules;
    private readonly Dictionary<string, CellTreatment> _treatments;
    private readonly List<(int Source, CellTreatment? Treatment, TextBuffer? Room)> _columns = [];
    private readonly IReadOnlyList<PersonalRule> _missing;

    /// <summary>Prepares for a schema.</summary>
    /// <param name="sent">As the source sends it.</param>
    /// <param name="rules">Rules that change something.</param>
    /// <param name="treatments">How cells are masked or hashed, by column.</param>
    /// <exception cref="EtlException">A column that has to be treated comes inside <c>_extra</c>.</exception>
    public TreatedRows(TableSchema sent, IEnumerable<PersonalRule> rules, Dictionary<string, CellTreatment> treatments)
    {
        (_sent, _treatments) = (sent, treatments);
        _rules = rules.ToDictionary(r => r.Column, StringComparer.Ordinal);
        if (_rules.Keys.FirstOrDefault(sent.Drift.Extra.Contains) is { } hidden)
            throw new EtlException(
                FaultKind.Window, $"Column '{hidden}' is not in the catalogue, so with 'schema: ignore' it would land in '_extra', where 'pii' cannot treat it. Write 'schema: evolve'.") { Code = "pii-column" };
        var columns = new List<Column>();
        for (var i = 0; i < sent.Columns.Count; i++)
        {
            var column = sent.Columns[i];
            var rule = _rules.GetValueOrDefault(column.Name);
            if (rule?.Treatment == Treatment.Drop) continue;
            columns.Add(rule is null ? column : column with { Type = ColumnType.Text, Role = ColumnRole.Dimension, Additivity = Additivity.None, Unit = null });
            _columns.Add(rule is null ? (i, null, null) : (i, treatments[column.Name], new TextBuffer()));
        }
        // Rows whose key lost a column may be many of one key: they are told apart by all of their cells.
        Schema = new TableSchema(columns, sent.Key.Any(k => _rules.GetValueOrDefault(k)?.Treatment == Treatment.Drop) ? [] : sent.Key)
        {
            Drift = sent.Drift with
            {
                Absent = [.. sent.Drift.Absent.Where(c => _rules.GetValueOrDefault(c.Name)?.Treatment != Treatment.Drop)],
                AbsentKey = [.. sent.Drift.AbsentKey.Where(c => _rules.GetValueOrDefault(c)?.Treatment != Treatment.Drop)],
            },
        };
        var known = sent.Columns.Concat(sent.Drift.Absent).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        _missing = [.. _rules.Values.Where(r => r.IsRequired && !known.Contains(r.Column))];
    }

    /// <summary>What lands.</summary>
    public TableSchema Schema { get; }

    /// <summary>Whether a figure of this column may be told.</summary>
    public bool Keeps(string column) => !_rules.ContainsKey(column);

    /// <summary>A treated batch; its cells are good until the next call.</summary>
    /// <exception cref="EtlException">A column that has to be treated was not sent.</exception>
    public RowBatch Of(RowBatch batch)
    {
        if (_missing.Count > 0 && batch.RowCount > 0)
            throw new EtlException(
                FaultKind.Window,
                $"Column '{_missing[0].Column}', which 'pii' treats, was not sent; the answer has {string.Join(", ", _sent.Columns.Select(c => c.Name))}. "
                + "Under another name its cells would land as they are, so nothing landed. Put the name that it has now into 'pii'.") { Code = "pii-column" };
        var cells = new List<ColumnBuffer>(_columns.Count);
        foreach (var (source, treatment, room) in _columns)
        {
            if (treatment is null)
            {
                cells.Add(batch[source]);
                continue;
            }
            room!.Clear();
            for (var row = 0; row < batch.RowCount; row++) treatment.Append(batch[source], _sent.Columns[source].Type, row, room);
            cells.Add(room);
        }
        var treated = new RowBatch(Schema, cells);
        foreach (var row in batch.Refused) treated.Refuse(row with { Raw = Treat(row.Raw), Cells = [.. row.Cells.Select(Treat)] });
        return treated;
    }

    private RefusedCell Treat(RefusedCell cell) => cell with { Text = Treat(cell.Column, cell.Text) ?? Withheld };

    private string Treat(string json)
    {
        using var row = JsonDocument.Parse(json);
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, s_writing))
        {
            writer.WriteStartObject();
            foreach (var cell in row.RootElement.EnumerateObject())
            {
                if (_rules.GetValueOrDefault(cell.Name)?.Treatment == Treatment.Drop) continue;
                if (Keeps(cell.Name) && _sent.IndexOf(cell.Name) >= 0) cell.WriteTo(writer);
                else if (cell.Value.ValueKind == JsonValueKind.Null) writer.WriteNull(cell.Name);
                else writer.WriteString(cell.Name, Treat(cell.Name, cell.Value.ToString()) ?? Withheld);
            }
            writer.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    /// <summary>A raw cell as it may be kept; null where that cannot be said.</summary>
    private string? Treat(string column, string text) =>
        _sent.IndexOf(column) < 0 || _rules.GetValueOrDefault(column)?.Treatment == Treatment.Drop ? null : _treatments.TryGetValue(column, out var treatment) ? treatment.Of(text) : text;
}

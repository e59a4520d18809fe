using System.Text;
using Etl.Core.Columns;
using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Takes batches of text columns and writes their cells down, length first: no cell can be taken for two.</summary>
internal sealed class RowPrint
{
    private readonly StringBuilder _text = new();
    private int _columns;

    public List<string[]> Rows { get; } = [];

    public TablePlan Bind(IReadOnlyList<string> header)
    {
        _columns = header.Count;
        // Labels of a report file stand by position and may repeat; columns of a schema may not.
        return new TablePlan(
            new TableSchema(header.Select((_, i) => new Column($"c{i}", ColumnType.Text))), [.. header.Select(_ => CellFormat.Text)], [.. header.Select((_, i) => i)]);
    }

    public ValueTask Take(RowBatch batch, CancellationToken cancellation)
    {
        if (batch.Schema.Columns.Count != _columns) throw new ViolationException($"A batch has {batch.Schema.Columns.Count} columns under {_columns} names.");
        for (var c = 0; c < _columns; c++)
            if (batch[c].Count != batch.RowCount) throw new ViolationException($"Column {c} of a batch has {batch[c].Count} of {batch.RowCount} rows.");
        for (var row = 0; row < batch.RowCount; row++)
            Rows.Add([.. Enumerable.Range(0, _columns).Select(c => Encoding.UTF8.GetString(((TextBuffer)batch[c])[row]))]);
        return ValueTask.CompletedTask;
    }

    public string Print(IEnumerable<string>? header, params string?[] facts)
    {
        foreach (var fact in facts) Add(fact);
        foreach (var name in header ?? []) Add(name);
        _text.Append('\n');
        foreach (var row in Rows)
        {
            foreach (var cell in row) Add(cell);
            _text.Append('\n');
        }
        return _text.ToString();
    }

    // A row is a line of the print.
    private void Add(string? part) => _text.Append(part?.Length ?? 0).Append(part is null ? '-' : ':').Append(part?.Replace('\n', '\u240A'));
}

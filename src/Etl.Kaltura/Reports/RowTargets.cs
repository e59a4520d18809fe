using System.Text;
using Etl.Core.Columns;
using Etl.Core.Sources;

namespace Etl.Kaltura.Reports;

/// <summary>Where the rows of one page chain go.</summary>
internal interface IRowTarget
{
    /// <summary>Begins, or begins again: rows so far are forgotten.</summary>
    ValueTask StartAsync(BoundTable table, CancellationToken cancellation);

    /// <summary>Takes a batch; it may be reused when the call returns.</summary>
    ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation);
}

/// <summary>Straight into the pull: for a window that one chain can hold.</summary>
internal sealed class SinkTarget(IPullSink sink) : IRowTarget
{
    public ValueTask StartAsync(BoundTable table, CancellationToken cancellation) => sink.StartAsync(table.Schema, cancellation);
    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation) => sink.WriteAsync(batch, cancellation);
}

/// <summary>
/// Keeps the rows of one part of a split until the part is known to be whole: at most the cap, so memory is bounded. Used for one part
/// after the other.
/// Columns relative to their own query become null, since parts cannot be compared.
/// </summary>
internal sealed class HeldRows : IRowTarget
{
    private BoundTable? _table;
    private RowBatch? _rows;

    public ValueTask StartAsync(BoundTable table, CancellationToken cancellation)
    {
        if (!ReferenceEquals(_table, table)) (_table, _rows) = (table, new RowBatch(table.Schema));
        _rows!.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        var start = _rows!.RowCount;
        for (var column = 0; column < batch.Schema.Columns.Count; column++)
        {
            var cells = _rows[column];
            if (Array.IndexOf(_table!.Relative, column) < 0) cells.AppendAll(batch[column]);
            else for (var row = 0; row < batch.RowCount; row++) cells.AppendNull();
        }
        _rows.TakeRefusals(batch, start);
        return ValueTask.CompletedTask;
    }

    /// <summary>Hands everything over.</summary>
    public async ValueTask FlushAsync(IPullSink sink, CancellationToken cancellation)
    {
        if (_rows is { RowCount: > 0 }) await sink.WriteAsync(_rows, cancellation).ConfigureAwait(false);
    }

    /// <summary>Shows the dates of the rows.</summary>
    public void Look(DateSpill days)
    {
        if (_rows is not null) days.Add(_rows);
    }

    /// <summary>Copies one row, with relative columns as null.</summary>
    internal static void Append(RowBatch to, BoundTable table, RowBatch from, int row)
    {
        var index = to.RowCount;
        for (var column = 0; column < table.Schema.Columns.Count; column++)
        {
            if (Array.IndexOf(table.Relative, column) >= 0) to[column].AppendNull();
            else to[column].AppendFrom(from[column], row);
        }
        to.TakeRefusal(from, row, index);
    }
}

/// <summary>Keeps the distinct values of one text column, in the order they came.</summary>
internal sealed class ValueCollector(string column) : IRowTarget
{
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private int _index = -1;

    /// <summary>True to take the words <c>Unknown</c> and <c>Error</c> as values.</summary>
    public bool WithUnknown { get; init; }

    /// <summary>Values found; empty ones are left out.</summary>
    public List<string> Values { get; } = [];

    // A restart forgets nothing: a value that was seen exists.
    public ValueTask StartAsync(BoundTable table, CancellationToken cancellation)
    {
        _index = table.Schema.IndexOf(column);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        if (_index < 0) return ValueTask.CompletedTask;
        var cells = batch.Text(_index);
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (cells.IsNull(row) || cells[row].IsEmpty || (!WithUnknown && RowKeys.IsUnresolved(cells[row]))) continue;
            var value = Encoding.UTF8.GetString(cells[row]);
            if (_seen.Add(value)) Values.Add(value);
        }
        return ValueTask.CompletedTask;
    }
}

namespace Etl.Core.Columns;

/// <summary>
/// Rows in memory, column by column. Whoever hands a batch out may reuse it: a receiver may look at it
/// until the call that brought it returns, and copies what it keeps.
/// </summary>
public sealed class RowBatch
{
    private readonly ColumnBuffer[] _columns;
    private readonly List<RefusedRow> _refused = [];

    /// <summary>Makes an empty batch.</summary>
    public RowBatch(TableSchema schema)
    {
        Schema = schema;
        _columns = [.. schema.Columns.Select(c => ColumnBuffer.Create(c.Type))];
    }

    /// <summary>Makes a batch of cells that somebody else holds.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="cells">One buffer per column, of its type.</param>
    public RowBatch(TableSchema schema, IEnumerable<ColumnBuffer> cells)
    {
        Schema = schema;
        _columns = [.. cells];
        if (_columns.Length != schema.Columns.Count) throw new ArgumentException($"{_columns.Length} buffers for {schema.Columns.Count} columns.", nameof(cells));
    }

    /// <summary>The columns in order.</summary>
    public TableSchema Schema { get; }

    /// <summary>Rows held; every column holds as many once a row is whole.</summary>
    public int RowCount => _columns.Length == 0 ? 0 : _columns[0].Count;

    /// <summary>Rows of this batch that have to go to quarantine, in order. Proofs of completeness count them; what lands leaves them out.</summary>
    public IReadOnlyList<RefusedRow> Refused => _refused;

    /// <summary>A column's cells.</summary>
    public ColumnBuffer this[int column] => _columns[column];

    /// <summary>The text cells of a column whose type is <see cref="ColumnType.Text"/>.</summary>
    public TextBuffer Text(int column) => (TextBuffer)_columns[column];

    /// <summary>The cells of a fixed-width column.</summary>
    public FixedBuffer<T> Fixed<T>(int column) => (FixedBuffer<T>)_columns[column];

    /// <summary>Marks a row for quarantine. Rows are marked in order, each once.</summary>
    public void Refuse(RefusedRow row)
    {
        if (_refused.Count > 0 && _refused[^1].Index >= row.Index)
            throw new ArgumentException($"Row {row.Index} is refused after row {_refused[^1].Index}.", nameof(row));
        _refused.Add(row);
    }

    /// <summary>Why a row has to go to quarantine; null when it is well.</summary>
    public RefusedRow? RefusalOf(int row)
    {
        // A handful at most, but for a source that is broken as a whole.
        int low = 0, high = _refused.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_refused[middle].Index == row) return _refused[middle];
            if (_refused[middle].Index < row) low = middle + 1;
            else high = middle - 1;
        }
        return null;
    }

    /// <summary>Looks at every refused row and keeps what is returned for it; null makes it a row like any other.</summary>
    public void Review(Func<RefusedRow, RefusedRow?> judge)
    {
        if (_refused.Count == 0) return;
        RefusedRow[] reviewed = [.. _refused.Select(judge).OfType<RefusedRow>()];
        _refused.Clear();
        _refused.AddRange(reviewed);
    }

    /// <summary>Appends a row of another batch of the same columns, refused if it was.</summary>
    public void AppendRow(RowBatch source, int row)
    {
        var index = RowCount;
        for (var column = 0; column < _columns.Length; column++) _columns[column].AppendFrom(source[column], row);
        TakeRefusal(source, row, index);
    }

    /// <summary>Appends all rows of another batch of the same columns, refused where they were.</summary>
    public void AppendAll(RowBatch source)
    {
        var start = RowCount;
        for (var column = 0; column < _columns.Length; column++) _columns[column].AppendAll(source[column]);
        TakeRefusals(source, start);
    }

    /// <summary>Appends rows of another batch of the same columns that refuses none, in the order in which they are named.</summary>
    public void AppendRows(RowBatch source, ReadOnlySpan<int> rows)
    {
        if (source._refused.Count > 0) throw new InvalidOperationException("Rows of a batch that refuses some are taken one by one.");
        for (var column = 0; column < _columns.Length; column++) _columns[column].AppendRows(source[column], rows);
    }

    /// <summary>Marks the rows from <paramref name="start"/> on as they are marked in the batch that they were copied from.</summary>
    public void TakeRefusals(RowBatch source, int start)
    {
        foreach (var row in source._refused) Refuse(row with { Index = start + row.Index });
    }

    /// <summary>Marks one row as it is marked in the batch that it was copied from.</summary>
    public void TakeRefusal(RowBatch source, int row, int index)
    {
        if (source._refused.Count > 0 && source.RefusalOf(row) is { } refusal) Refuse(refusal with { Index = index });
    }

    /// <summary>Appends the rows that are well to another batch of the same columns.</summary>
    public void CopyTyped(RowBatch to)
    {
        for (var column = 0; column < _columns.Length; column++)
        {
            var start = 0;
            foreach (var row in _refused)
            {
                to[column].AppendRange(_columns[column], start, row.Index - start);
                start = row.Index + 1;
            }
            to[column].AppendRange(_columns[column], start, RowCount - start);
        }
    }

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        foreach (var column in _columns) column.Clear();
        _refused.Clear();
    }
}

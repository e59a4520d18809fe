namespace Etl.Core.Columns;

/// <summary>
/// Rows in memory, column by column. Whoever hands a batch out may reuse it: a receiver may look at it
/// until the call that brought it returns, and copies what it keeps.
/// </summary>
public sealed class RowBatch
{
    private readonly ColumnBuffer[] _columns;

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

    /// <summary>A column's cells.</summary>
    public ColumnBuffer this[int column] => _columns[column];

    /// <summary>The text cells of a column whose type is <see cref="ColumnType.Text"/>.</summary>
    public TextBuffer Text(int column) => (TextBuffer)_columns[column];

    /// <summary>The cells of a fixed-width column.</summary>
    public FixedBuffer<T> Fixed<T>(int column)
        where T : unmanaged => (FixedBuffer<T>)_columns[column];

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        foreach (var column in _columns) column.Clear();
    }
}

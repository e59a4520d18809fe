namespace Etl.Core.Columns;

/// <summary>The columns of two tables as one table that takes the rows of both.</summary>
public static class CommonColumns
{
    /// <summary>
    /// All columns of both, by name: those of <paramref name="first"/> in their order and with its key, then those that only
    /// <paramref name="second"/> has. A column that has two types gets the narrowest that holds both.
    /// </summary>
    public static TableSchema Of(TableSchema first, TableSchema second) => new(
        first.Columns.Select(c => second.IndexOf(c.Name) is >= 0 and var at ? c with { Type = TypeOf(c.Type, second.Columns[at].Type) } : c)
            .Concat(second.Columns.Where(c => first.IndexOf(c.Name) < 0)),
        first.Key);

    /// <summary>The narrowest type that holds the values of both: the wider of two numbers, otherwise text.</summary>
    public static ColumnType TypeOf(ColumnType a, ColumnType b)
    {
        if (a == b) return a;
        if (!IsNumber(a) || !IsNumber(b)) return ColumnType.Text;
        return a == ColumnType.Double || b == ColumnType.Double ? ColumnType.Double : ColumnType.Int64;
    }

    /// <summary>True for Int32, Int64 and Double.</summary>
    public static bool IsNumber(ColumnType type) => type is ColumnType.Int32 or ColumnType.Int64 or ColumnType.Double;
}

/// <summary>
/// Brings rows of one table to the columns of another, by name: a column that the rows lack is null, one that the other table lacks is
/// left out, a value of another type is widened (<see cref="CommonColumns.TypeOf"/>). Not thread safe.
/// </summary>
public sealed class ColumnCast
{
    private readonly TableSchema _from;
    private readonly int[] _sources;
    private readonly RowBatch _batch;

    /// <summary>Makes a cast.</summary>
    /// <exception cref="ArgumentException">A column's values do not fit into the type that the other table has for it.</exception>
    public ColumnCast(TableSchema from, TableSchema to)
    {
        _from = from;
        _sources = [.. to.Columns.Select(c => from.IndexOf(c.Name))];
        for (var column = 0; column < _sources.Length; column++)
            if (_sources[column] >= 0 && CommonColumns.TypeOf(from.Columns[_sources[column]].Type, to.Columns[column].Type) != to.Columns[column].Type)
                throw new ArgumentException($"Column '{to.Columns[column].Name}' of type {from.Columns[_sources[column]].Type} does not fit into {to.Columns[column].Type}.", nameof(to));
        _batch = new RowBatch(to);
    }

    /// <summary>The rows in the other table's columns; good until the next call.</summary>
    public RowBatch Cast(RowBatch batch)
    {
        _batch.Clear();
        for (var column = 0; column < _sources.Length; column++)
        {
            var source = _sources[column];
            if (source < 0)
            {
                for (var row = 0; row < batch.RowCount; row++) _batch[column].AppendNull();
            }
            else if (_from.Columns[source].Type == _batch.Schema.Columns[column].Type) _batch[column].AppendAll(batch[source]);
            else Widen(batch[source], _from.Columns[source].Type, _batch[column]);
        }
        return _batch;
    }

    private static void Widen(ColumnBuffer from, ColumnType type, ColumnBuffer to)
    {
        for (var row = 0; row < from.Count; row++)
        {
            if (from.IsNull(row)) to.AppendNull();
            else if (to is TextBuffer text) CellText.Append(from, type, row, text);
            else if (to is FixedBuffer<double> doubles) doubles.Append(from is FixedBuffer<long> longs ? longs.Values[row] : ((FixedBuffer<int>)from).Values[row]);
            else ((FixedBuffer<long>)to).Append(((FixedBuffer<int>)from).Values[row]);
        }
    }
}

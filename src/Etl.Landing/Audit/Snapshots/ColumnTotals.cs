using System.Globalization;
using Etl.Core.Columns;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>Adds up the columns of a pull that may be added.</summary>
internal sealed class ColumnTotals
{
    private readonly int[] _columns;
    private readonly TableSchema _schema;
    private readonly Int128[] _whole;
    private readonly double[] _real;

    public ColumnTotals(TableSchema schema)
    {
        _schema = schema;
        _columns = [.. Enumerable.Range(0, schema.Columns.Count).Where(i => schema.Columns[i].Additivity == Additivity.Full && CommonColumns.IsNumber(schema.Columns[i].Type))];
        (_whole, _real) = (new Int128[_columns.Length], new double[_columns.Length]);
    }

    public void Add(RowBatch batch)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            var cells = batch[_columns[i]];
            for (var row = 0; row < cells.Count; row++)
            {
                if (cells.IsNull(row)) continue;
                if (cells is FixedBuffer<double> reals) _real[i] += reals.Values[row];
                else _whole[i] += cells is FixedBuffer<long> longs ? longs.Values[row] : ((FixedBuffer<int>)cells).Values[row];
            }
        }
    }

    /// <summary>The sums in the order of the columns, as exact texts: whole numbers of whole columns, the shortest text that reads back of the others.</summary>
    public IReadOnlyList<(string Column, string Sum)> Result() =>
    [
        .. _columns.Select((c, i) => (
            _schema.Columns[c].Name,
            _schema.Columns[c].Type == ColumnType.Double ? CanonicalFacts.Text(_real[i]) : _whole[i].ToString(CultureInfo.InvariantCulture))),
    ];
}

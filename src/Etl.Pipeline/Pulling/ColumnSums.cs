using Etl.Core.Columns;

namespace Etl.Pipeline.Pulling;

/// <summary>Sum, smallest and largest value of a numeric column over a pull.</summary>
/// <param name="Sum">Sum; exact for integers up to 2^53, compensated for floats.</param>
/// <param name="SumOfMagnitudes">Sum of absolute values: the scale of rounding errors.</param>
/// <param name="Min">Smallest value; +infinity without values.</param>
/// <param name="Max">Largest value; -infinity without values.</param>
/// <param name="Count">Values that are not null.</param>
public readonly record struct ColumnSum(double Sum, double SumOfMagnitudes, double Min, double Max, long Count);

/// <summary>Adds up the metric columns of a pull while it streams by.</summary>
internal sealed class ColumnSums
{
    private readonly Cell[] _cells;
    private readonly TableSchema _schema;

    public ColumnSums(TableSchema schema)
    {
        _schema = schema;
        _cells = new Cell[schema.Columns.Count];
        for (var i = 0; i < _cells.Length; i++) _cells[i] = new Cell { Min = double.PositiveInfinity, Max = double.NegativeInfinity };
    }

    public void Add(RowBatch batch)
    {
        for (var i = 0; i < _cells.Length; i++)
        {
            if (_schema.Columns[i].Role != ColumnRole.Metric) continue;
            ref var cell = ref _cells[i];
            if (batch[i] is FixedBuffer<long> longs && _schema.Columns[i].Type == ColumnType.Int64)
            {
                var values = longs.Values;
                for (var row = 0; row < values.Length; row++)
                    if (!longs.IsNull(row)) cell.Add(values[row]);
            }
            else if (batch[i] is FixedBuffer<double> doubles)
            {
                var values = doubles.Values;
                for (var row = 0; row < values.Length; row++)
                    if (!doubles.IsNull(row)) cell.Add(values[row]);
            }
        }
    }

    public Dictionary<string, ColumnSum> Result()
    {
        var result = new Dictionary<string, ColumnSum>(StringComparer.Ordinal);
        for (var i = 0; i < _cells.Length; i++)
        {
            var c = _schema.Columns[i];
            if (c.Role == ColumnRole.Metric && c.Type is ColumnType.Int64 or ColumnType.Double) result[c.Name] = _cells[i].Result();
        }
        return result;
    }

    // Neumaier's summation: the rounding error of each step is kept and added at the end.
    private struct Cell
    {
        private double _sum, _error, _magnitude;
        private long _count;
        public double Min, Max;

        public void Add(double value)
        {
            var next = _sum + value;
            _error += Math.Abs(_sum) >= Math.Abs(value) ? _sum - next + value : value - next + _sum;
            _sum = next;
            _magnitude += Math.Abs(value);
            if (value < Min) Min = value;
            if (value > Max) Max = value;
            _count++;
        }

        public readonly ColumnSum Result() => new(_sum + _error, _magnitude, Min, Max, _count);
    }
}

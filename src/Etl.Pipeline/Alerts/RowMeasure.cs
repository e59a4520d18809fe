using System.Globalization;
using Etl.Core.Alerts;
using Etl.Core.Columns;
using Etl.Core.Errors;

namespace Etl.Pipeline.Alerts;

/// <summary>Measures the rows of one window as they stream by, in memory that does not grow with them.</summary>
internal sealed class RowMeasure
{
    private readonly AlertRule _rule;
    private readonly RowFilter? _filter;
    private readonly NumberCells? _cells;
    private readonly int _counted;
    private long _rows, _values;
    private Int128 _whole;
    private double _sum, _least = double.PositiveInfinity, _most = double.NegativeInfinity, _last;

    /// <summary>Begins to measure.</summary>
    /// <param name="rule">A rule that reads rows.</param>
    /// <param name="schema">Columns of the rows.</param>
    /// <exception cref="EtlException">The rows have no such column, or one that cannot be measured so.</exception>
    public RowMeasure(AlertRule rule, TableSchema schema)
    {
        _rule = rule;
        if (rule.Where is { } where) _filter = new RowFilter(schema, where);
        if (rule.Column is not { } column) return;
        if (rule.Measure == AlertMeasure.Count) _counted = NumberCells.Find(schema, column);
        else _cells = new NumberCells(schema, column);
    }

    /// <summary>Measures some more rows.</summary>
    public void Add(RowBatch batch)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            if (_filter is not null && !_filter.Takes(batch, row)) continue;
            _rows++;
            if (_cells is not null) Add(batch, row);
            else if (_rule.Measure == AlertMeasure.Count && !batch[_counted].IsNull(row)) _values++;
        }
    }

    /// <summary>What was measured; null for nothing.</summary>
    /// <exception cref="EtlException">The value of the only row was asked for, and there are more.</exception>
    public double? Result()
    {
        if (_rule.Measure == AlertMeasure.Value && _rows > 1)
            throw new EtlException(
                FaultKind.Window,
                string.Create(CultureInfo.InvariantCulture, $"'{_rule.Column}' names the value of the only row of a window, and this one has {_rows}. Write min, max or avg in the job file."))
            { Code = "alert-rows" };
        var sum = _cells is { IsWhole: true } ? (double)_whole : _sum;
        return _rule.Measure switch
        {
            AlertMeasure.Any => _rows,
            AlertMeasure.Count => _values,
            AlertMeasure.Sum => Finite(sum),
            _ when _values == 0 => null,
            AlertMeasure.Min => Finite(_least),
            AlertMeasure.Max => Finite(_most),
            AlertMeasure.Avg => Finite(sum / _values),
            AlertMeasure.Value => Finite(_last),
            _ => throw new InvalidOperationException($"'{_rule.Measure}' does not read rows."),
        };
    }

    private void Add(RowBatch batch, int row)
    {
        if (_cells!.Of(batch, row) is not { } value) return;
        _values++;
        _last = value;
        _least = Math.Min(_least, value);
        _most = Math.Max(_most, value);
        if (_cells.IsWhole) _whole += _cells.Whole(batch, row);
        else _sum += value;
    }

    // An infinite cell, or a sum past all numbers, compares with nothing.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}

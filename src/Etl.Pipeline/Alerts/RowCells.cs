using System.Buffers.Text;
using System.Text;
using Etl.Core.Alerts;
using Etl.Core.Columns;
using Etl.Core.Errors;

namespace Etl.Pipeline.Alerts;

/// <summary>
/// The cells of one column as numbers. A column of text, which is what columns are that the catalogue does not know, is read cell by cell: what is
/// no number is nothing, like a null and a NaN.
/// </summary>
internal sealed class NumberCells
{
    private readonly int _index;
    private readonly ColumnType _type;

    public NumberCells(TableSchema schema, string column)
    {
        _index = Find(schema, column);
        _type = schema.Columns[_index].Type;
        if (_type is ColumnType.Date or ColumnType.Timestamp or ColumnType.Bool)
            throw new EtlException(FaultKind.Window, $"Column '{column}' holds {(_type == ColumnType.Bool ? "true and false" : "dates")} and no numbers. Correct the alert in the job file.") { Code = "alert-column" };
    }

    /// <summary>True for whole numbers, whose sum is exact.</summary>
    public bool IsWhole => _type is ColumnType.Int32 or ColumnType.Int64;

    /// <summary>The whole number of a row that has one.</summary>
    public long Whole(RowBatch batch, int row) => _type == ColumnType.Int32 ? batch.Fixed<int>(_index).Values[row] : batch.Fixed<long>(_index).Values[row];

    /// <summary>The number of a row; null when it has none.</summary>
    public double? Of(RowBatch batch, int row)
    {
        if (batch[_index].IsNull(row)) return null;
        if (IsWhole) return Whole(batch, row);
        if (_type == ColumnType.Double) return batch.Fixed<double>(_index).Values[row] is var value && double.IsNaN(value) ? null : value;
        var text = batch.Text(_index)[row];
        return Utf8Parser.TryParse(text, out double number, out var read) && read == text.Length && double.IsFinite(number) ? number : null;
    }

    /// <summary>Index of a column.</summary>
    /// <exception cref="EtlException">The rows have none of that name.</exception>
    public static int Find(TableSchema schema, string column)
    {
        var index = schema.IndexOf(column);
        if (index >= 0) return index;
        throw new EtlException(
            FaultKind.Window,
            $"The landed rows have no column '{column}'.{Core.Text.Nearest.Hint(column, schema.Columns.Select(c => c.Name))} Correct the alert in the job file.")
        { Code = "alert-column" };
    }
}

/// <summary>Which rows fulfil a condition.</summary>
internal sealed class RowFilter
{
    private readonly RowCondition _condition;
    private readonly NumberCells? _numbers;
    private readonly int _index;
    private readonly ColumnType _type;
    private readonly byte[] _text;

    public RowFilter(TableSchema schema, RowCondition condition)
    {
        _condition = condition;
        _numbers = condition.Number is null ? null : new NumberCells(schema, condition.Column);
        _index = NumberCells.Find(schema, condition.Column);
        _type = schema.Columns[_index].Type;
        _text = Encoding.UTF8.GetBytes(condition.Text ?? "");
    }

    /// <summary>True when a row fulfils it.</summary>
    public bool Takes(RowBatch batch, int row)
    {
        if (_numbers is not null) return _numbers.Of(batch, row) is { } number && _condition.Is.Holds(number.CompareTo(_condition.Number!.Value));
        if (batch[_index].IsNull(row)) return false;
        var isEqual = batch[_index] is TextBuffer cells
            ? cells[row].SequenceEqual(_text)
            : CellText.Of(batch[_index], _type, row) == _condition.Text;
        return isEqual == (_condition.Is == Comparison.Equal);
    }
}

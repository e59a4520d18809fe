using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Joining;

/// <summary>How many rows a lead has.</summary>
internal sealed class CountCells : LeadCells
{
    private readonly PerLead<long> _rows = new(0);

    public override ColumnType Type => ColumnType.Int64;

    public override LeadCell this[int lead] => LeadCell.Of(_rows[lead]);

    public override void Grow(int leads) => _rows.Grow(leads);

    public override void Take(ColumnBuffer cells, ReadOnlySpan<int> leads)
    {
        foreach (var lead in leads)
            if (lead >= 0) _rows[lead]++;
    }
}

/// <summary>Sums of whole numbers; zero where there is no row.</summary>
internal sealed class WholeSumCells : LeadCells
{
    private readonly PerLead<long> _sums = new(0);

    public override ColumnType Type => ColumnType.Int64;

    public override LeadCell this[int lead] => LeadCell.Of(_sums[lead]);

    public override void Grow(int leads) => _sums.Grow(leads);

    /// <exception cref="OverflowException">A sum has more than 63 bits.</exception>
    public override void Take(ColumnBuffer cells, ReadOnlySpan<int> leads)
    {
        for (var row = 0; row < leads.Length; row++)
            if (leads[row] >= 0 && !cells.IsNull(row)) checked { _sums[leads[row]] += cells is FixedBuffer<int> ints ? ints.Values[row] : ((FixedBuffer<long>)cells).Values[row]; }
    }
}

/// <summary>
/// Sums of numbers; zero where there is no row. Kept to twice the digits of a double, so that rows that come in another order give the same sum and no lead counts as
/// changed for it. Numbers that are not finite are no values.
/// </summary>
internal sealed class NumberSumCells : LeadCells
{
    private readonly PerLead<double> _sums = new(0), _rests = new(0);

    public override ColumnType Type => ColumnType.Double;

    public override LeadCell this[int lead] => LeadCell.Of(_sums[lead] + _rests[lead]);

    public override void Grow(int leads)
    {
        _sums.Grow(leads);
        _rests.Grow(leads);
    }

    /// <exception cref="FormatException">A text is no number.</exception>
    public override void Take(ColumnBuffer cells, ReadOnlySpan<int> leads)
    {
        for (var row = 0; row < leads.Length; row++)
        {
            if (leads[row] < 0 || cells.IsNull(row)) continue;
            var value = cells is FixedBuffer<double> doubles ? doubles.Values[row] : Number(((TextBuffer)cells)[row]);
            if (!double.IsFinite(value)) continue;
            ref var sum = ref _sums[leads[row]];
            // What the addition rounds away (Knuth's two-sum).
            var next = sum + value;
            var part = next - sum;
            _rests[leads[row]] += (sum - (next - part)) + (value - part);
            sum = next;
        }
    }

    private static double Number(ReadOnlySpan<byte> text)
    {
        text = text.Trim(" \t\r\n"u8);
        if (text.IsEmpty) return 0;
        if (Utf8Parser.TryParse(text, out double value, out var read) && read == text.Length) return value;
        throw new FormatException($"'{Encoding.UTF8.GetString(text[..Math.Min(text.Length, 40)])}' is no number");
    }
}

/// <summary>The largest value, or the smallest; none where there is no row.</summary>
internal sealed class ExtremeCells<T>(ColumnType type, bool largest, Func<T, long> bits) : LeadCells
    where T : unmanaged, IComparable<T>
{
    private readonly PerLead<T> _values = new(default);
    private readonly PerLead<bool> _has = new(false);

    public override ColumnType Type => type;

    public override LeadCell this[int lead] => _has[lead] ? new LeadCell(null, bits(_values[lead]), false) : LeadCell.Null;

    public override void Grow(int leads)
    {
        _values.Grow(leads);
        _has.Grow(leads);
    }

    public override void Take(ColumnBuffer cells, ReadOnlySpan<int> leads)
    {
        var from = (FixedBuffer<T>)cells;
        for (var row = 0; row < leads.Length; row++)
        {
            if (leads[row] < 0 || from.IsNull(row) || from.Values[row] is double and (double.NaN or double.PositiveInfinity or double.NegativeInfinity)) continue;
            ref var there = ref _values[leads[row]];
            if (_has[leads[row]] && (largest ? from.Values[row].CompareTo(there) <= 0 : from.Values[row].CompareTo(there) >= 0)) continue;
            there = from.Values[row];
            _has[leads[row]] = true;
        }
    }
}

/// <summary>The last text in the order of its bytes, or the first; an empty one is no value.</summary>
internal sealed class ExtremeTextCells(TextPool texts, bool largest) : TextCells(texts, first: false)
{
    protected override bool Replaces(ReadOnlySpan<byte> text, ReadOnlySpan<byte> before) => text.SequenceCompareTo(before) is var order && (largest ? order > 0 : order < 0);
}

/// <summary>Makes measures.</summary>
internal static class LeadMeasures
{
    /// <summary>The cells of a measure over a column of a type; null when that kind of measure cannot be made of it.</summary>
    public static LeadCells? Of(LeadMeasure measure, ColumnType type, TextPool texts)
    {
        var largest = measure.Kind == MeasureKind.Max;
        // Rows come in the order of time, and labels of hours do not always sort by it.
        if (!IsTotal(measure.Kind) && measure.Column == SystemColumns.Window.Name) return new TextCells(texts, first: !largest);
        return (measure.Kind, type) switch
        {
            (MeasureKind.Count, _) => new CountCells(),
            (MeasureKind.Sum, ColumnType.Int32 or ColumnType.Int64) => new WholeSumCells(),
            (MeasureKind.Sum, ColumnType.Double or ColumnType.Text) => new NumberSumCells(),
            (MeasureKind.Sum, _) or (_, ColumnType.Bool) => null,
            (_, ColumnType.Int32 or ColumnType.Date) => new ExtremeCells<int>(type, largest, i => i),
            (_, ColumnType.Int64 or ColumnType.Timestamp) => new ExtremeCells<long>(type, largest, l => l),
            (_, ColumnType.Double) => new ExtremeCells<double>(type, largest, BitConverter.DoubleToInt64Bits),
            _ => new ExtremeTextCells(texts, largest),
        };
    }

    /// <summary>The figure of a lead; zero where it has none.</summary>
    public static double Figure(LeadCells cells, int lead) => cells[lead] is { IsNull: false } cell ? cells.Type == ColumnType.Double ? cell.Number : cell.Bits : 0;

    /// <summary>A figure for people: at most four digits behind the point, and never minus zero.</summary>
    public static string Text(double figure) => (Math.Round(figure, 4) + 0.0).ToString("0.####", CultureInfo.InvariantCulture);

    private static bool IsTotal(MeasureKind kind) => kind is MeasureKind.Count or MeasureKind.Sum;
}

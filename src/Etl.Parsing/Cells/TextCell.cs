using System.Text;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>Single cells that are at hand as text: points of graphs and values of small replies. Tables have faster ways.</summary>
public static unsafe class TextCell
{
    /// <summary>
    /// Appends a cell; null when it is empty or cannot be typed, false in the latter case. A minus zero, which only graphs keep
    /// (wire facts, corrections), becomes the zero that a table says.
    /// </summary>
    /// <param name="target">The column, of the format's type.</param>
    /// <param name="format">How the cell is written; not <see cref="CellFormat.Skip"/>.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="offsetMinutes">For local hours: added to get UTC (positive = west).</param>
    public static bool TryAppend(ColumnBuffer target, CellFormat format, string cell, int offsetMinutes)
    {
        if (format == CellFormat.Text)
        {
            ((TextBuffer)target).Append(Encoding.UTF8.GetBytes(cell));
            return true;
        }
        if (cell.Length == 0)
        {
            target.AppendNull();
            return true;
        }
        var good = false;
        switch (target)
        {
            case FixedBuffer<long> whole when format == CellFormat.Integer ? TryInteger(cell, out var value) : TryTime(format, cell, offsetMinutes, out value):
                whole.Append(value);
                good = true;
                break;
            case FixedBuffer<int> days when TryTime(format, cell, offsetMinutes, out var value):
                days.Append((int)value);
                good = true;
                break;
            case FixedBuffer<double> real when format == CellFormat.Number && TryNumber(cell, out var value):
                real.Append(value + 0.0);
                good = true;
                break;
            case FixedBuffer<bool> flag when format == CellFormat.Flag && FlagCell.TryFlag(Encoding.UTF8.GetBytes(cell), out var value):
                flag.Append(value);
                good = true;
                break;
            default:
                target.AppendNull();
                break;
        }
        return good;
    }

    /// <summary>Reads a date or an instant: days since 1970-01-01, or microseconds since then in UTC, as the format's column type says.</summary>
    public static bool TryTime(CellFormat format, string cell, int offsetMinutes, out long value)
    {
        value = 0;
        if (cell.Length is 0 or > MaxChars) return false;
        Span<byte> bytes = stackalloc byte[MaxChars * 3];
        var length = Encoding.UTF8.GetBytes(cell, bytes);
        fixed (byte* text = bytes)
        {
            int days;
            switch (format)
            {
                case CellFormat.DayId when DateCell.TryDay(text, length, out days):
                case CellFormat.IsoDay when DateCell.TryIsoDay(text, length, out days):
                case CellFormat.MonthId when DateCell.TryMonth(text, length, out days):
                case CellFormat.YearId when DateCell.TryYear(text, length, out days):
                    value = days;
                    return true;
                case CellFormat.HourId:
                    return DateCell.TryHour(text, length, offsetMinutes, out value);
                case CellFormat.UnixSeconds:
                    return DateCell.TryUnixSeconds(text, length, out value);
                case CellFormat.IsoTimestamp:
                    return DateCell.TryIso(text, length, out value);
                default:
                    return false;
            }
        }
    }

    /// <summary>Reads a number as PHP prints it; false for words and for what overflows.</summary>
    public static bool TryNumber(ReadOnlySpan<char> cell, out double value)
    {
        value = 0;
        if (cell.Length is 0 or > MaxChars) return false;
        Span<byte> bytes = stackalloc byte[MaxChars * 3];
        var length = Encoding.UTF8.GetBytes(cell, bytes);
        fixed (byte* text = bytes) return NumberCell.TryDouble(text, length, out value);
    }

    /// <summary>What a cell that could not be typed is not, such as <c>is not a whole number of 64 bits</c>.</summary>
    public static string Reason(CellFormat format) => FaultText.Reason(format);

    /// <summary>A cell that could not be typed, with the reason that its format gives.</summary>
    public static RefusedCell Refused(string column, CellFormat format, string cell) => Refused(column, Reason(format), cell);

    /// <summary>A cell that could not be typed for a reason that only its reader knows.</summary>
    public static RefusedCell Refused(string column, string reason, string cell) => new(column, FaultText.Shorten(Encoding.UTF8.GetBytes(cell)), reason);

    // No number or date that means anything is longer.
    private const int MaxChars = 400;

    private static bool TryInteger(string cell, out long value)
    {
        value = 0;
        if (cell.Length > MaxChars) return false;
        Span<byte> bytes = stackalloc byte[MaxChars * 3];
        var length = Encoding.UTF8.GetBytes(cell, bytes);
        fixed (byte* text = bytes) return NumberCell.TryInt64(text, length, out value);
    }
}

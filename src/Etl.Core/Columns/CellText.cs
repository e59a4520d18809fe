using System.Globalization;
using System.Text;

namespace Etl.Core.Columns;

/// <summary>
/// Cells as text, exactly and in one form everywhere: <c>true</c>, <c>-12</c>, the shortest text that reads back as the same double
/// (<c>0.1</c>, <c>1E+300</c>, <c>NaN</c>, <c>-Infinity</c>), <c>2026-11-19</c>, <c>2026-11-19T14:05:00.000000Z</c>. A day or an
/// instant outside the years 1 to 9999 is its number of days or microseconds since 1970.
/// </summary>
public static class CellText
{
    private const int FirstDay = -719_162, LastDay = 2_932_896; // 0001-01-01 and 9999-12-31
    private const long MicrosecondsOfDay = 86_400_000_000;
    private const int LongestBytes = 64;

    /// <summary>Appends a cell's text; a null stays null.</summary>
    /// <param name="cells">The column.</param>
    /// <param name="type">Its type: days and numbers share a buffer.</param>
    /// <param name="row">The row.</param>
    /// <param name="to">Takes the text.</param>
    public static void Append(ColumnBuffer cells, ColumnType type, int row, TextBuffer to)
    {
        if (cells is TextBuffer || cells.IsNull(row))
        {
            if (cells is TextBuffer text) to.AppendFrom(text, row);
            else to.AppendNull();
            return;
        }
        Span<byte> utf8 = stackalloc byte[LongestBytes];
        to.Append(utf8[..Write(cells, type, row, utf8)]);
    }

    /// <summary>A cell's text; null for a null.</summary>
    public static string? Of(ColumnBuffer cells, ColumnType type, int row)
    {
        if (cells.IsNull(row)) return null;
        if (cells is TextBuffer text) return Encoding.UTF8.GetString(text[row]);
        Span<byte> utf8 = stackalloc byte[LongestBytes];
        return Encoding.UTF8.GetString(utf8[..Write(cells, type, row, utf8)]);
    }

    private static int Write(ColumnBuffer cells, ColumnType type, int row, Span<byte> utf8)
    {
        var invariant = CultureInfo.InvariantCulture;
        var length = 0;
        _ = cells switch
        {
            FixedBuffer<bool> bools => (bools.Values[row] ? "true"u8 : "false"u8).TryCopyTo(utf8[..(length = bools.Values[row] ? 4 : 5)]),
            FixedBuffer<double> doubles => doubles.Values[row].TryFormat(utf8, out length, default, invariant),
            FixedBuffer<int> days when type == ColumnType.Date && days.Values[row] is >= FirstDay and <= LastDay and var day =>
                DateOnly.FromDayNumber(day - FirstDay).TryFormat(utf8, out length, "yyyy-MM-dd", invariant),
            FixedBuffer<int> ints => ints.Values[row].TryFormat(utf8, out length, default, invariant),
            FixedBuffer<long> instants when type == ColumnType.Timestamp && instants.Values[row] is >= FirstDay * MicrosecondsOfDay and < (LastDay + 1) * MicrosecondsOfDay and var at =>
                DateTime.UnixEpoch.AddTicks(at * TimeSpan.TicksPerMicrosecond).TryFormat(utf8, out length, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", invariant),
            FixedBuffer<long> longs => longs.Values[row].TryFormat(utf8, out length, default, invariant),
            _ => throw new ArgumentOutOfRangeException(nameof(cells), cells.GetType().Name, null),
        };
        return length;
    }
}

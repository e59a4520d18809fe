using System.Text;

namespace Etl.Parsing;

/// <summary>Words for cells that could not be typed.</summary>
internal static class FaultText
{
    private const int MaxChars = 1000;

    internal static string Reason(CellFormat format) => format switch
    {
        CellFormat.Integer => "is not a whole number of 64 bits",
        CellFormat.Number => "is not a finite number",
        CellFormat.Flag => "is not 0, 1, true or false",
        CellFormat.DayId => "is not a day written YYYYMMDD",
        CellFormat.IsoDay => "is not a day written YYYY-MM-DD",
        CellFormat.MonthId => "is not a month written YYYYMM",
        CellFormat.YearId => "is not a year written YYYY",
        CellFormat.HourId => "is not an hour written YYYYMMDDHH",
        CellFormat.UnixSeconds => "is not a count of seconds since 1970 within the years 1 to 9999",
        CellFormat.IsoTimestamp => "is not an ISO timestamp",
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };

    /// <summary>The first 1,000 characters, without cutting a pair.</summary>
    internal static string Shorten(ReadOnlySpan<byte> cell)
    {
        // Four bytes a character at most; a character cut here lies behind the first thousand.
        var text = Encoding.UTF8.GetString(cell[..Math.Min(cell.Length, MaxChars * 4)]);
        if (text.Length <= MaxChars) return text;
        return text[..(char.IsHighSurrogate(text[MaxChars - 1]) ? MaxChars - 1 : MaxChars)];
    }
}

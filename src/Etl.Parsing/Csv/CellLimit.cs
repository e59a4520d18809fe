namespace Etl.Parsing;

/// <summary>The refusal of a cell that is too long.</summary>
internal static class CellLimit
{
    internal static ReportFormatException Passed(long row, string column, int bytes, int limit, long? line = null) => new(
        ReportFormatException.TooLarge, $"Row {row}{(line is null ? "" : $" in line {line}")}: column '{HeaderNames.Shorten(column)}' has {bytes} bytes; the limit is {limit}.", row: row);
}

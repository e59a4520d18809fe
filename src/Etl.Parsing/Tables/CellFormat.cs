using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>How the cells of one column are written by the service, and so what they land as. An empty cell is null in every format but text.</summary>
public enum CellFormat
{
    /// <summary>Not read at all.</summary>
    Skip,
    /// <summary>Text as it stands, every byte; an empty cell is the empty text, never null.</summary>
    Text,
    /// <summary>Whole number to <see cref="ColumnType.Int64"/>; <c>36.0</c> and <c>1.0E+15</c> count as whole.</summary>
    Integer,
    /// <summary>Number to <see cref="ColumnType.Double"/>, as PHP prints it; the words INF and NAN are faults.</summary>
    Number,
    /// <summary><c>0</c>, <c>1</c>, <c>true</c> or <c>false</c> to <see cref="ColumnType.Bool"/>.</summary>
    Flag,
    /// <summary><c>YYYYMMDD</c> to <see cref="ColumnType.Date"/>.</summary>
    DayId,
    /// <summary><c>YYYY-MM-DD</c> to <see cref="ColumnType.Date"/>; the service never writes it, other CSV files do.</summary>
    IsoDay,
    /// <summary><c>YYYYMM</c> to <see cref="ColumnType.Date"/>: the first of the month.</summary>
    MonthId,
    /// <summary><c>YYYY</c> to <see cref="ColumnType.Date"/>: 1 January.</summary>
    YearId,
    /// <summary><c>YYYYMMDDHH</c>, local at the plan's offset, to <see cref="ColumnType.Timestamp"/>.</summary>
    HourId,
    /// <summary>Whole seconds since 1970 to <see cref="ColumnType.Timestamp"/>, years 1 to 9999.</summary>
    UnixSeconds,
    /// <summary><c>2026-03-01T00:00:00.000Z</c> (or with an offset such as <c>-05:00</c>) to <see cref="ColumnType.Timestamp"/>.</summary>
    IsoTimestamp,
}

/// <summary>What a format lands as.</summary>
public static class CellFormats
{
    /// <summary>The column type of a format; null for <see cref="CellFormat.Skip"/>.</summary>
    public static ColumnType? TypeOf(CellFormat format) => format switch
    {
        CellFormat.Skip => null,
        CellFormat.Text => ColumnType.Text,
        CellFormat.Integer => ColumnType.Int64,
        CellFormat.Number => ColumnType.Double,
        CellFormat.Flag => ColumnType.Bool,
        CellFormat.DayId or CellFormat.IsoDay or CellFormat.MonthId or CellFormat.YearId => ColumnType.Date,
        CellFormat.HourId or CellFormat.UnixSeconds or CellFormat.IsoTimestamp => ColumnType.Timestamp,
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, null),
    };
}

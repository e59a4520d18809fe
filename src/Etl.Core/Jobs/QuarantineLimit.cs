using System.Globalization;

namespace Etl.Core.Jobs;

/// <summary>How many rows of a pull may go to quarantine before it is held: a share of all rows that came, or a number of them.</summary>
public readonly record struct QuarantineLimit
{
    /// <summary>One row in a thousand.</summary>
    public static readonly QuarantineLimit Default = OfShare(0.001);

    private QuarantineLimit(double? share, long rows) => (Share, Rows) = (share, rows);

    /// <summary>Share of the rows that came, 0 to 1; null where the limit is a number.</summary>
    public double? Share { get; }

    /// <summary>Number of rows, where the limit is no share.</summary>
    public long Rows { get; }

    /// <summary>A limit as a share, 0 to 1.</summary>
    public static QuarantineLimit OfShare(double share) => new(share, 0);

    /// <summary>A limit as a number of rows.</summary>
    public static QuarantineLimit OfRows(long rows) => new(null, rows);

    /// <summary>True when so many of so many rows are more than the limit. Decimal, so that 1 of 1,000 is exactly 0.1 %.</summary>
    public bool IsExceeded(long quarantined, long received) => Share is { } share ? quarantined > (decimal)share * received : quarantined > Rows;

    /// <summary>As job files write it.</summary>
    public override string ToString() => Share is { } share
        ? ((decimal)share * 100).ToString("0.########", CultureInfo.InvariantCulture) + "%"
        : string.Create(CultureInfo.InvariantCulture, $"{Rows} row{(Rows == 1 ? "" : "s")}");
}

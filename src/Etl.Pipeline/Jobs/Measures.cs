using System.Globalization;
using Etl.Core.Jobs;

namespace Etl.Pipeline.Jobs;

/// <summary>Durations and percentages as job files write them.</summary>
public static class Measures
{
    /// <summary>The longest duration.</summary>
    public static readonly TimeSpan LongestDuration = TimeSpan.FromDays(366);

    /// <summary>Says the form of a duration.</summary>
    public const string DurationForm = "Expected a whole number and a unit, at most 366 days: 30s, 90m, 2h or 1d.";

    /// <summary>Says the form of a percentage.</summary>
    public const string PercentForm = "Expected a percentage from 0% to 100%, such as 0.1% or 50%";

    /// <summary>Says the form of a limit of rows.</summary>
    public const string LimitForm = "Expected a percentage of the rows such as 0.1%, or a number of them such as '100 rows'";

    /// <summary>Reads <c>30s</c>, <c>90m</c>, <c>2h</c> or <c>1d</c>; null when it is none.</summary>
    public static TimeSpan? Duration(string text)
    {
        if (text.Length is < 2 or > 9 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        TimeSpan? span = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            'd' => TimeSpan.FromDays(Math.Min(number, 10_000)),
            _ => null,
        };
        return span <= LongestDuration ? span : null;
    }

    /// <summary>Reads <c>0.1%</c> as 0.001; null when it is no percentage from 0 to 100.</summary>
    public static double? Share(string text)
    {
        // Decimal arithmetic, so that 0.1% is the same number as the constant 0.001.
        if (text.Length is < 2 or > 12 || text[^1] != '%' || !char.IsAsciiDigit(text[0]) || !char.IsAsciiDigit(text[^2])) return null;
        return decimal.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100
            ? (double)(percent / 100)
            : null;
    }

    /// <summary>Reads <c>0.1%</c>, <c>1 row</c> or <c>100 rows</c>; null when it is none of them.</summary>
    public static QuarantineLimit? Limit(string text)
    {
        if (Share(text) is { } share) return QuarantineLimit.OfShare(share);
        return text.Split(' ') is [var number, "row" or "rows"] && number.Length <= 12 && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var rows)
            ? QuarantineLimit.OfRows(rows)
            : null;
    }
}

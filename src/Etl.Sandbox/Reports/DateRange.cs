using System.Globalization;

namespace Etl.Sandbox.Reports;

/// <summary>Resolves the dates of a filter to [From, To) in unix seconds (wire facts 3.4).</summary>
internal readonly record struct DateRange(long From, long To)
{
    private const int Day = 86_400;

    public bool IsEmpty => From >= To;

    /// <summary>Days, rounded up: the engine's thresholds use it.</summary>
    public long Days => IsEmpty ? 0 : (To - From + Day - 1) / Day;

    public static DateRange Of(ReportFilter filter, long accountCreatedAt)
    {
        var range = Resolve(filter);
        var earliest = accountCreatedAt - 30L * Day;
        return range.From < earliest ? range with { From = earliest } : range;
    }

    private static DateRange Resolve(ReportFilter filter)
    {
        // 1. Day texts win when both are there: local midnight to 23:59:59, and that last second is excluded.
        if (ParseDay(filter["fromDay"]) is { } firstDay && ParseDay(filter["toDay"]) is { } lastDay)
        {
            var west = filter.TimeZoneOffset * 60L;
            return new(firstDay + west, lastDay + west + Day - 1);
        }
        // 2. No dates at all.
        if (filter.FromDate == 0 && filter.ToDate == 0)
            return default;
        if (filter.FromDate < filter.ToDate)
            return new(filter.FromDate, filter.ToDate);
        // 3. Not ascending: days in the server's zone (UTC). Equal days give that day, reversed ones nothing.
        var from = filter.FromDate / Day * Day;
        var to = filter.ToDate / Day * Day;
        return from <= to ? new(from, to + Day - 1) : default;
    }

    private static long? ParseDay(string? text) =>
        DateTime.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var day)
            ? new DateTimeOffset(day, TimeSpan.Zero).ToUnixTimeSeconds()
            : null;
}

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
        // 1. Day texts win when both are there.
        if (OfDays(filter["fromDay"], filter["toDay"], filter.TimeZoneOffset * 60L) is { } days)
            return days;
        // 2. No dates at all.
        return filter.FromDate == 0 && filter.ToDate == 0 ? default : OfTimes(filter.FromDate, filter.ToDate);
    }

    /// <summary>Local midnight to 23:59:59, and that last second is excluded; null unless both texts are days.</summary>
    public static DateRange? OfDays(string? first, string? last, long secondsWest) =>
        ParseDay(first) is { } from && ParseDay(last) is { } to ? new(from + secondsWest, to + secondsWest + Day - 1) : null;

    /// <summary>Unix seconds. Not ascending: days in the server's zone (UTC); equal days give that day, reversed ones nothing.</summary>
    public static DateRange OfTimes(long from, long to)
    {
        if (from < to)
            return new(from, to);
        var first = from / Day * Day;
        var last = to / Day * Day;
        return first <= last ? new(first, last + Day - 1) : default;
    }

    private static long? ParseDay(string? text) =>
        DateTime.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var day)
            ? new DateTimeOffset(day, TimeSpan.Zero).ToUnixTimeSeconds()
            : null;
}

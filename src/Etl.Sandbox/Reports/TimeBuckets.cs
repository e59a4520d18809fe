using System.Globalization;

namespace Etl.Sandbox.Reports;

/// <summary>Bucket of a time series; the names of the public enumeration.</summary>
internal enum Interval
{
    Days,
    Months,
    Years,
    Hours,
    Minutes,
    TenMinutes,
    TenSeconds,
}

/// <summary>
/// Cuts time into buckets in the requested zone and names them (wire facts 3.4, families 0, 2 and 4 to 8). A key is a number that
/// grows with time: the bucket's first local second for the short ones, a count of months or years for the long ones.
/// </summary>
internal sealed class TimeBuckets(Interval interval, int timeZoneOffsetMinutes)
{
    private readonly long _west = timeZoneOffsetMinutes * 60L;

    /// <summary>The engine's time zone names, JavaScript sign: those outside are clamped and rounded to whole hours.</summary>
    private static readonly int[] OddOffsets = [-825, -765, -630, -570, -525, -390, -345, -330, -270, -210, 150, 210, 570];

    public Interval Interval => interval;

    /// <summary>Name of the date column.</summary>
    public string Column => interval switch { Interval.Months => "month_id", Interval.Years => "year_id", _ => "date_id" };

    public long KeyOf(long unixSeconds)
    {
        var local = unixSeconds - _west;
        switch (interval)
        {
            case Interval.Years:
                return DateTime.UnixEpoch.AddSeconds(local).Year;
            case Interval.Months:
                var date = DateTime.UnixEpoch.AddSeconds(local);
                return date.Year * 12L + date.Month - 1;
            default:
                var step = Step;
                return local >= 0 ? local / step * step : (local - step + 1) / step * step;
        }
    }

    /// <summary>The bucket's name as it stands in the first column and in graphs.</summary>
    public string Id(long key)
    {
        switch (interval)
        {
            case Interval.Years:
                return key.ToString(CultureInfo.InvariantCulture);
            case Interval.Months:
                return (key / 12 * 100 + key % 12 + 1).ToString(CultureInfo.InvariantCulture);
            case Interval.Days:
                return DateTime.UnixEpoch.AddSeconds(key).ToString("yyyyMMdd", CultureInfo.InvariantCulture);
            case Interval.Hours:
                return DateTime.UnixEpoch.AddSeconds(key).ToString("yyyyMMddHH", CultureInfo.InvariantCulture);
            default:
                return DateTime.UnixEpoch.AddSeconds(key + _west).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Name of a bucket in a graph with several lines per date: always a day.</summary>
    public string DayId(long key)
    {
        var local = interval switch
        {
            Interval.Years => new DateTime((int)key, 1, 1),
            Interval.Months => new DateTime((int)(key / 12), (int)(key % 12) + 1, 1),
            _ => DateTime.UnixEpoch.AddSeconds(key),
        };
        return local.ToString("yyyyMMdd", CultureInfo.InvariantCulture);
    }

    /// <summary>Every bucket that [from, to) touches, also empty ones; at most 100,000.</summary>
    public IEnumerable<long> All(long from, long to)
    {
        if (from >= to)
            yield break;
        var last = KeyOf(to - 1);
        var step = interval is Interval.Years or Interval.Months ? 1 : Step;
        var count = 0;
        for (var key = KeyOf(from); key <= last && count < 100_000; key += step, count++)
            yield return key;
    }

    /// <summary>Clamps and rounds an offset as the engine does: -840 to 720, whole hours and the known half and quarter hours.</summary>
    public static int NormaliseOffset(int minutes)
    {
        if (Array.IndexOf(OddOffsets, minutes) >= 0)
            return minutes;
        return (int)Math.Round(Math.Clamp(minutes, -840, 720) / 60.0, MidpointRounding.AwayFromZero) * 60;
    }

    private long Step => interval switch
    {
        Interval.Days => 86_400,
        Interval.Hours => 3_600,
        Interval.Minutes => 60,
        Interval.TenMinutes => 600,
        _ => 10,
    };
}

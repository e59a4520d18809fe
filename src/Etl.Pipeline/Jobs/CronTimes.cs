using Etl.Core.Jobs;
using Etl.Core.Windows;

namespace Etl.Pipeline.Jobs;

/// <summary>
/// The times of a schedule, for saying what had to happen by now; firing is an engine's matter. A time that the zone leaves out counts at the
/// instant at which it would have been by the old offset, one that comes twice counts the first time.
/// </summary>
public static class CronTimes
{
    // The farthest that two times of a sound expression lie apart: 29 February, over a year such as 2100 that has none.
    private const int MostDays = 366 * 8;

    /// <summary>The first time at an instant or after it.</summary>
    public static DateTimeOffset From(ScheduleSpec schedule, DateTimeOffset instant)
    {
        var values = CronFields.Values(schedule.Cron);
        var zone = WindowCalendar.FindZone(schedule.TimeZone) ?? TimeZoneInfo.Utc;
        // A day earlier, since midnight may lie on either side of a change of the clock.
        var day = TimeZoneInfo.ConvertTime(instant, zone).Date.AddDays(-1);
        for (var i = 0; i < MostDays; i++, day = day.AddDays(1))
        {
            if (!values[3].Contains(day.Day) || !values[4].Contains(day.Month) || !IsDayOfWeek(values[5], day.DayOfWeek)) continue;
            var first = TimesOf(day, values).Select(t => At(t, zone)).Where(t => t >= instant).Order().Cast<DateTimeOffset?>().FirstOrDefault();
            if (first is { } found) return found;
        }
        return DateTimeOffset.MaxValue;
    }

    private static bool IsDayOfWeek(IReadOnlySet<int> values, DayOfWeek day) => values.Contains((int)day) || (day == DayOfWeek.Sunday && values.Contains(7));

    private static IEnumerable<DateTime> TimesOf(DateTime day, IReadOnlyList<IReadOnlySet<int>> values) =>
        from hour in values[2]
        from minute in values[1]
        from second in values[0]
        select day + new TimeSpan(hour, minute, second);

    private static DateTimeOffset At(DateTime wall, TimeZoneInfo zone)
    {
        var offset = zone.IsAmbiguousTime(wall) ? zone.GetAmbiguousTimeOffsets(wall).Max()
            : zone.IsInvalidTime(wall) ? zone.GetUtcOffset(wall.AddHours(-3))
            : zone.GetUtcOffset(wall);
        return new DateTimeOffset(wall, offset).ToUniversalTime();
    }
}

using System.Globalization;
using Etl.Core.Errors;

namespace Etl.Core.Windows;

/// <summary>
/// Cuts time into windows of one unit in one time zone. Bounds come from the zone database, never from adding 24 hours.
/// Hours are cut on whole hours of local wall time; on the night that repeats an hour both have a window of their own,
/// told apart by the offset in the label. Minutes are cut in UTC only: their label has no offset.
/// </summary>
public sealed class WindowCalendar
{
    private const string MinuteLabel = "yyyy-MM-ddTHH-mm";

    /// <summary>No clock is farther from UTC than this.</summary>
    private static readonly TimeSpan s_farthestOffset = TimeSpan.FromHours(14);

    private readonly TimeZoneInfo _zone;

    /// <summary>Makes a calendar.</summary>
    /// <param name="zoneId">IANA id such as <c>America/New_York</c>.</param>
    /// <param name="unit">Length of a window.</param>
    /// <exception cref="EtlException">The zone is unknown on this machine, or not UTC where minutes are cut.</exception>
    public WindowCalendar(string zoneId, WindowUnit unit)
    {
        _zone = FindZone(zoneId) ?? throw new EtlException(
            FaultKind.Usage, $"Time zone '{zoneId}' is not known here. Give an IANA id such as 'America/New_York'; on a bare Linux machine install the package 'tzdata'.");
        if (unit == WindowUnit.Minute && zoneId != "UTC")
            throw new EtlException(FaultKind.Usage, $"Minutes are cut in UTC only, not in '{zoneId}': in other zones two minutes of the night that repeats an hour would have one label.");
        Unit = unit;
    }

    /// <summary>The unit.</summary>
    public WindowUnit Unit { get; }

    /// <summary>The zone's id as given.</summary>
    public string ZoneId => _zone.Id;

    /// <summary>Finds a time zone by its exact id, or null.</summary>
    public static TimeZoneInfo? FindZone(string zoneId)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zoneId, out var zone)) return null;
        // An id in other capitals is found only if the process has asked for the right one before: never is better.
        var otherCapitals = zone.Id != zoneId && string.Equals(zone.Id, zoneId, StringComparison.OrdinalIgnoreCase);
        return otherCapitals ? null : zone;
    }

    /// <summary>The window that holds an instant.</summary>
    public Window Containing(DateTimeOffset instant)
    {
        if (Unit == WindowUnit.Minute) return MinuteWindow(instant);
        if (Unit == WindowUnit.Hour) return HourWindow(instant);
        var date = TimeZoneInfo.ConvertTime(instant, _zone).Date;
        var window = Unit == WindowUnit.Day ? DayWindow(date) : MonthWindow(new DateTime(date.Year, date.Month, 1));
        // Where the clock falls back over midnight the old date comes again: those minutes stay in the day that has begun.
        // The loop also passes over a date that a zone left out.
        while (instant >= window.To)
        {
            date = Unit == WindowUnit.Day ? date.AddDays(1) : date.AddMonths(1);
            window = Unit == WindowUnit.Day ? DayWindow(date) : MonthWindow(new DateTime(date.Year, date.Month, 1));
        }
        return window;
    }

    /// <summary>The window right after one.</summary>
    public Window Next(Window window) => Containing(window.To);

    /// <summary>The window right before one.</summary>
    public Window Previous(Window window) => Containing(window.From.AddTicks(-1));

    /// <summary>The latest window that had ended <paramref name="settle"/> before <paramref name="now"/>.</summary>
    public Window LatestClosed(DateTimeOffset now, TimeSpan settle) => Previous(Containing(now - settle));

    /// <summary>All windows from one to another, both included, in order.</summary>
    public IEnumerable<Window> Range(Window first, Window last)
    {
        for (var w = first; w.From <= last.From; w = Next(w)) yield return w;
    }

    /// <summary>Reads a label of this calendar's unit.</summary>
    /// <exception cref="EtlException">It is not one; the message shows the form.</exception>
    public Window Parse(string label)
    {
        var window = Unit switch { WindowUnit.Minute => ParseMinute(label), WindowUnit.Hour => ParseHour(label), _ => ParseDate(label) };
        return window ?? throw new EtlException(FaultKind.Usage, $"'{label}' is not a window label. {Form}");
    }

    /// <summary>
    /// The service's <c>timeZoneOffset</c> for a window: minus the zone's UTC offset at its start, in minutes, so that
    /// places west of Greenwich are positive (wire facts 3.4).
    /// </summary>
    public int TimeZoneOffsetMinutes(Window window) => -(int)_zone.GetUtcOffset(window.From).TotalMinutes;

    private string Form => Unit switch
    {
        WindowUnit.Day => "Write a day as '2026-11-19'.",
        WindowUnit.Month => "Write a month as '2026-11'.",
        WindowUnit.Minute => "Write a minute as '2026-11-19T14-05m' (UTC).",
        _ => "Write an hour as '2026-11-19T14-0500' (local hour and UTC offset).",
    };

    private static Window MinuteWindow(DateTimeOffset instant)
    {
        var from = new DateTimeOffset(instant.UtcTicks - instant.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
        return new(from, from.AddMinutes(1), from.ToString(MinuteLabel, CultureInfo.InvariantCulture) + "m", WindowUnit.Minute);
    }

    private Window DayWindow(DateTime day) =>
        new(StartOf(day), StartOf(day.AddDays(1)), day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), WindowUnit.Day);

    private Window MonthWindow(DateTime month) =>
        new(StartOf(month), StartOf(month.AddMonths(1)), month.ToString("yyyy-MM", CultureInfo.InvariantCulture), WindowUnit.Month);

    private Window HourWindow(DateTimeOffset instant)
    {
        // A zone's offset changes only on whole minutes. Walk from the local hour's start; cut where the offset changes.
        var local = TimeZoneInfo.ConvertTime(instant, _zone);
        var from = instant.AddTicks(-(local.TimeOfDay.Ticks % TimeSpan.TicksPerHour));
        if (_zone.GetUtcOffset(from) != local.Offset) from = ChangeBetween(from, instant);
        var wall = TimeZoneInfo.ConvertTime(from, _zone);
        var to = from.AddTicks(TimeSpan.TicksPerHour - wall.TimeOfDay.Ticks % TimeSpan.TicksPerHour);
        if (_zone.GetUtcOffset(to.AddTicks(-1)) != wall.Offset) to = ChangeBetween(from, to);
        var minutes = wall.Minute == 0 ? "" : wall.Minute.ToString("00", CultureInfo.InvariantCulture);
        var sign = wall.Offset < TimeSpan.Zero ? '-' : '+';
        var label = string.Create(CultureInfo.InvariantCulture, $"{wall:yyyy-MM-dd}T{wall:HH}{minutes}{sign}{wall.Offset:hhmm}");
        return new Window(from.ToUniversalTime(), to.ToUniversalTime(), label, WindowUnit.Hour);
    }

    private DateTimeOffset ChangeBetween(DateTimeOffset before, DateTimeOffset after)
    {
        var offset = _zone.GetUtcOffset(before);
        long low = before.UtcTicks, high = after.UtcTicks;
        while (high - low > 1)
        {
            var middle = low + (high - low) / 2;
            if (_zone.GetUtcOffset(new DateTimeOffset(middle, TimeSpan.Zero)) == offset) low = middle;
            else high = middle;
        }
        return new DateTimeOffset(high, TimeSpan.Zero);
    }

    private Window? ParseDate(string label)
    {
        var format = Unit == WindowUnit.Day ? "yyyy-MM-dd" : "yyyy-MM";
        if (!TryParseWall(label, format, out var date)) return null;
        var window = Unit == WindowUnit.Day ? DayWindow(date) : MonthWindow(date);
        return window.From < window.To ? window : null; // a date that the zone left out is empty
    }

    private static Window? ParseMinute(string label) =>
        label.EndsWith('m') && TryParseWall(label[..^1], MinuteLabel, out var wall) ? MinuteWindow(new DateTimeOffset(wall, TimeSpan.Zero)) : null;

    private Window? ParseHour(string label)
    {
        // 2026-11-01T01-0400, or with minutes where a change cut the hour: 2026-04-05T0130+1030
        var split = label.LastIndexOfAny(['+', '-']);
        if (split < 12) return null;
        var wallText = label[..split];
        var format = wallText.Length == 13 ? "yyyy-MM-ddTHH" : "yyyy-MM-ddTHHmm";
        if (!TryParseWall(wallText, format, out var wall)
            || !TimeSpan.TryParseExact(label[(split + 1)..], "hhmm", CultureInfo.InvariantCulture, out var offset)
            || offset > s_farthestOffset) return null;
        if (label[split] == '-') offset = -offset;
        var window = HourWindow(new DateTimeOffset(wall, offset));
        return window.Label == label ? window : null;
    }

    /// <summary>Reads a wall-clock time, leaving out the first and last year of the calendar, whose neighbours cannot be told.</summary>
    private static bool TryParseWall(string text, string format, out DateTime wall) =>
        DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out wall) && wall.Year is > 1 and < 9999;

    /// <summary>
    /// First instant at which the local clock shows midnight of a day or later. Found from offsets of instants alone: the
    /// zone database's own words for skipped and repeated times do not cover changes of a zone's standard time.
    /// </summary>
    private DateTimeOffset StartOf(DateTime day)
    {
        // Midnight is between these wherever the zone lies; one change of the clock at most lies between them as well.
        var midnight = new DateTimeOffset(day, TimeSpan.Zero);
        var (before, after) = (midnight - s_farthestOffset, midnight + s_farthestOffset);
        var offset = _zone.GetUtcOffset(before);
        var start = midnight - offset;
        if (_zone.GetUtcOffset(after) == offset) return start;
        var change = ChangeBetween(before, after);
        if (start < change) return start;
        // Midnight comes after the change, or the change jumps over it and begins the day.
        var changed = midnight - _zone.GetUtcOffset(change);
        return changed > change ? changed : change;
    }
}

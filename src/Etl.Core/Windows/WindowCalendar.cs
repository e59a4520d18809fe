using System.Globalization;
using Etl.Core.Errors;

namespace Etl.Core.Windows;

/// <summary>
/// Cuts time into windows of one unit in one time zone. Bounds come from the zone database, never from adding 24 hours.
/// Hours are cut on whole hours of local wall time; on the night that repeats an hour both have a window of their own,
/// told apart by the offset in the label.
/// </summary>
public sealed class WindowCalendar
{
    private readonly TimeZoneInfo _zone;

    /// <summary>Makes a calendar.</summary>
    /// <param name="zoneId">IANA id such as <c>America/New_York</c>.</param>
    /// <param name="unit">Length of a window.</param>
    /// <exception cref="EtlException">The zone is unknown on this machine.</exception>
    public WindowCalendar(string zoneId, WindowUnit unit)
    {
        _zone = FindZone(zoneId) ?? throw new EtlException(
            FaultKind.Usage, $"Time zone '{zoneId}' is not known here. Give an IANA id such as 'America/New_York'; on a bare Linux machine install the package 'tzdata'.");
        Unit = unit;
    }

    /// <summary>The unit.</summary>
    public WindowUnit Unit { get; }

    /// <summary>The zone's id as given.</summary>
    public string ZoneId => _zone.Id;

    /// <summary>Finds a time zone, or null.</summary>
    public static TimeZoneInfo? FindZone(string zoneId) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(zoneId, out var zone) ? zone : null;

    /// <summary>The window that holds an instant.</summary>
    public Window Containing(DateTimeOffset instant)
    {
        var local = TimeZoneInfo.ConvertTime(instant, _zone);
        return Unit switch
        {
            WindowUnit.Day => DayWindow(local.Date),
            WindowUnit.Month => MonthWindow(new DateTime(local.Year, local.Month, 1)),
            _ => HourWindow(instant),
        };
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
        var window = Unit switch
        {
            WindowUnit.Day when DateTime.TryParseExact(label, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
                => DayWindow(day),
            WindowUnit.Month when DateTime.TryParseExact(label, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month)
                => MonthWindow(month),
            WindowUnit.Hour => ParseHour(label),
            _ => null,
        };
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
        _ => "Write an hour as '2026-11-19T14-0500' (local hour and UTC offset).",
    };

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

    private Window? ParseHour(string label)
    {
        // 2026-11-01T01-0400, or with minutes where a change cut the hour: 2026-04-05T0130+1030
        var split = label.LastIndexOfAny(['+', '-']);
        if (split < 12) return null;
        var wallText = label[..split];
        var format = wallText.Length == 13 ? "yyyy-MM-ddTHH" : "yyyy-MM-ddTHHmm";
        if (!DateTime.TryParseExact(wallText, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var wall)
            || !TimeSpan.TryParseExact(label[(split + 1)..], "hhmm", CultureInfo.InvariantCulture, out var offset)) return null;
        if (label[split] == '-') offset = -offset;
        var window = HourWindow(new DateTimeOffset(wall, offset));
        return window.Label == label ? window : null;
    }

    /// <summary>First instant of a local day: midnight, or the first instant after it where midnight is skipped.</summary>
    private DateTimeOffset StartOf(DateTime day)
    {
        if (_zone.IsInvalidTime(day))
        {
            // The gap starts at or before midnight: the day begins when the clock has jumped.
            var before = new DateTimeOffset(day.AddHours(-3), _zone.GetUtcOffset(day.AddHours(-3)));
            return ChangeBetween(before, before.AddHours(6)).ToUniversalTime();
        }
        // Of an ambiguous midnight the first one starts the day: it has the larger offset.
        var offset = _zone.IsAmbiguousTime(day) ? _zone.GetAmbiguousTimeOffsets(day).Max() : _zone.GetUtcOffset(day);
        return new DateTimeOffset(day, offset).ToUniversalTime();
    }
}

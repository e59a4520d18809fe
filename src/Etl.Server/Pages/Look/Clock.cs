using System.Globalization;
using Etl.Core.Windows;
using Etl.Server.Pages.Markup;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages.Look;

/// <summary>Shows instants in one time zone, with UTC beside them for whoever asks.</summary>
/// <param name="zone">The job's zone.</param>
/// <param name="now">What counts as now on this page.</param>
internal sealed class Clock(TimeZoneInfo zone, DateTimeOffset now)
{
    /// <summary>A clock in the zone of that id; UTC where this machine does not know it.</summary>
    public static Clock In(string zoneId, DateTimeOffset now) => new(WindowCalendar.FindZone(zoneId) ?? TimeZoneInfo.Utc, now);

    public DateTimeOffset Now => now;

    public string Zone => zone.Id;

    /// <summary><c>2026-11-21 02:15</c>.</summary>
    public string Text(DateTimeOffset instant) => TimeZoneInfo.ConvertTime(instant, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>Date and time to the minute.</summary>
    public Node Time(DateTimeOffset instant) => Element(instant, Text(instant));

    /// <summary>Date and time to the second, for logs.</summary>
    public Node Second(DateTimeOffset instant) =>
        Element(instant, TimeZoneInfo.ConvertTime(instant, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));

    /// <summary><c>in 3 h</c>, <c>just now</c> or <c>5 min ago</c>.</summary>
    public Node Distance(DateTimeOffset instant) =>
        Element(instant, instant >= now ? $"in {Show.Roughly(instant - now)}" : now - instant < TimeSpan.FromMinutes(1) ? "just now" : $"{Show.Roughly(now - instant)} ago", $"{Text(instant)} {zone.Id}, ");

    private static Element Element(DateTimeOffset instant, string text, string before = "") => El(
        "time",
        Attr("datetime", instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
        Attr("title", before + instant.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)),
        text);
}

using System.Collections.Concurrent;
using Etl.Core.Windows;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Core.Tests.Windows;

/// <summary>What holds for every instant of every zone: FsCheck chooses the instants and prints its seed when one breaks a rule.</summary>
public class WindowPropertyTests
{
    /// <summary>Zones whose rules are hard: half-hour saving, changes at midnight, a skipped day, odd offsets.</summary>
    public static readonly string[] Zones =
    [
        "UTC", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Havana",
        "Asia/Beirut", "Asia/Kolkata", "Pacific/Auckland", "America/St_Johns", "Europe/Paris", "Asia/Dubai", "Africa/Casablanca", "Pacific/Chatham",
    ];

    private static readonly ConcurrentDictionary<string, List<DateTimeOffset>> s_changes = new();
    private static readonly DateTimeOffset s_first = new(1985, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, WindowUnit> Calendars()
    {
        var data = new TheoryData<string, WindowUnit>();
        foreach (var zone in Zones)
            foreach (var unit in Enum.GetValues<WindowUnit>().Except([WindowUnit.Minute]))
                data.Add(zone, unit);
        data.Add("UTC", WindowUnit.Minute);
        return data;
    }

    [Theory]
    [MemberData(nameof(Calendars))]
    public void Window_of_an_instant_holds_it_and_is_found_from_its_start_its_end_and_its_label(string zone, WindowUnit unit)
    {
        var calendar = new WindowCalendar(zone, unit);
        ForAll(Instants(zone), instant =>
        {
            var window = calendar.Containing(instant);
            Assert.True(window.From <= instant && instant < window.To, $"{instant:O} is not in {window}.");
            Assert.Equal(window, calendar.Containing(window.From));
            Assert.Equal(window, calendar.Containing(window.To.AddTicks(-1)));
            Assert.Equal(window, calendar.Parse(window.Label));
            Assert.DoesNotContain(':', window.Label);
            Assert.Equal((TimeSpan.Zero, TimeSpan.Zero, unit), (window.From.Offset, window.To.Offset, window.Unit));
        });
    }

    [Theory]
    [MemberData(nameof(Calendars))]
    public void Neighbours_touch_and_lead_back(string zone, WindowUnit unit)
    {
        var calendar = new WindowCalendar(zone, unit);
        ForAll(Instants(zone), instant =>
        {
            var window = calendar.Containing(instant);
            var next = calendar.Next(window);
            Assert.Equal(window.To, next.From);
            Assert.NotEqual(window.Label, next.Label);
            Assert.Equal(window, calendar.Previous(next));
            Assert.Equal(next, calendar.Next(window));
        });
    }

    [Theory]
    [MemberData(nameof(Calendars))]
    public void Length_is_within_what_clocks_do(string zone, WindowUnit unit)
    {
        var calendar = new WindowCalendar(zone, unit);
        var (least, most) = unit switch
        {
            WindowUnit.Minute => (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)),
            WindowUnit.Hour => (TimeSpan.FromTicks(1), TimeSpan.FromHours(1)),
            WindowUnit.Day => (TimeSpan.FromHours(22), TimeSpan.FromHours(26)), // St John's moved by two hours in 1988
            _ => (TimeSpan.FromDays(27.9), TimeSpan.FromDays(31.1)),
        };
        ForAll(Instants(zone), instant => Assert.InRange(calendar.Containing(instant).Length, least, most));
    }

    [Theory]
    [MemberData(nameof(Calendars))]
    public void Latest_closed_window_ended_before_now_and_the_next_one_did_not(string zone, WindowUnit unit)
    {
        var calendar = new WindowCalendar(zone, unit);
        ForAll(Instants(zone), now =>
        {
            foreach (var settle in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromHours(2), TimeSpan.FromMinutes(37)])
            {
                var closed = calendar.LatestClosed(now, settle);
                Assert.True(closed.To + settle <= now);
                Assert.True(calendar.Next(closed).To + settle > now);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Calendars))]
    public void Every_window_of_forty_years_tiles_time_and_has_a_label_of_its_own(string zone, WindowUnit unit)
    {
        // Hours only around the changes of the clock; days and months all of them.
        var calendar = new WindowCalendar(zone, unit);
        var labels = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (from, to) in unit == WindowUnit.Hour ? Changes(zone).Select(c => (c.AddHours(-3), c.AddHours(3))) : [(s_first, s_first.AddYears(45))])
        {
            var range = calendar.Range(calendar.Containing(from), calendar.Containing(to)).ToList();
            for (var i = 1; i < range.Count; i++)
            {
                Assert.Equal(range[i - 1].To, range[i].From);
                if (unit != WindowUnit.Hour) Assert.True(string.CompareOrdinal(range[i - 1].Label, range[i].Label) < 0);
            }
            foreach (var window in range) Assert.True(labels.Add(window.Label) || unit == WindowUnit.Hour, $"{window.Label} stands twice.");
            Assert.Equal(range.Count, range.Select(w => w.Label).Distinct().Count());
            Assert.All(range, w => Assert.Equal(w, calendar.Parse(w.Label)));
        }
    }

    /// <summary>Instants from 1985 to 2030, every other one within minutes of a change of the zone's clock.</summary>
    private static Arbitrary<DateTimeOffset> Instants(string zone)
    {
        var anywhere = Gen.Choose(0, 45 * 365 * 24 * 60).Select(minutes => s_first.AddMinutes(minutes).AddTicks(minutes % 7));
        var changes = Changes(zone);
        if (changes.Count == 0) return anywhere.ToArbitrary();
        var near = Gen.Elements(changes.ToArray())
            .SelectMany(change => Gen.Choose(-30 * 60, 30 * 60).Select(minutes => change.AddMinutes(minutes).AddTicks(minutes % 3)));
        var at = Gen.Elements(changes.ToArray()).SelectMany(change => Gen.Choose(-1, 1).Select(ticks => change.AddTicks(ticks)));
        return Gen.OneOf(anywhere, near, at).ToArbitrary();
    }

    private static List<DateTimeOffset> Changes(string zone) => s_changes.GetOrAdd(zone, FindChanges);

    private static List<DateTimeOffset> FindChanges(string zone)
    {
        var info = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var changes = new List<DateTimeOffset>();
        for (var from = s_first; from < s_first.AddYears(45); from = from.AddHours(12))
        {
            if (info.GetUtcOffset(from) == info.GetUtcOffset(from.AddHours(12))) continue;
            var (low, high) = (0, 12 * 60);
            while (high - low > 1)
            {
                var middle = (low + high) / 2;
                if (info.GetUtcOffset(from.AddMinutes(middle)) == info.GetUtcOffset(from)) low = middle;
                else high = middle;
            }
            changes.Add(from.AddMinutes(high));
        }
        return changes;
    }

    private static void ForAll(Arbitrary<DateTimeOffset> instants, Action<DateTimeOffset> holds) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(instants, holds));
}

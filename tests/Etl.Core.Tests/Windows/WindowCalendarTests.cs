using Etl.Core.Errors;
using Etl.Core.Windows;

namespace Etl.Core.Tests.Windows;

public class WindowCalendarTests
{
    private static readonly WindowCalendar s_newYorkDays = new("America/New_York", WindowUnit.Day);
    private static readonly WindowCalendar s_newYorkHours = new("America/New_York", WindowUnit.Hour);

    [Theory]
    [InlineData("America/New_York", "2026-11-19", 24)]
    [InlineData("America/New_York", "2026-03-08", 23)]
    [InlineData("America/New_York", "2026-11-01", 25)]
    [InlineData("Australia/Lord_Howe", "2026-04-05", 24.5)]
    [InlineData("Australia/Lord_Howe", "2026-10-04", 23.5)]
    [InlineData("America/Havana", "2026-03-08", 23)]
    [InlineData("America/Havana", "2026-11-01", 25)]
    [InlineData("America/Sao_Paulo", "2018-11-04", 23)]
    [InlineData("America/Sao_Paulo", "2018-02-17", 25)]
    [InlineData("Asia/Beirut", "2026-03-29", 23)]
    [InlineData("Asia/Kathmandu", "2026-11-19", 24)]
    public void Day_has_as_many_hours_as_its_clock_showed(string zone, string label, double hours) =>
        Assert.Equal(TimeSpan.FromHours(hours), new WindowCalendar(zone, WindowUnit.Day).Parse(label).Length);

    [Theory]
    [InlineData("America/New_York", "2026-11-19", "2026-11-19T05:00:00Z")]
    [InlineData("America/New_York", "2026-07-01", "2026-07-01T04:00:00Z")]
    [InlineData("Asia/Kathmandu", "2026-11-19", "2026-11-18T18:15:00Z")]
    [InlineData("America/Havana", "2026-03-08", "2026-03-08T05:00:00Z")] // 00:00 is skipped: the day begins at 01:00
    [InlineData("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z")] // 00:00 comes twice: the first begins the day
    [InlineData("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z")]
    [InlineData("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z")]
    public void Day_begins_at_the_first_instant_of_its_date(string zone, string label, string from) =>
        Assert.Equal(DateTimeOffset.Parse(from, System.Globalization.CultureInfo.InvariantCulture), new WindowCalendar(zone, WindowUnit.Day).Parse(label).From);

    [Fact]
    public void Day_that_never_was_is_passed_over_and_its_label_is_refused()
    {
        var apia = new WindowCalendar("Pacific/Apia", WindowUnit.Day);
        Assert.Equal("2011-12-31", apia.Next(apia.Parse("2011-12-29")).Label);
        Assert.Equal("2011-12-29", apia.Previous(apia.Parse("2011-12-31")).Label);
        Assert.Throws<EtlException>(() => apia.Parse("2011-12-30"));
        Assert.Equal(TimeSpan.FromDays(30), new WindowCalendar("Pacific/Apia", WindowUnit.Month).Parse("2011-12").Length);
    }

    [Fact]
    public void Clock_that_falls_back_over_midnight_leaves_no_instant_without_its_day()
    {
        // St John's set its clock from 00:01 back to 23:01 of the day before (until 2011).
        var days = new WindowCalendar("America/St_Johns", WindowUnit.Day);
        var again = DateTimeOffset.Parse("2010-11-07T03:00:00Z", System.Globalization.CultureInfo.InvariantCulture); // 23:30 for the second time
        var window = days.Containing(again);
        Assert.True(window.From <= again && again < window.To);
        Assert.Equal(window.From, days.Previous(window).To);
    }

    [Fact]
    public void Repeated_hour_has_two_windows_told_apart_by_the_offset()
    {
        var first = s_newYorkHours.Parse("2026-11-01T01-0400");
        var second = s_newYorkHours.Parse("2026-11-01T01-0500");
        Assert.Equal(TimeSpan.FromHours(1), first.Length);
        Assert.Equal(first.To, second.From);
        Assert.Equal(second, s_newYorkHours.Next(first));
        Assert.Equal("2026-11-01T02-0500", s_newYorkHours.Next(second).Label);
    }

    [Fact]
    public void Skipped_hour_has_no_window()
    {
        Assert.Equal("2026-03-08T03-0400", s_newYorkHours.Next(s_newYorkHours.Parse("2026-03-08T01-0500")).Label);
        Assert.Throws<EtlException>(() => s_newYorkHours.Parse("2026-03-08T02-0500"));
    }

    [Fact]
    public void Change_by_half_an_hour_cuts_the_hour_and_shows_the_minutes()
    {
        var lordHowe = new WindowCalendar("Australia/Lord_Howe", WindowUnit.Hour);
        var cut = lordHowe.Next(lordHowe.Parse("2026-04-05T01+1100"));
        Assert.Equal(("2026-04-05T0130+1030", TimeSpan.FromMinutes(30)), (cut.Label, cut.Length));
        Assert.Equal(cut, lordHowe.Parse(cut.Label));
    }

    [Theory]
    [InlineData(WindowUnit.Day, "2026-11-19", "2026-11-19")]
    [InlineData(WindowUnit.Month, "2026-11-19", "2026-11")]
    public void Label_is_the_local_date(WindowUnit unit, string date, string label) =>
        Assert.Equal(label, new WindowCalendar("America/New_York", unit).Containing(DateTimeOffset.Parse(date + "T12:00:00Z", System.Globalization.CultureInfo.InvariantCulture)).Label);

    [Theory]
    [InlineData(WindowUnit.Day, "2026-11")]
    [InlineData(WindowUnit.Day, "2026-11-31")]
    [InlineData(WindowUnit.Day, "2026-1-1")]
    [InlineData(WindowUnit.Day, " 2026-11-19")]
    [InlineData(WindowUnit.Day, "2026-11-19T01-0500")]
    [InlineData(WindowUnit.Day, "9999-12-31")]
    [InlineData(WindowUnit.Day, "0001-01-01")]
    [InlineData(WindowUnit.Day, "")]
    [InlineData(WindowUnit.Month, "2026-13")]
    [InlineData(WindowUnit.Month, "9999-12")]
    [InlineData(WindowUnit.Month, "0001-01")]
    [InlineData(WindowUnit.Month, "2026-11-19")]
    [InlineData(WindowUnit.Hour, "2026-11-19")]
    [InlineData(WindowUnit.Hour, "2026-11-19T14")]
    [InlineData(WindowUnit.Hour, "2026-11-19T14-0400")]
    [InlineData(WindowUnit.Hour, "2026-11-19T1430-0500")]
    [InlineData(WindowUnit.Hour, "2026-11-19T24-0500")]
    [InlineData(WindowUnit.Hour, "2026-11-19T14-2300")]
    [InlineData(WindowUnit.Hour, "2026-11-19T14+1430")]
    [InlineData(WindowUnit.Hour, "0001-01-01T00+1400")]
    [InlineData(WindowUnit.Hour, "9999-12-31T23-1200")]
    public void Label_of_another_form_is_refused_with_an_example(WindowUnit unit, string label)
    {
        var fault = Assert.Throws<EtlException>(() => new WindowCalendar("America/New_York", unit).Parse(label));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.StartsWith($"'{label}' is not a window label. Write ", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-19T07:00:00Z", "2026-11-18")] // exactly 2 h after the end
    [InlineData("2026-11-19T06:59:59Z", "2026-11-17")]
    [InlineData("2026-11-20T06:59:59Z", "2026-11-18")]
    public void Latest_closed_day_waits_until_it_has_settled(string now, string label) =>
        Assert.Equal(label, s_newYorkDays.LatestClosed(DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture), TimeSpan.FromHours(2)).Label);

    [Fact]
    public void Range_includes_both_ends_and_is_empty_backwards()
    {
        var (first, last) = (s_newYorkDays.Parse("2026-10-30"), s_newYorkDays.Parse("2026-11-02"));
        Assert.Equal(["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"], s_newYorkDays.Range(first, last).Select(w => w.Label));
        Assert.Equal([first], s_newYorkDays.Range(first, first));
        Assert.Empty(s_newYorkDays.Range(last, first));
    }

    [Theory]
    [InlineData("America/New_York", "2026-01-15", 300)]
    [InlineData("America/New_York", "2026-07-15", 240)]
    [InlineData("Europe/Paris", "2026-01-15", -60)]
    [InlineData("Asia/Dubai", "2026-01-15", -240)]
    [InlineData("Asia/Kathmandu", "2026-01-15", -345)]
    [InlineData("UTC", "2026-01-15", 0)]
    public void Offset_for_the_service_is_positive_in_the_west(string zone, string label, int minutes)
    {
        var calendar = new WindowCalendar(zone, WindowUnit.Day);
        Assert.Equal(minutes, calendar.TimeZoneOffsetMinutes(calendar.Parse(label)));
    }

    [Theory]
    [InlineData("Mars/Olympus")]
    [InlineData("")]
    [InlineData("America")]
    [InlineData("../UTC")]
    [InlineData("america/new_york")] // found or not by what the process asked for before, so never
    public void Zone_that_is_not_known_is_refused(string zone)
    {
        TimeZoneInfo.TryFindSystemTimeZoneById("America/New_York", out _);
        Assert.Null(WindowCalendar.FindZone(zone));
        Assert.Equal(FaultKind.Usage, Assert.Throws<EtlException>(() => new WindowCalendar(zone, WindowUnit.Day)).Kind);
    }

    [Fact]
    public void Key_of_a_window_prints_as_one_line() =>
        Assert.Equal("nightly/main/101/2026-11-19", new WindowKey("nightly", "main", "101", "2026-11-19").ToString());

    [Fact]
    public void Minutes_are_cut_in_utc_and_their_labels_sort_by_time()
    {
        var minutes = new WindowCalendar("UTC", WindowUnit.Minute);
        var window = minutes.Containing(new DateTimeOffset(2026, 11, 19, 9, 5, 59, TimeSpan.FromHours(-5)));
        Assert.Equal("2026-11-19T14-05m", window.Label);
        Assert.Equal(new DateTimeOffset(2026, 11, 19, 14, 5, 0, TimeSpan.Zero), window.From);
        Assert.Equal(TimeSpan.FromMinutes(1), window.Length);
        Assert.Equal(window, minutes.Parse("2026-11-19T14-05m"));
        Assert.Equal("2026-11-19T15-00m", minutes.Next(minutes.Parse("2026-11-19T14-59m")).Label);
        Assert.Contains("repeats an hour", Assert.Throws<EtlException>(() => new WindowCalendar("America/New_York", WindowUnit.Minute)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-19T14-05")]
    [InlineData("2026-11-19T14:05m")]
    [InlineData("2026-11-19T14-60m")]
    [InlineData("2026-11-19T1405m")]
    public void What_is_no_minute_is_refused_with_the_form(string label) =>
        Assert.Contains("2026-11-19T14-05m", Assert.Throws<EtlException>(() => new WindowCalendar("UTC", WindowUnit.Minute).Parse(label)).Message, StringComparison.Ordinal);
}

namespace Etl.Sandbox.Tests.Reports;

/// <summary>Wire facts 3.4.</summary>
[Collection(SharedSandbox.Name)]
public class DateTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    private static (string, string?)[] Range(string? from, string? to, params (string, string?)[] more) =>
        [("reportInputFilter[fromDate]", from), ("reportInputFilter[toDate]", to), .. more];

    private async Task<string[]> DatesAsync(params (string, string?)[] fields) => [.. (await _api.TableAsync(34, fields)).Rows.Select(row => row[0])];

    [Fact]
    public async Task Range_is_half_open()
    {
        var whole = await _api.TotalAsync(1, Range("1772323200", "1772409600"));
        var parts = new[] { await _api.TotalAsync(1, Range("1772323200", "1772360000")), await _api.TotalAsync(1, Range("1772360000", "1772409600")) };

        Assert.Equal(whole["count_plays"], parts.Sum(p => int.Parse(p["count_plays"], System.Globalization.CultureInfo.InvariantCulture)).ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(["20260301"], await DatesAsync(Range("1772323200", "1772409600")));
    }

    [Theory]
    [InlineData("days", "20260301", "20260302")]
    [InlineData("hours", "2026030100", "2026030101")]
    [InlineData("minutes", "2026-03-01T00:01:00.000Z", "2026-03-01T00:02:00.000Z")]
    [InlineData("ten_minutes", "2026-03-01T00:00:00.000Z", "2026-03-01T00:10:00.000Z")]
    [InlineData("ten_seconds", "2026-03-01T00:00:10.000Z", "2026-03-01T00:00:20.000Z")]
    [InlineData("months", "202603", null)]
    public async Task Date_ids_follow_the_interval(string interval, string first, string? second)
    {
        var dates = await DatesAsync(("reportInputFilter[interval]", interval), ("responseOptions[skipEmptyDates]", "0"));

        Assert.Contains(first, dates);
        if (second is not null)
            Assert.Contains(second, dates);
        Assert.Equal(dates.Order(StringComparer.Ordinal), dates);
    }

    [Theory]
    [InlineData("days", "date_id")]
    [InlineData("hours", "date_id")]
    [InlineData("months", "month_id")]
    [InlineData("years", "year_id")]
    public async Task Date_column_is_named_after_the_interval(string interval, string name) =>
        Assert.Equal(name, (await _api.TableAsync(35, ("reportInputFilter[interval]", interval))).Header[0]);

    [Fact]
    public async Task Years_drop_the_date_column_of_tables_with_a_column_map() =>
        Assert.Equal("count_plays", (await _api.TableAsync(34, ("reportInputFilter[interval]", "years"))).Header[0]);

    [Theory]
    [InlineData("300", "1772341200", "2026030100")]
    [InlineData("-60", "1772319600", "2026030100")]
    [InlineData("-240", "1772308800", "2026030100")]
    public async Task Positive_offset_is_west(string offset, string localMidnight, string first)
    {
        var to = (long.Parse(localMidnight, System.Globalization.CultureInfo.InvariantCulture) + 6 * 3600).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var dates = await DatesAsync(Range(localMidnight, to, ("reportInputFilter[interval]", "hours"), ("reportInputFilter[timeZoneOffset]", offset), ("responseOptions[skipEmptyDates]", "false")));

        Assert.Equal(first, dates[0]);
        Assert.Equal(6, dates.Length);
    }

    [Theory]
    [InlineData(300, 300)]
    [InlineData(-330, -330)]
    [InlineData(-331, -360)]
    [InlineData(10, 0)]
    [InlineData(5000, 720)]
    [InlineData(-5000, -840)]
    [InlineData(210, 210)]
    public void Offset_outside_the_list_is_clamped_and_rounded(int sent, int used) =>
        Assert.Equal(used, Etl.Sandbox.Reports.TimeBuckets.NormaliseOffset(sent));

    [Fact]
    public async Task Day_texts_win_and_lose_the_last_second()
    {
        var days = await DatesAsync(Range("1", "2", ("reportInputFilter[fromDay]", "20260302"), ("reportInputFilter[toDay]", "20260304")));
        var all = await _api.TotalAsync(1, Range("1772409600", "1772668799"));
        var lost = await _api.TotalAsync(1, Range(null, null, ("reportInputFilter[fromDay]", "20260302"), ("reportInputFilter[toDay]", "20260304")));

        Assert.Equal(["20260302", "20260303", "20260304"], days);
        Assert.Equal(all, lost);
    }

    [Fact]
    public async Task Day_texts_are_read_in_the_requested_zone() =>
        Assert.Equal(
            await _api.ReportAsync("getTotal", 1, Range("1772341200", "1772427599")),
            await _api.ReportAsync("getTotal", 1, Range(null, null, ("reportInputFilter[fromDay]", "20260301"), ("reportInputFilter[toDay]", "20260301"), ("reportInputFilter[timeZoneOffset]", "300"))));

    [Fact]
    public async Task One_day_text_alone_does_nothing() =>
        Assert.Equal(await _api.ReportAsync("getTotal", 1), await _api.ReportAsync("getTotal", 1, ("reportInputFilter[fromDay]", "20260101")));

    [Fact]
    public async Task Equal_stamps_mean_their_whole_day() =>
        Assert.Equal(["20260301"], await DatesAsync(Range("1772370000", "1772370000")));

    [Fact]
    public async Task Reversed_stamps_on_one_day_mean_that_day() =>
        Assert.Equal(["20260301"], await DatesAsync(Range("1772370000", "1772360000")));

    [Theory]
    [InlineData("1772928000", "1772323200")]
    [InlineData(null, null)]
    public async Task Reversed_or_absent_dates_give_nothing(string? from, string? to) =>
        Assert.Equal("""{"objectType":"KalturaReportTable"}""", await _api.ReportAsync("getTable", 38, Range(from, to)));

    [Fact]
    public async Task Small_dates_are_relative_to_now() =>
        Assert.Equal(
            await _api.ReportAsync("getTotal", 1, Range("1772971200", "1773057600")), // 8 March 12:00 to 9 March 12:00
            await _api.ReportAsync("getTotal", 1, Range("-172800", "-86400")));

    [Fact]
    public async Task Reference_time_of_the_session_replaces_now()
    {
        var ks = await _api.StartSessionAsync(("privileges", "reftime:1772409600"));

        Assert.Equal(["20260301"], await DatesAsync(Range("-86400", "0", ("ks", ks))));
    }

    [Fact]
    public async Task Empty_dates_are_missing_unless_asked_for()
    {
        var range = Range("1772323200", "1774000000", ("reportInputFilter[countryIn]", "Japan"));
        var skipped = await DatesAsync(range);
        var filled = await _api.TableAsync(34, [.. range, ("responseOptions[skipEmptyDates]", "false")]);

        Assert.Equal(9, skipped.Length);
        Assert.Equal(20, filled.Rows.Count);
        Assert.All(filled.Rows[^1][1..], cell => Assert.Equal("0", cell));
    }

    [Fact]
    public async Task Interval_does_not_split_a_label_table() =>
        Assert.Equal(await _api.ReportAsync("getTable", 38), await _api.ReportAsync("getTable", 38, ("reportInputFilter[interval]", "hours")));
}

/// <summary>The account's creation bounds the range.</summary>
public class AccountCreationTests
{
    [Fact]
    public async Task Range_start_is_raised_to_30_days_before_the_account()
    {
        await using var api = await Api.StartAsync(SandboxFixture.Options with { AccountCreatedAt = new DateTimeOffset(2026, 4, 3, 0, 0, 0, TimeSpan.Zero) });

        Assert.Equal(["20260304", "20260305", "20260306", "20260307"], (await api.TableAsync(34)).Cells("date_id"));
    }
}

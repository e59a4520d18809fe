using System.Globalization;
using Etl.Core.Jobs;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public sealed class CronTimesTests
{
    [Theory]
    [InlineData("15 2 * * *", "UTC", "2026-11-19T02:15Z", "2026-11-19T02:15Z")]
    [InlineData("15 2 * * *", "UTC", "2026-11-19T02:15:01Z", "2026-11-20T02:15Z")]
    [InlineData("15 2 * * *", "America/New_York", "2026-11-19T07:00Z", "2026-11-19T07:15Z")]
    [InlineData("30 15 2 * * *", "America/New_York", "2026-11-19T07:00Z", "2026-11-19T07:15:30Z")]
    [InlineData("0 6 * * MON-FRI", "UTC", "2026-11-20T06:01Z", "2026-11-23T06:00Z")]
    [InlineData("0 6 * * 7", "UTC", "2026-11-20T06:01Z", "2026-11-22T06:00Z")]
    [InlineData("0 6 * * 0", "UTC", "2026-11-20T06:01Z", "2026-11-22T06:00Z")]
    [InlineData("*/20 * * * *", "UTC", "2026-11-20T06:41Z", "2026-11-20T07:00Z")]
    [InlineData("0 0 29 FEB *", "UTC", "2026-11-20T06:41Z", "2028-02-29T00:00Z")]
    [InlineData("0 0 29 2 *", "UTC", "2097-11-20T06:41Z", "2104-02-29T00:00Z")]
    [InlineData("30 2 * * *", "America/New_York", "2026-03-08T06:00Z", "2026-03-08T07:30Z")] // left out: 02:30 by the old offset
    [InlineData("30 1 * * *", "America/New_York", "2026-11-01T04:00Z", "2026-11-01T05:30Z")] // comes twice: the first
    [InlineData("30 1 * * *", "America/New_York", "2026-11-01T05:31Z", "2026-11-02T06:30Z")]
    [InlineData("0 0 * * *", "Pacific/Auckland", "2026-11-19T11:00Z", "2026-11-19T11:00Z")]
    public void Next_time_of_a_schedule(string cron, string zone, string from, string next) =>
        Assert.Equal(Instant(next), CronTimes.From(new ScheduleSpec(cron, zone), Instant(from)));

    [Fact]
    public void Expression_that_is_not_sound_is_refused() =>
        Assert.Contains("has 2 cron fields", Assert.Throws<ArgumentException>(() => CronTimes.From(new ScheduleSpec("1 2", "UTC"), DateTimeOffset.UnixEpoch)).Message, StringComparison.Ordinal);

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}

using System.Globalization;
using Etl.Core.Jobs;
using Etl.Core.Scheduling;

namespace Etl.Testing.Scheduling;

/// <summary>
/// What the cron text of a job file means, on every engine: when an alarm fires, above all over the nights on which clocks are changed. A time that
/// such a night leaves out fires at the first instant behind the gap; a time that it has twice fires the first time; a text with a step, a range or
/// a star in its minutes or hours counts on through both.
/// </summary>
public abstract class CronContract
{
    /// <summary>The first times at which an alarm fires when it is set at <paramref name="from"/>, in UTC.</summary>
    protected abstract Task<IReadOnlyList<DateTimeOffset>> FiringsAsync(JobAlarm alarm, DateTimeOffset from, int count);

    [SkippableTheory]
    [InlineData("15 2 * * *", "America/New_York", "2026-11-19T12:00:00Z", "2026-11-20T07:15:00Z")]
    [InlineData("0 6 * * 1", "UTC", "2026-11-21T00:00:00Z", "2026-11-23T06:00:00Z")] // 1 is Monday
    [InlineData("0 6 * * 0", "UTC", "2026-11-21T00:00:00Z", "2026-11-22T06:00:00Z")] // 0 is Sunday
    [InlineData("0 6 * * 7", "UTC", "2026-11-21T00:00:00Z", "2026-11-22T06:00:00Z")] // and so is 7
    [InlineData("0 6 * * SAT", "UTC", "2026-11-21T07:00:00Z", "2026-11-28T06:00:00Z")]
    [InlineData("0 6 * * 1-5", "UTC", "2026-11-21T00:00:00Z", "2026-11-23T06:00:00Z 2026-11-24T06:00:00Z")]
    [InlineData("0 6 * * */3", "UTC", "2026-11-23T00:00:00Z", "2026-11-25T06:00:00Z 2026-11-28T06:00:00Z 2026-11-29T06:00:00Z")] // Sunday, Wednesday, Saturday
    [InlineData("0 6 31 * *", "UTC", "2026-11-21T00:00:00Z", "2026-12-31T06:00:00Z 2027-01-31T06:00:00Z 2027-03-31T06:00:00Z")]
    [InlineData("0 6 29 2 *", "UTC", "2026-11-21T00:00:00Z", "2028-02-29T06:00:00Z")]
    [InlineData("30 0 6 * * *", "UTC", "2026-11-21T06:00:29Z", "2026-11-21T06:00:30Z 2026-11-22T06:00:30Z")]
    [InlineData("*/20 59 23 * * *", "UTC", "2026-12-31T23:59:10Z", "2026-12-31T23:59:20Z 2026-12-31T23:59:40Z 2027-01-01T23:59:00Z")]
    [InlineData("0 0 * * *", "Asia/Kathmandu", "2026-11-21T00:00:00Z", "2026-11-21T18:15:00Z")]
    public Task Fields_mean_the_same_on_every_engine(string cron, string zone, string from, string firings) => ExpectAsync(cron, zone, from, firings);

    [SkippableTheory]
    // New York, forward at 02:00 to 03:00 on 8 March.
    [InlineData("30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z 2026-03-09T06:30:00Z")]
    [InlineData("0 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z 2026-03-09T06:00:00Z")]
    [InlineData("0 30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z 2026-03-09T06:30:00Z")]
    [InlineData("30 2,14 * * *", "America/New_York", "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z 2026-03-08T18:30:00Z")]
    [InlineData("0 * * * *", "America/New_York", "2026-03-08T05:30:00Z", "2026-03-08T06:00:00Z 2026-03-08T07:00:00Z 2026-03-08T08:00:00Z")]
    [InlineData("*/30 2 * * *", "America/New_York", "2026-03-08T05:30:00Z", "2026-03-08T07:00:00Z 2026-03-09T06:00:00Z 2026-03-09T06:30:00Z")] // twice left out, made up for once
    // Back at 02:00 to 01:00 on 1 November.
    [InlineData("30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z 2026-11-02T06:30:00Z")]
    [InlineData("0 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z 2026-11-02T06:00:00Z")]
    [InlineData("0,30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z 2026-11-01T05:30:00Z 2026-11-02T06:00:00Z")]
    [InlineData("15 2 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T07:15:00Z 2026-11-02T07:15:00Z")]
    [InlineData("*/30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z 2026-11-01T05:30:00Z 2026-11-01T06:00:00Z 2026-11-01T06:30:00Z 2026-11-02T06:00:00Z")]
    [InlineData("30 * * * *", "America/New_York", "2026-11-01T05:00:00Z", "2026-11-01T05:30:00Z 2026-11-01T06:30:00Z 2026-11-01T07:30:00Z")]
    // Sydney, south of the equator: forward on 4 October, back on 5 April.
    [InlineData("30 2 * * *", "Australia/Sydney", "2026-10-03T12:00:00Z", "2026-10-03T16:00:00Z 2026-10-04T15:30:00Z")]
    [InlineData("30 2 * * *", "Australia/Sydney", "2026-04-04T12:00:00Z", "2026-04-04T15:30:00Z 2026-04-05T16:30:00Z")]
    // Santiago: midnight itself is left out on 6 September, and the last hour of 4 April comes twice.
    [InlineData("0 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z 2026-09-07T03:00:00Z")]
    [InlineData("30 0 * * *", "America/Santiago", "2026-09-05T12:00:00Z", "2026-09-06T04:00:00Z 2026-09-07T03:30:00Z")]
    [InlineData("30 23 * * *", "America/Santiago", "2026-04-04T12:00:00Z", "2026-04-05T02:30:00Z 2026-04-06T03:30:00Z")]
    // Lord Howe: half an hour, forward at 02:00 to 02:30 and back at 02:00 to 01:30.
    [InlineData("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z 2026-10-04T15:15:00Z")]
    [InlineData("45 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T15:45:00Z 2026-10-04T15:45:00Z")]
    [InlineData("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", "2026-04-04T14:45:00Z 2026-04-05T15:15:00Z")]
    [InlineData("15 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z", "2026-04-04T14:15:00Z 2026-04-05T14:45:00Z")]
    [InlineData("*/15 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:20:00Z", "2026-04-04T14:30:00Z 2026-04-04T14:45:00Z 2026-04-04T15:00:00Z 2026-04-04T15:15:00Z 2026-04-05T14:30:00Z")]
    public Task Nights_on_which_clocks_are_changed_mean_the_same_on_every_engine(string cron, string zone, string from, string firings) => ExpectAsync(cron, zone, from, firings);

    private async Task ExpectAsync(string cron, string zone, string from, string firings)
    {
        var expected = firings.Split(' ').Select(Instant).ToList();
        var found = await FiringsAsync(new JobAlarm("nightly", new ScheduleSpec(cron, zone)), Instant(from), expected.Count);
        Assert.Equal(expected, found.Select(f => f.ToUniversalTime()));
    }

    private static DateTimeOffset Instant(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}

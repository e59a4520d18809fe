using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Server.Reading;
using Etl.Server.Tests.Support;
using Etl.Testing.Rows;

namespace Etl.Server.Tests;

/// <summary>The job: days of New York, settle 2 h, alarm at 02:15. The day 2026-11-19 closes at 02:00 on the 20th (07:00 UTC), its alarm is at 07:15 UTC.</summary>
public sealed class FreshnessTests
{
    private static readonly JobDefinition s_job = FakeDesk.Job("nightly");

    [Theory]
    [InlineData("2026-11-18", 7, 14, FreshnessState.OnTime, 0)]
    [InlineData("2026-11-18", 7, 15, FreshnessState.Working, 0)]
    [InlineData("2026-11-18", 7, 44, FreshnessState.Working, 29)]
    [InlineData("2026-11-18", 7, 45, FreshnessState.Late, 30)]
    [InlineData("2026-11-19", 7, 45, FreshnessState.OnTime, 0)]
    [InlineData("2026-11-17", 7, 0, FreshnessState.Late, 24 * 60 - 15)]
    public void Newest_published_window_tells_whether_the_job_is_late(string newest, int hour, int minute, FreshnessState state, int lateMinutes)
    {
        var freshness = FreshnessReader.Of(s_job, [Tally("101", newest)], new DateTimeOffset(2026, 11, 20, hour, minute, 0, TimeSpan.Zero));
        Assert.Equal((state, Keys.Day(newest).To, TimeSpan.FromMinutes(lateMinutes)), (freshness.State, freshness.PublishedTo!.Value, freshness.LateBy));
    }

    [Fact]
    public void Account_that_is_behind_speaks_for_the_job()
    {
        var freshness = FreshnessReader.Of(s_job, [Tally("101", "2026-11-19"), Tally("102", "2026-11-17"), Tally("101", "2026-11-18")], Keys.Noon);
        Assert.Equal((FreshnessState.Late, Keys.Day("2026-11-17").To, Keys.Day("2026-11-18").To), (freshness.State, freshness.PublishedTo!.Value, freshness.OwedTo!.Value));
        Assert.Equal(FreshnessState.Never, FreshnessReader.Of(s_job, [Tally("101", "2026-11-19"), Tally("102", null)], Keys.Noon).State);
    }

    [Fact]
    public void Job_that_published_nothing_has_no_freshness() => Assert.Equal(FreshnessState.Never, FreshnessReader.Of(s_job, [], Keys.Noon).State);

    [Fact]
    public void Job_without_a_schedule_is_never_late()
    {
        var freshness = FreshnessReader.Of(s_job with { Schedule = null }, [Tally("101", "2026-10-01")], Keys.Noon);
        Assert.Equal((FreshnessState.Unscheduled, Keys.Day("2026-10-01").To), (freshness.State, freshness.PublishedTo!.Value));
    }

    [Theory]
    [InlineData(0, FreshnessState.OnTime)]
    [InlineData(3, FreshnessState.Working)]
    [InlineData(9, FreshnessState.Late)]
    public void Live_job_is_late_by_its_minutes(int minutes, FreshnessState state)
    {
        var job = s_job with { Schedule = null, Window = new WindowSpec { Every = WindowUnit.Minute, Settle = WindowSpec.LiveSettle } };
        var tally = new WindowTally(new JobKey("live", "main", "101"), WindowState.Landed, 1, 1, Keys.Noon.AddMinutes(-3));
        Assert.Equal(state, FreshnessReader.Of(job, [tally], Keys.Noon.AddMinutes(minutes - 1)).State);
    }

    private static WindowTally Tally(string account, string? publishedLabel) =>
        new(new JobKey("nightly", "main", account), WindowState.Landed, 1, 1, publishedLabel is null ? null : Keys.Day(publishedLabel).To);
}

using System.Globalization;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Reports;

public class TimeCutTests
{
    private static ReportQuery Query(string from, string to, string interval, int offset) => new()
    {
        Report = KalturaCatalog.Shared.FindReport("34")!,
        Fields = KalturaCatalog.Shared.Filters,
        Filter = new Dictionary<string, Etl.Core.Jobs.FilterValue>(),
        From = DateTimeOffset.Parse(from, CultureInfo.InvariantCulture),
        To = DateTimeOffset.Parse(to, CultureInfo.InvariantCulture),
        OffsetMinutes = offset,
        Interval = interval,
        Delimiter = "|",
        SkipEmptyDates = true,
    };

    [Theory]
    [InlineData("2026-03-01T05:00Z", "2026-04-01T04:00Z", "days", 300, "2026-03-16T05:00Z")]
    [InlineData("2026-03-01T00:00Z", "2026-03-03T00:00Z", "days", 0, "2026-03-02T00:00Z")]
    [InlineData("2026-03-01T00:00Z", "2026-03-01T03:00Z", "hours", 0, "2026-03-01T01:00Z")]
    [InlineData("2026-03-01T00:00Z", "2026-03-01T02:00Z", "minutes", 0, "2026-03-01T01:00Z")]
    [InlineData("2026-03-01T00:00Z", "2026-03-01T00:00:20Z", "ten_seconds", 0, "2026-03-01T00:00:10Z")]
    [InlineData("2026-03-01T05:00Z", "2026-05-01T05:00Z", "months", 300, "2026-04-01T05:00Z")]
    [InlineData("2024-01-01T00:00Z", "2026-01-01T00:00Z", "years", 0, "2025-01-01T00:00Z")]
    public void Cut_lies_on_a_bucket_bound_of_the_requests_own_zone(string from, string to, string interval, int offset, string cut) =>
        Assert.Equal(DateTimeOffset.Parse(cut, CultureInfo.InvariantCulture), TimeCut.Middle(Query(from, to, interval, offset)));

    [Theory]
    [InlineData("2026-03-10T04:00Z", "2026-03-11T04:00Z", "days", 240)]
    [InlineData("2026-03-01T05:00Z", "2026-04-01T05:00Z", "months", 300)]
    [InlineData("2026-03-01T00:00Z", "2026-03-01T00:00:10Z", "ten_seconds", 0)]
    public void Single_bucket_cannot_be_cut(string from, string to, string interval, int offset) =>
        Assert.Null(TimeCut.Middle(Query(from, to, interval, offset)));
}

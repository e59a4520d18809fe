using System.Text.Json;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Kaltura.Catalog;

namespace Etl.Kaltura.Tests.Catalog;

public class KalturaCatalogTests
{
    private static readonly KalturaCatalog s_catalog = new();

    [Fact]
    public void All_reports_columns_and_filters_load()
    {
        Assert.Equal(255, s_catalog.Reports.Count);
        Assert.Equal(362, s_catalog.Columns.Count);
        Assert.Equal(62, s_catalog.Filters.Count);
        Assert.Equal(255, s_catalog.Reports.Select(r => r.Id).Distinct().Count());
        Assert.All(s_catalog.Reports, r => Assert.NotEmpty(r.Description));
    }

    [Fact]
    public void Every_column_of_every_report_is_described()
    {
        foreach (var report in s_catalog.Reports)
            Assert.All(report.Dimensions.Concat(report.Metrics).Concat(report.Totals).Concat(report.Key), c => Assert.NotNull(s_catalog.ColumnOf(report, c)));
    }

    [Fact]
    public void Reports_keep_the_order_of_the_file()
    {
        using var stream = typeof(KalturaCatalog).Assembly.GetManifestResourceStream("catalog/reports.json")!;
        using var document = JsonDocument.Parse(stream);
        Assert.Equal(document.RootElement.EnumerateArray().Select(e => e.Text("id")!), s_catalog.Reports.Select(r => r.Id));
    }

    [Fact]
    public void Report_38_has_its_facts()
    {
        var report = s_catalog.FindReport("38")!;

        Assert.Equal("TOP_CONTENT_CREATOR", report.Name);
        Assert.Equal("vod", report.Family);
        Assert.Equal(["object_id", "entry_name", "creator_name", "created_at", "status", "media_type", "duration_msecs", "entry_source"], report.Dimensions);
        Assert.Equal(13, report.Metrics.Count);
        Assert.Equal(12, report.Totals.Count);
        Assert.DoesNotContain("engagement_ranking", report.Totals);
        Assert.Equal(["object_id"], report.Key);
        Assert.Equal("-count_plays", report.DefaultOrder);
        Assert.Equal(12_000, report.MaxRows);
        Assert.True(report is { SupportsTable: true, SupportsTotal: true, SupportsGraphs: true, SupportsCsv: true, ColumnsComplete: true, TimeSeries: false, SplitsReviewed: true });
        Assert.Equal("default: vod; override with playbackTypeIn", report.PlaybackTypes);
        Assert.Equal("YYYYMMDD", report.TimeKeyFormats["days"]);
        Assert.Equal([new SplitRule(SplitKind.Range, "entryCreatedAt"), new SplitRule(SplitKind.Values, "entryIdIn", "object_id")], report.Splits);
    }

    [Theory]
    [InlineData("1", "Range entryCreatedAt  , Values entryIdIn object_id ")]
    [InlineData("2", "Range entryCreatedAt  , Values entryIdIn object_id ")]
    [InlineData("13", "Values userIds name ")]
    [InlineData("30", "Values countryIn country 36")]
    [InlineData("34", "Time   ")]
    [InlineData("36", "Values countryIn country ")]
    [InlineData("37", "Values countryIn country 36")]
    [InlineData("38", "Range entryCreatedAt  , Values entryIdIn object_id ")]
    [InlineData("39", "Values ownerIdsIn user_id ")]
    public void Reviewed_splits_are_these(string id, string splits)
    {
        var report = s_catalog.FindReport(id)!;

        Assert.True(report.SplitsReviewed);
        Assert.Equal(splits, string.Join(", ", report.Splits.Select(s => $"{s.Kind} {s.Filter} {s.Column} {s.FromReport}")));
    }

    [Fact]
    public void Splits_name_filters_and_columns_that_exist_and_never_time_for_label_tables()
    {
        foreach (var report in s_catalog.Reports)
        {
            foreach (var split in report.Splits)
            {
                if (split.Kind == SplitKind.Time) Assert.True(report.HasDateRows(), report.Id);
                if (split.Kind == SplitKind.Values) Assert.Contains(split.Column, report.Dimensions);
                if (split.Kind == SplitKind.Values) Assert.True(s_catalog.Filters[split.Filter!].MultiValue);
                if (split.Kind == SplitKind.Range) Assert.Contains($"{split.Filter}GreaterThanOrEqual", s_catalog.Filters.Keys);
                if (split.FromReport is { } from) Assert.Contains(split.Column, s_catalog.FindReport(from)!.Dimensions);
            }
            if (report.Splits.Count > 0) Assert.True(report is { SupportsTable: true, SupportsTotal: true }, report.Id);
        }
    }

    [Theory]
    [InlineData("38", "38")]
    [InlineData("top_content_creator", "38")]
    [InlineData(" topContentCreator ", "38")]
    [InlineData("multi-account USER_USAGE", "20004")]
    [InlineData("quiz.QUIZ", "quiz.QUIZ")]
    public void Report_is_found_by_id_name_or_alias(string name, string id) => Assert.StartsWith(id, s_catalog.FindReport(name)!.Id, StringComparison.Ordinal);

    [Fact]
    public void Unknown_report_is_null_and_its_neighbours_are_named()
    {
        Assert.Null(s_catalog.FindReport("TOP_CONTENT_CREATR"));
        Assert.Equal("TOP_CONTENT_CREATOR", s_catalog.NearestReports("TOP_CONTENT_CREATR")[0]);
    }

    [Theory]
    [InlineData("count_plays", Additivity.Full)]
    [InlineData("sum_time_viewed", Additivity.Full)]
    [InlineData("unique_known_users", Additivity.Unique)]
    [InlineData("view_unique_audience", Additivity.Unique)]
    [InlineData("unique_videos", Additivity.Unique)]
    [InlineData("load_play_ratio", Additivity.Ratio)]
    [InlineData("avg_completion_rate", Additivity.Ratio)]
    [InlineData("avg_time_viewed", Additivity.Ratio)]
    [InlineData("engagement_ranking", Additivity.None)]
    [InlineData("avg_continuous_aggr_storage_mb", Additivity.None)]
    [InlineData("entry_name", Additivity.None)]
    public void Additivity_follows_the_rules(string column, Additivity expected) => Assert.Equal(expected, s_catalog.Columns[column].Additivity);

    [Fact]
    public void Level_columns_are_levels() => Assert.Equal(12, s_catalog.Columns.Values.Count(c => c.Additivity == Additivity.Level));

    [Fact]
    public void Only_the_two_rankings_are_relative_to_their_query() =>
        Assert.Equal(["contributor_ranking", "engagement_ranking"], s_catalog.Columns.Values.Where(c => c.RelativeToQuery).Select(c => c.Name).Order());

    [Theory]
    [InlineData("30")]
    [InlineData("34")]
    [InlineData("36")]
    [InlineData("37")]
    public void Unique_known_users_are_viewers_in_reports_that_rename_them(string id)
    {
        Assert.Equal("viewers", s_catalog.ColumnOf(s_catalog.FindReport(id)!, "unique_known_users")!.Unit);
        Assert.Equal("users", s_catalog.ColumnOf(s_catalog.FindReport("38")!, "unique_known_users")!.Unit);
    }

    [Theory]
    [InlineData("43")]
    [InlineData("60016")]
    [InlineData("200")]
    public void Sums_of_reports_with_overlapping_rows_are_no_totals(string id)
    {
        var report = s_catalog.FindReport(id)!;
        Assert.All(report.Metrics, m => Assert.NotEqual(Additivity.Full, s_catalog.ColumnOf(report, m)!.Additivity));
    }

    [Fact]
    public void Filters_know_what_is_for_end_users_and_what_takes_commas()
    {
        Assert.Equal(["ancestorPlaybackContext", "application", "playbackContext", "userIds"], s_catalog.Filters.Values.Where(f => f.EndUserOnly).Select(f => f.Name).Order());
        Assert.Equal(["ancestorPlaybackContext", "application", "playbackContext"], s_catalog.Filters.Values.Where(f => f.CommaSeparated).Select(f => f.Name).Order());
        Assert.True(s_catalog.Filters["searchInAdminTags"].Deprecated);
        Assert.True(s_catalog.Filters["entryIdIn"].MultiValue);
        Assert.False(s_catalog.Filters["keywords"].MultiValue);
    }
}

using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Tests.Reports;

public class TableBinderTests
{
    private static BoundTable Bind(string report, string header, string interval = "days", SchemaPolicy policy = SchemaPolicy.Evolve, bool variant = false) =>
        new TableBinder(KalturaCatalog.Shared, KalturaCatalog.Shared.FindReport(report)!, interval, policy, 240) { IsVariant = variant }.Table(header.Split('|'));

    [Fact]
    public void Columns_are_mapped_by_name_in_the_order_of_the_header()
    {
        var table = Bind("38", "count_plays|created_at|object_id|avg_view_drop_off|duration_msecs|status");

        Assert.Equal(
            [("count_plays", ColumnType.Int64), ("created_at", ColumnType.Timestamp), ("object_id", ColumnType.Text),
                ("avg_view_drop_off", ColumnType.Double), ("duration_msecs", ColumnType.Int64), ("status", ColumnType.Text)],
            table.Schema.Columns.Select(c => (c.Name, c.Type)));
        Assert.Equal(CellFormat.UnixSeconds, table.Plan.Formats[1]);
        Assert.Equal(["object_id"], table.Schema.Key);
        Assert.Equal([2], table.Key);
        Assert.Equal([0], table.Additive);
        Assert.Equal((ColumnRole.Metric, Additivity.Full), (table.Schema.Columns[0].Role, table.Schema.Columns[0].Additivity));
        Assert.Equal(240, table.Plan.OffsetMinutes);
    }

    [Fact]
    public void Expected_table_of_every_report_binds_without_notes()
    {
        foreach (var report in KalturaCatalog.Shared.Reports.Where(r => r.SupportsTable))
        {
            var binder = new TableBinder(KalturaCatalog.Shared, report, "days", SchemaPolicy.Evolve, 0);
            var table = binder.ExpectedTable();
            Assert.Equal(report.Key.Count, table.Key.Length);
            Assert.All(table.Schema.Columns, c => Assert.True(c.Known));
            // Reports 200 and 202 are monthly whatever is asked.
            Assert.Empty(table.Notes);
        }
    }

    [Fact]
    public void Unknown_column_is_text_and_not_known()
    {
        foreach (var policy in new[] { SchemaPolicy.Evolve, SchemaPolicy.Hold })
        {
            var column = Bind("38", "object_id|brand_new_number", policy: policy).Schema.Columns[1];
            Assert.Equal((ColumnType.Text, false), (column.Type, column.Known));
        }
    }

    [Fact]
    public void Unknown_column_goes_to_the_side_map_by_ignore_and_is_noted()
    {
        var table = Bind("38", "brand_new|object_id", policy: SchemaPolicy.Ignore);

        Assert.Equal(["object_id", "_extra"], table.Schema.Columns.Select(c => c.Name));
        Assert.Equal([CellFormat.Skip, CellFormat.Text], table.Plan.Formats);
        Assert.Equal([-1, 0], table.Plan.Targets);
        Assert.Equal(1, table.Plan.Extra);
        Assert.Equal(["brand_new"], table.Schema.Drift.Extra);
        Assert.Contains("Column 'brand_new' is not known and lands in '_extra' (schema: ignore).", table.Notes);
    }

    [Fact]
    public void Side_map_is_there_by_ignore_alone_and_without_unknown_columns_too()
    {
        Assert.Equal(["object_id", "_extra"], Bind("38", "object_id", policy: SchemaPolicy.Ignore).Schema.Columns.Select(c => c.Name));
        Assert.Equal(-1, Bind("38", "object_id").Plan.Extra);
        Assert.Equal(-1, Bind("38", "object_id", policy: SchemaPolicy.Hold).Schema.IndexOf("_extra"));
    }

    [Fact]
    public void Missing_column_is_absent_with_its_type_and_a_missing_key_leaves_the_rows_without_one()
    {
        var drift = Bind("38", "object_id|entry_name").Schema.Drift;
        Assert.Equal(ColumnType.Int64, Assert.Single(drift.Absent, c => c.Name == "count_plays").Type);
        Assert.Empty(drift.AbsentKey);

        var table = Bind("38", "entry_name|count_plays");
        Assert.Equal(["object_id"], table.Schema.Drift.AbsentKey);
        Assert.Empty(table.Schema.Key);
    }

    [Fact]
    public void Request_that_changes_the_columns_is_promised_none()
    {
        var table = Bind("6", "referrer|count_plays", variant: true);
        Assert.Empty(table.Schema.Drift.Absent);
        Assert.Equal(["referrer"], table.Schema.Key);
        foreach (var (report, field) in new[] { ("6", "objectIds"), ("10008", "entryIdIn") })
        {
            var spec = new SourceSpec
            {
                Action = "table", Report = report, ObjectIds = field == "objectIds" ? ["a"] : [],
                Filter = new Dictionary<string, FilterValue> { [field] = new(["a"], true) },
            };
            Assert.True(KalturaCatalog.Shared.FindReport(report)!.HasVariant(spec, "days"));
            Assert.False(KalturaCatalog.Shared.FindReport("38")!.HasVariant(spec, "days"));
        }
    }

    [Fact]
    public void Missing_expected_column_is_noted()
    {
        Assert.Contains("Column 'unique_viewers' was expected and not sent.", Bind("38", "object_id|count_plays").Notes);
        Assert.DoesNotContain(Bind("38", "object_id|count_plays").Notes, n => n.Contains("'count_plays'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("34", "days", "date_id", CellFormat.DayId, ColumnType.Date)]
    [InlineData("34", "months", "month_id", CellFormat.MonthId, ColumnType.Date)]
    [InlineData("60", "years", "year_id", CellFormat.YearId, ColumnType.Date)]
    [InlineData("34", "hours", "date_id", CellFormat.HourId, ColumnType.Timestamp)]
    [InlineData("34", "minutes", "date_id", CellFormat.IsoTimestamp, ColumnType.Timestamp)]
    [InlineData("10005", "ten_seconds", "date_id", CellFormat.UnixSeconds, ColumnType.Timestamp)]
    [InlineData("30001", "days", "date_id", CellFormat.UnixSeconds, ColumnType.Timestamp)]
    [InlineData("30001", "months", "month_id", CellFormat.MonthId, ColumnType.Date)]
    [InlineData("18", "hours", "date_id", CellFormat.DayId, ColumnType.Date)]
    public void Date_column_is_typed_by_family_and_interval(string report, string interval, string column, CellFormat format, ColumnType type)
    {
        var table = Bind(report, $"{column}|count_plays", interval);

        Assert.Equal(format, table.Plan.Formats[0]);
        Assert.Equal(type, table.Schema.Columns[0].Type);
        Assert.Equal([column], table.Schema.Key);
    }

    [Theory]
    [InlineData("38", ColumnType.Int64)]
    [InlineData("3035", ColumnType.Double)]
    public void Percentage_is_whole_in_report_tables_and_may_have_a_fraction_in_custom_reports(string report, ColumnType type) =>
        Assert.Equal(type, Bind(report, "total_completion_rate|count_plays").Schema.Columns[0].Type);

    [Fact]
    public void Drill_down_labels_make_the_key_when_the_reports_own_key_was_not_sent() =>
        Assert.Equal(["referrer"], Bind("6", "referrer|count_plays|sum_time_viewed", variant: true).Schema.Key);

    [Theory]
    [InlineData("object_id|count_plays|object_id")]
    [InlineData("object_id||count_plays")]
    public void Header_with_an_empty_or_repeated_name_is_refused(string header) =>
        Assert.Equal("bad-header", Assert.Throws<EtlException>(() => Bind("38", header)).Code);
}

using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Reports;

public class SourceSpecRulesTests
{
    private static readonly SourceSpec s_sound = new() { Report = "38", Action = "table" };

    private static IReadOnlyList<SourceSpecFault> Check(SourceSpec spec, WindowUnit? window = null) => SourceSpecRules.Check(spec, KalturaCatalog.Shared, window);

    private static SourceSpec Filtered(string field, params string[] values) =>
        s_sound with { Filter = new Dictionary<string, FilterValue> { [field] = new(values, values.Length != 1) } };

    private static void AssertFault(SourceSpec spec, string path, string words, WindowUnit? window = null)
    {
        var fault = Assert.Single(Check(spec, window));
        Assert.Equal(path, fault.Path);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sound_source_has_no_faults()
    {
        Assert.Empty(Check(s_sound));
        Assert.Empty(Check(Filtered("playbackTypeIn", "vod", "live") with { Order = "-count_plays", Interval = "months", ObjectIds = ["1_abcdefgh"], Privileges = ["virtualeventid:99"], Accounts = ["1234567"] }));
        Assert.Empty(Check(s_sound with { Report = "TOP_CONTENT_CREATOR", Action = "total" }));
        Assert.Empty(Check(Filtered("entryCreatedAtGreaterThanOrEqual", "1700000000")));
        Assert.Empty(Check(Filtered("countryIn", "Taiwan, Province of China")));
    }

    [Fact]
    public void Unknown_filter_field_names_the_nearest() => AssertFault(Filtered("entryIdsIn", "1_a"), "filter.entryIdsIn", "Did you mean 'entryIdIn'?");

    [Fact]
    public void Value_with_the_delimiter_is_refused() => AssertFault(Filtered("entryIdIn", "1_a", "1_b|1_c"), "filter.entryIdIn[1]", "holds '|'");

    [Fact]
    public void Comma_joined_ids_under_the_bar_are_refused()
    {
        AssertFault(Filtered("entryIdIn", "1_abcdefgh,0_bcdefghi"), "filter.entryIdIn", "several ids joined with commas");
        AssertFault(s_sound with { ObjectIds = ["1_abcdefgh,0_bcdefghi"] }, "objectIds[0]", "several ids joined with commas");
    }

    [Theory]
    [InlineData("playbackTypeIn", "vod,live")]
    [InlineData("virtualEventIdIn", "1, 2")]
    [InlineData("userIds", "ann@example.com,bob@example.com")]
    public void Comma_joined_values_of_an_id_field_are_refused(string field, string value) =>
        AssertFault(Filtered(field, value), $"filter.{field}", "joined with commas");

    [Theory]
    [InlineData("userIds", "Smith, Ann")]
    [InlineData("citiesIn", "Washington, D.C.")]
    [InlineData("categories", "A, B>C")]
    public void Names_may_hold_commas(string field, string value) => Assert.Empty(Check(Filtered(field, value)));

    [Fact]
    public void Application_cannot_hold_a_comma_whatever_the_delimiter() =>
        AssertFault(Filtered("application", "a,b") with { Delimiter = "|~|" }, "filter.application", "cannot hold commas");

    [Fact]
    public void Longer_delimiter_lets_bars_pass() => Assert.Empty(Check(Filtered("entryIdIn", "1_a|b") with { Delimiter = "|~|" }));

    [Theory]
    [InlineData("fromDate")]
    [InlineData("toDay")]
    [InlineData("timeZoneOffset")]
    [InlineData("interval")]
    public void Fields_of_the_window_are_ours(string field) => AssertFault(Filtered(field, "1"), $"filter.{field}", "filled in from the window");

    [Theory]
    [InlineData("searchInTags", "yes", "not true or false")]
    [InlineData("entryCreatedAtLessThanOrEqual", "yesterday", "not a whole number")]
    [InlineData("entryCreatedAtLessThanOrEqual", "-86400", "relative to now")]
    [InlineData("entryCreatedAtLessThanOrEqual", "315360000", "relative to now")]
    [InlineData("searchInAdminTags", "true", "no longer read")]
    [InlineData("entryOperator", "x", "is an object")]
    [InlineData("entryIdIn", "", "is empty")]
    public void Bad_filter_value_is_named(string field, string value, string words) => AssertFault(Filtered(field, value), $"filter.{field}", words);

    [Fact]
    public void Single_value_field_takes_no_list() => AssertFault(Filtered("keywords", "a", "b"), "filter.keywords", "takes one value");

    [Fact]
    public void Empty_list_is_refused() => AssertFault(Filtered("entryIdIn"), "filter.entryIdIn", "list is empty");

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(12_001)]
    public void Page_size_has_bounds(int size) => AssertFault(s_sound with { PageSize = size }, "pageSize", "expected 1 to 12000");

    [Theory]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("|;|")]
    [InlineData("\t")]
    public void Delimiter_has_rules(string delimiter) => Assert.Equal("delimiter", Assert.Single(Check(s_sound with { Delimiter = delimiter })).Path);

    [Fact]
    public void Order_column_must_exist()
    {
        AssertFault(s_sound with { Order = "-count_play" }, "order", "Did you mean 'count_plays'?");
        AssertFault(s_sound with { Order = "-" }, "order", "is not one");
        AssertFault(s_sound with { Order = "--count_plays" }, "order", "is not one");
        Assert.Empty(Check(s_sound with { Order = "count_plays" }));
    }

    [Fact]
    public void Interval_must_exist_and_keep_the_date()
    {
        AssertFault(s_sound with { Interval = "tenSeconds" }, "interval", "Did you mean 'ten_seconds'?");
        AssertFault(s_sound with { Report = "34", Interval = "years" }, "interval", "loses its date column");
        AssertFault(s_sound with { Report = "18", Interval = "hours" }, "interval", "no rows finer than days");
        AssertFault(s_sound with { Report = "18" }, "window.every", "no rows finer than days", WindowUnit.Hour);
        Assert.Empty(Check(s_sound with { Report = "34" }, WindowUnit.Hour));
    }

    [Theory]
    [InlineData("40002", "table", "no action 'table'")]
    [InlineData("10009", "total", "no action 'total'")]
    [InlineData("3007", "table", "getCsvFromStringParams")]
    [InlineData("pollsActivity", "table", "no action 'table'")]
    [InlineData("liveReports.ENTRY_TOTAL", "table", "getReport")]
    [InlineData("38", "tabel", "Did you mean 'table'?")]
    [InlineData("38", "graph", "expected table, total, graphs, base-total, csv, custom-csv, microservice, entries, captions")]
    [InlineData("36", "graphs", "no action 'graphs'")]
    [InlineData("30040", "graphs", "no action 'graphs'")]
    [InlineData("40012", "graphs", "no action 'graphs'")]
    [InlineData("liveReports.ENTRY_TIME_LINE", "graphs", "no action 'graphs'")]
    [InlineData("38", "base-total", "no action 'base-total'")]
    public void Action_must_be_one_that_the_report_has(string report, string action, string words) =>
        AssertFault(s_sound with { Report = report, Action = action }, "action", words);

    [Theory]
    [InlineData("playbackTypeIn", "vodd", "Did you mean 'vod'?")]
    [InlineData("playbackTypeIn", "VOD", "expected vod, live, dvr, offline")]
    [InlineData("countryIn", "US", "English names")]
    [InlineData("countryIn", "usa", null)]
    [InlineData("countryIn", "USA", "English names")]
    [InlineData("countryIn", "Chad", null)]
    [InlineData("countryIn", "Taiwan, Province of China", null)]
    public void Values_that_no_row_can_have_are_refused(string field, string value, string? words)
    {
        var spec = s_sound with { Filter = new Dictionary<string, FilterValue> { [field] = new([value], true) } };
        if (words is null) Assert.Empty(Check(spec));
        else AssertFault(spec, $"filter.{field}[0]", words);
    }

    [Theory]
    [InlineData("10")]
    [InlineData("200")]
    [InlineData("202")]
    [InlineData("300")]
    public void Report_that_the_service_knows_only_inside_is_refused(string report) =>
        AssertFault(s_sound with { Report = report }, "report", "internal to the service");

    [Fact]
    public void Graphs_and_base_totals_are_taken_where_the_report_has_them()
    {
        foreach (var report in new[] { "2", "14", "17", "18", "21", "22", "24", "34", "38", "10005", "30001" })
            Assert.Empty(Check(s_sound with { Report = report, Action = "graphs" }));
        foreach (var report in new[] { "17", "18" })
            Assert.Empty(Check(s_sound with { Report = report, Action = "base-total" }));
    }

    [Theory]
    [InlineData("21", "months", "by the day only")]
    [InlineData("17", "hours", "no points by hours")]
    [InlineData("39", "hours", "no points by hours")]
    public void Interval_that_graphs_do_not_have_is_refused(string report, string interval, string words) =>
        AssertFault(s_sound with { Report = report, Action = "graphs", Interval = interval }, "interval", words);

    [Fact]
    public void Interval_of_graphs_keeps_years_and_hours_where_they_work()
    {
        Assert.Empty(Check(s_sound with { Report = "34", Action = "graphs", Interval = "years" }));
        Assert.Empty(Check(s_sound with { Report = "34", Action = "graphs" }, WindowUnit.Hour));
        AssertFault(s_sound with { Report = "17", Action = "graphs" }, "window.every", "no points by hours", WindowUnit.Hour);
    }

    [Fact]
    public void Order_of_graphs_is_refused() =>
        AssertFault(s_sound with { Action = "graphs", Order = "-count_plays" }, "order", "has no order");

    [Fact]
    public void Report_must_be_known_and_work_with_a_window()
    {
        AssertFault(s_sound with { Report = "TOP_CONTENT_CREATR" }, "report", "Did you mean 'TOP_CONTENT_CREATOR'");
        AssertFault(s_sound with { Report = null }, "report", "A report is needed");
        Assert.Contains(Check(s_sound with { Report = "16" }), f => f.Message.Contains("last 30 days", StringComparison.Ordinal));
    }

    [Fact]
    public void All_faults_are_listed_at_once() =>
        Assert.Equal(4, Check(Filtered("nope", "x") with { PageSize = 0, Delimiter = "", Order = "-nope" }).Count);

    [Theory]
    [InlineData("a,b")]
    [InlineData("")]
    public void Privilege_is_one_item(string privilege) => Assert.Equal("privileges[0]", Assert.Single(Check(s_sound with { Privileges = [privilege] })).Path);

    [Fact]
    public void Account_is_a_number() => AssertFault(s_sound with { Accounts = ["12a"] }, "accounts[0]", "digits only");
}

using System.Globalization;

namespace Etl.Sandbox.Tests.Reports;

/// <summary>Wire facts 3.2, 3.6 and 3.7.</summary>
[Collection(SharedSandbox.Name)]
public class TableTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    [Theory]
    [InlineData(",")]
    [InlineData("|")]
    [InlineData("|~|")]
    public async Task Cell_loses_the_delimiter_and_then_semicolons(string delimiter)
    {
        var table = await _api.TableAsync(1, ("responseOptions[delimiter]", delimiter));
        var truth = await _api.TruthAsync($"report=1&from={Api.From}&to={Api.To}");
        var names = truth.Select(row => row["entry_name"].GetString() is { } name ? name.Replace(delimiter, " ").Replace(';', ' ') : "");

        Assert.All(table.Rows, row => Assert.Equal(table.Header.Length, row.Length));
        Assert.Equal(names, table.Cells("entry_name"));
        Assert.Contains(names, name => name.Contains('\n', StringComparison.Ordinal));
        Assert.Contains(names, name => name.StartsWith('='));
        Assert.Contains(";\",\"totalCount\"", table.Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Default_delimiter_is_the_comma() =>
        Assert.StartsWith("{\"header\":\"object_id,entry_name,count_plays,", await _api.ReportAsync("getTable", 1, ("responseOptions[delimiter]", null)), StringComparison.Ordinal);

    [Fact]
    public async Task Empty_delimiter_runs_cells_together_but_cannot_split_lists()
    {
        Assert.Contains("\"header\":\"date_idcount_plays", await _api.ReportAsync("getTable", 34, ("responseOptions[delimiter]", "")), StringComparison.Ordinal);
        Assert.Equal("INTERNAL_SERVERL_ERROR", Api.CodeOf(await _api.ReportAsync("getTable", 34, ("responseOptions[delimiter]", ""), ("reportInputFilter[countryIn]", "Japan"))));
    }

    [Fact]
    public async Task Header_follows_the_catalogue() =>
        Assert.Equal(
            ["object_id", "entry_name", "creator_name", "created_at", "status", "media_type", "duration_msecs", "entry_source", "count_plays", "sum_time_viewed", "avg_time_viewed",
                "count_loads", "load_play_ratio", "avg_view_drop_off", "unique_known_users", "engagement_ranking", "avg_completion_rate", "unique_viewers", "sum_view_period",
                "avg_view_period_time", "total_completion_rate"],
            (await _api.TableAsync(38)).Header);

    [Fact]
    public async Task Pages_have_30_rows_by_default_and_follow_each_other()
    {
        var all = await _api.TableAsync(38);
        var first = await _api.TableAsync(38, ("pager[pageSize]", null), ("pager[pageIndex]", null), ("pager[objectType]", "KalturaFilterPager"));
        var second = await _api.TableAsync(38, ("pager[pageSize]", null), ("pager[pageIndex]", "2"));

        Assert.Equal(30, first.Rows.Count);
        Assert.Equal(all.Cells("object_id").Take(60), first.Cells("object_id").Concat(second.Cells("object_id")));
    }

    [Theory]
    [InlineData("0", "1", 10)]
    [InlineData("-5", "0", 10)]
    [InlineData("abc", "-1", 10)]
    [InlineData("7", "0", 7)]
    public async Task Senseless_pager_falls_back(string size, string index, int rows) =>
        Assert.Equal(rows, (await _api.TableAsync(38, ("pager[pageSize]", size), ("pager[pageIndex]", index))).Rows.Count);

    [Theory]
    [InlineData(38, "2")]
    [InlineData(13, "9")]
    public async Task Label_table_beyond_its_end_has_no_fields(int type, string page) =>
        Assert.Equal("""{"objectType":"KalturaReportTable"}""", await _api.ReportAsync("getTable", type, ("pager[pageIndex]", page)));

    [Fact]
    public async Task Label_table_without_rows_has_no_fields() =>
        Assert.Equal("""{"objectType":"KalturaReportTable"}""", await _api.ReportAsync("getTable", 36, ("reportInputFilter[countryIn]", "Atlantis")));

    [Fact]
    public async Task Date_table_without_rows_keeps_its_header()
    {
        var table = await _api.TableAsync(34, ("reportInputFilter[countryIn]", "Atlantis"));

        Assert.EndsWith("|sum_view_period\",\"data\":\"\",\"totalCount\":0,\"objectType\":\"KalturaReportTable\"}", table.Json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_table_without_rows_keeps_its_header() =>
        Assert.Contains("\"data\":\"\",\"totalCount\":0", await _api.ReportAsync("getTable", 39, ("reportInputFilter[toDate]", "1000000001"), ("reportInputFilter[fromDate]", "1000000000")), StringComparison.Ordinal);

    [Fact]
    public async Task Order_may_be_any_metric_in_either_direction()
    {
        Assert.Equal((await _api.TableAsync(38)).Numbers("count_loads").OrderDescending(), (await _api.TableAsync(38, ("order", "-count_loads"))).Numbers("count_loads"));
        Assert.Equal((await _api.TableAsync(38)).Numbers("count_loads").Order(), (await _api.TableAsync(38, ("order", "+count_loads"))).Numbers("count_loads"));
        Assert.Equal((await _api.TableAsync(38)).Numbers("count_loads").OrderDescending(), (await _api.TableAsync(38, ("order", "count_loads"))).Numbers("count_loads"));
    }

    [Theory]
    [InlineData("-no_such_column")]
    [InlineData("+no_such_column")]
    [InlineData("")]
    public async Task Unknown_order_falls_back_to_plays(string order)
    {
        var plays = (await _api.TableAsync(2, ("order", order))).Numbers("count_plays").ToList();

        Assert.Equal(plays.OrderDescending(), plays);
    }

    [Fact]
    public async Task Order_by_a_label_sorts_only_the_page_of_the_default_order()
    {
        var expected = (await _api.TableAsync(38, ("pager[pageSize]", "10"))).Cells("object_id").Order(StringComparer.Ordinal);

        Assert.Equal(expected, (await _api.TableAsync(38, ("pager[pageSize]", "10"), ("order", "+object_id"))).Cells("object_id"));
        Assert.Equal(expected.Reverse(), (await _api.TableAsync(38, ("pager[pageSize]", "10"), ("order", "-object_id"))).Cells("object_id"));
    }

    [Fact]
    public async Task Users_that_are_gone_have_an_empty_key_and_anonymous_ones_are_Unknown()
    {
        var table = await _api.TableAsync(13);

        Assert.True(table.Cells("name").Count(name => name.Length == 0) >= 2);
        Assert.Equal(["Unknown", "Unknown"], table.Rows.Single(row => row[0] == "Unknown")[..2]);
        Assert.Contains("00123", table.Cells("name"));
        Assert.Contains("nan", table.Cells("name"));
    }

    [Fact]
    public async Task Unknown_fills_date_columns_too() =>
        Assert.Equal(["Unknown", "Unknown", "Unknown"], (await _api.TableAsync(39)).Rows.Single(row => row[0] == "Unknown")[..3]);

    [Fact]
    public async Task Entry_that_is_gone_keeps_only_its_id()
    {
        var gone = (await _api.TableAsync(38)).Rows.Where(row => row[0].Length > 0 && row[3].Length == 0).ToList();

        Assert.NotEmpty(gone);
        Assert.All(gone, row => Assert.All(row[1..8], cell => Assert.Equal("", cell)));
    }

    [Fact]
    public async Task Missing_dimension_value_is_printed_as_zero()
    {
        Assert.Contains("0", (await _api.TableAsync(29)).Cells("custom_var1"));
        Assert.Contains("0", (await _api.TableAsync(30)).Cells("city"));
    }

    [Fact]
    public async Task Friendly_headers_add_the_mail_address()
    {
        Assert.Equal(["name", "full_name", "email"], (await _api.TableAsync(13, ("responseOptions[useFriendlyHeadersNames]", "1"))).Header[..3]);
        Assert.Equal("name", (await _api.TableAsync(15, ("responseOptions[useFriendlyHeadersNames]", "1"))).Header[0]);
    }

    [Theory]
    [InlineData(21, "Computer|Mobile", "os", "Windows 11")]
    [InlineData(22, "Mac OS X", "browser", "Safari")]
    [InlineData(6, "learn.example.com", "referrer", "learn.example.com/course/101")]
    [InlineData(4, "Germany", "object_id", "Bayern")]
    public async Task Object_ids_drill_down(int type, string ids, string column, string value)
    {
        var table = await _api.TableAsync(type, ("objectIds", ids));

        Assert.Equal(column, table.Header[0]);
        Assert.Contains(value, table.Cells(column));
    }

    [Fact]
    public async Task Rankings_are_relative_to_the_best_row()
    {
        var ranking = (await _api.TableAsync(38)).Numbers("engagement_ranking").ToList();

        Assert.All(ranking, score => Assert.InRange(score, 0, 10));
        Assert.True(ranking.Max() > 5);
    }

    [Fact]
    public async Task Report_4_names_the_country_where_36_has_its_code()
    {
        Assert.Contains("Japan|JP|", (await _api.TableAsync(4)).Json, StringComparison.Ordinal);
        Assert.Contains("JP|Japan|36.2\\/138.25|", (await _api.TableAsync(36)).Json, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_metric_of_a_computed_type_is_a_number_in_the_catalogue()
    {
        var catalogue = Etl.Sandbox.Catalogue.CatalogueData.Load();
        var book = new Etl.Sandbox.Reports.ReportBook(catalogue);

        Assert.All(book.ComputedTypes.SelectMany(type => catalogue.Require(type).Metrics), metric => Assert.NotEqual("string", catalogue.ColumnType(metric)));
    }

    [Fact]
    public void Computed_types_are_the_documented_ones() =>
        Assert.Equal(
            [
                1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 14, 15, 17, 18, 20, 21, 22, 23, 24, 25, 29, 30, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 45, 47, 52, 58, 59,
                20001, 20002, 20003, 20004, 20005, 20006, 20007, 20008, 20009, 20010, 20011, 20012, 20013, 20014, 20015, 20016, 20017, 20019, 20022,
            ],
            new Etl.Sandbox.Reports.ReportBook(Etl.Sandbox.Catalogue.CatalogueData.Load()).ComputedTypes);

    [Fact]
    public async Task Every_computed_type_answers_with_the_columns_of_the_catalogue()
    {
        var catalogue = Etl.Sandbox.Catalogue.CatalogueData.Load();
        var book = new Etl.Sandbox.Reports.ReportBook(catalogue);
        foreach (var type in book.ComputedTypes)
        {
            // A wide range, so that entries were created in it too.
            var wide = new (string, string?)[] { ("reportInputFilter[fromDate]", "1762000000"), ("reportInputFilter[playbackTypeIn]", "vod|live|dvr") };
            var table = await _api.TableAsync(type, wide);
            var declared = catalogue.Require(type);
            Assert.True(table.Rows.Count > 0, type.ToString(CultureInfo.InvariantCulture));
            Assert.Equal(declared.Dimensions.Concat(declared.Metrics), table.Header);
            Assert.Equal(declared.Totals, (await _api.TotalAsync(type, wide)).Keys);
            if (declared.SupportsGraphs)
                Assert.Equal(declared.Graphs.Count, System.Text.Json.JsonDocument.Parse(await _api.ReportAsync("getGraphs", type, wide)).RootElement.GetArrayLength());
        }
    }
}

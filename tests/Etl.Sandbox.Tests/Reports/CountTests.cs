namespace Etl.Sandbox.Tests.Reports;

/// <summary>totalCount and the 12,000 wall (wire facts 3.7).</summary>
public sealed class CountTests : IAsyncLifetime
{
    private Api _api = null!;

    /// <summary>One playback per entry and day: exactly 12,001 rows on any day.</summary>
    public async Task InitializeAsync() => _api = await Api.StartAsync(SandboxFixture.Options with { Entries = 12_001, Days = 30, Users = 3_000 });

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private static readonly (string, string?)[] OneDay = [("reportInputFilter[toDate]", "1772409600")];

    [Fact]
    public async Task Page_one_is_cut_at_12000_rows()
    {
        var table = await _api.TableAsync(38, [.. OneDay, ("pager[pageSize]", "20000")]);

        Assert.Equal(12_000, table.Rows.Count);
        Assert.Equal(12_000, table.Cells("object_id").Distinct().Count());
    }

    [Theory]
    [InlineData("12000", "2")]
    [InlineData("500", "25")]
    [InlineData("9223372036854775807", "2")]
    public async Task Later_page_beyond_12000_fails_without_a_reason(string size, string index) =>
        Assert.Equal("""{"code":"INTERNAL_SERVERL_ERROR","message":"Internal server error occurred","objectType":"KalturaAPIException","args":[]}""",
            await _api.ReportAsync("getTable", 38, [.. OneDay, ("pager[pageSize]", size), ("pager[pageIndex]", index)]));

    [Fact]
    public async Task Later_page_up_to_12000_is_served() =>
        Assert.Equal(500, (await _api.TableAsync(38, [.. OneDay, ("pager[pageSize]", "500"), ("pager[pageIndex]", "24")])).Rows.Count);

    [Fact]
    public async Task Narrowed_by_creation_time_the_parts_make_the_whole()
    {
        var truth = await _api.TruthAsync("report=38&from=1772323200&to=1772409600");
        var middle = truth.Where(r => r["created_at"].ValueKind == System.Text.Json.JsonValueKind.Number).Select(r => r["created_at"].GetInt64()).Order().ElementAt(6_000);
        var older = await _api.TableAsync(38, [.. OneDay, ("pager[pageSize]", "12000"), ("reportInputFilter[entryCreatedAtLessThanOrEqual]", $"{middle}")]);
        var newer = await _api.TableAsync(38, [.. OneDay, ("pager[pageSize]", "12000"), ("reportInputFilter[entryCreatedAtGreaterThanOrEqual]", $"{middle + 1}")]);

        Assert.Equal(12_001, truth.Count);
        Assert.Equal(truth.Select(r => r["object_id"].GetString()).Order(), older.Cells("object_id").Concat(newer.Cells("object_id")).Order());
    }

    [Fact]
    public async Task Single_label_below_the_threshold_is_counted_exactly()
    {
        var countries = (await _api.TableAsync(36)).Rows.Count;

        Assert.Equal(countries, (await _api.TableAsync(36, ("pager[pageSize]", "5"))).TotalCount);
        Assert.Equal(countries, (await _api.TableAsync(36, ("pager[pageSize]", $"{countries}"))).TotalCount);
    }

    [Fact]
    public async Task Full_page_over_the_threshold_has_count_0_with_the_end_user_filter()
    {
        Assert.Equal(0, (await _api.TableAsync(2, [.. OneDay])).TotalCount);
        Assert.Equal(0, (await _api.TableAsync(36, ("pager[pageSize]", "3"), ("order", "-avg_completion_rate"))).TotalCount);
        Assert.Equal(0, (await _api.TableAsync(30, ("pager[pageSize]", "3"))).TotalCount);
    }

    [Fact]
    public async Task Full_page_over_the_threshold_is_estimated_for_forced_types_and_the_base_filter()
    {
        var forced = (await _api.TableAsync(38, [.. OneDay])).TotalCount;
        var baseType = (await _api.TableAsync(2, [.. OneDay, ("reportInputFilter[objectType]", "KalturaReportInputFilter")])).TotalCount;

        Assert.InRange(forced!.Value, 11_640, 12_362);
        Assert.InRange(baseType!.Value, 11_640, 12_362);
        Assert.NotEqual(12_001, forced);
    }

    [Fact]
    public async Task Multi_dimension_table_with_a_short_page_is_counted_exactly()
    {
        var table = await _api.TableAsync(30, ("pager[pageSize]", "500"));

        Assert.Equal(table.Rows.Count, table.TotalCount);
    }

    [Fact]
    public async Task Unknown_object_type_is_the_base_filter()
    {
        Assert.NotEqual(0, (await _api.TableAsync(2, [.. OneDay, ("reportInputFilter[objectType]", "KalturaNonsense")])).TotalCount);
        Assert.Equal(0, (await _api.TableAsync(2, [.. OneDay, ("reportInputFilter[objectType]", "kalturaenduserreportinputfilter")])).TotalCount);
    }

    [Fact]
    public async Task Date_table_counts_its_rows_exactly_and_slices()
    {
        var table = await _api.TableAsync(34, ("pager[pageSize]", "3"), ("pager[pageIndex]", "3"));

        Assert.Equal(7, table.TotalCount);
        Assert.Equal(["20260307"], table.Cells("date_id"));
    }
}

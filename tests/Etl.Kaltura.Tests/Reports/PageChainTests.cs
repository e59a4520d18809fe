using Etl.Core.Errors;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>The end of a page chain (design: section 5), case by case.</summary>
public class PageChainTests
{
    [Fact]
    public async Task Chain_ends_on_a_short_page_whose_rows_equal_totalCount()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), 3)).TotalAnswers(Plays(3));

        var outcome = await rig.PullAsync();

        Assert.Equal(3, outcome.Rows);
        Assert.Equal("short-page-matches-total", Assert.Single(outcome.Proof.Chains).Stop);
        Assert.Equal(["1_00000000", "1_00000001", "1_00000002"], rig.Sink.Column("object_id"));
        Assert.Equal(3, outcome.Totals!["count_plays"]);
        Assert.Equal(1, outcome.Proof.Calls);
        Assert.False(outcome.Proof.KnownEmpty);
        Assert.Empty(outcome.Proof.Restarts);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Short_page_with_another_totalCount_costs_one_more_request(int? totalCount)
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), totalCount), Absent).TotalAnswers(Plays(3));

        var outcome = await rig.PullAsync();

        Assert.Equal(3, outcome.Rows);
        Assert.Equal("empty-page", Assert.Single(outcome.Proof.Chains).Stop);
        Assert.Equal(2, rig.Server.Tables.Count());
    }

    [Fact]
    public async Task Request_behind_a_large_short_page_begins_right_behind_its_rows_and_stays_below_the_cap()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 7000), 0), Absent).TotalAnswers(Plays(7000));

        await rig.PullAsync();

        var behind = rig.Server.Tables.Last();
        Assert.Equal(7000, (behind.Page - 1) * behind.Size);
        Assert.InRange(behind.Page * behind.Size, 7001, 12_000);
    }

    [Fact]
    public async Task TotalCount_zero_with_full_pages_pages_on_to_a_short_page()
    {
        await using var rig = new Rig()
            .TableAnswers(Table(Entries(0, 500), 0), Table(Entries(500, 500), 0), Table(Entries(1000, 20), 1020))
            .TotalAnswers(Plays(1020));

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 500 });

        Assert.Equal(1020, outcome.Rows);
        Assert.Equal([1, 2, 3], rig.Server.Tables.Select(c => c.Page));
    }

    [Fact]
    public async Task N39_Exact_multiple_of_the_page_size_ends_on_an_absent_page()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 500), 1000), Table(Entries(500, 500), 1000), Absent).TotalAnswers(Plays(1000));

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 500 });

        Assert.Equal(1000, outcome.Rows);
        Assert.Equal("empty-page", outcome.Proof.Chains[0].Stop);
        Assert.Equal([500, 500, 0], outcome.Proof.Chains[0].Pages.Select(p => p.Rows));
    }

    [Fact]
    public async Task TotalCount_that_drifts_or_is_off_by_three_percent_never_fails()
    {
        await using var rig = new Rig()
            .TableAnswers(Table(Entries(0, 500), 970), Table(Entries(500, 500), 1030), Table([], 1000))
            .TotalAnswers(Plays(1000));

        Assert.Equal(1000, (await rig.PullAsync(Rig.Spec() with { PageSize = 500 })).Rows);
    }

    [Fact]
    public async Task Clamping_server_is_asked_again_with_its_own_page_size()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(1100)
            : Table(Entries(0, 1100).Skip((call.Page - 1) * Math.Min(call.Size, 500)).Take(Math.Min(call.Size, 500)), 0);

        var outcome = await rig.PullAsync();

        Assert.Equal(1100, outcome.Rows);
        Assert.Equal(1100, rig.Sink.Column("object_id").Distinct().Count());
        Assert.Contains("no larger pages", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
        Assert.All(rig.Server.Tables.Skip(2).SkipLast(1), c => Assert.Equal(500, c.Size));
        Assert.Equal(2, rig.Sink.Starts);
    }

    [Fact]
    public async Task All_absent_page_1_is_known_empty_only_with_empty_totals()
    {
        await using var rig = new Rig().TableAnswers(Absent).TotalAnswers(Total("count_plays|unique_viewers", "|"));

        var outcome = await rig.PullAsync();

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Equal(0, outcome.Rows);
        Assert.Equal("known-empty", outcome.Proof.Chains[0].Stop);
        Assert.Equal(1, rig.Sink.Starts);
        Assert.Equal("object_id", rig.Sink.Schema!.Columns[0].Name);
        Assert.Equal(21, rig.Sink.Schema.Columns.Count);
    }

    [Fact]
    public async Task All_absent_page_1_with_totals_is_tried_again_and_then_transient()
    {
        await using var rig = new Rig().TableAnswers(Absent, Absent, Absent, Absent).TotalAnswers(Plays(5));

        var failure = await rig.FailAsync();

        Assert.True(failure.IsTransient);
        Assert.Equal("empty-unproven", failure.Code);
        Assert.Equal(4, rig.Server.Tables.Count());
    }

    [Fact]
    public async Task All_absent_page_1_that_recovers_is_pulled_whole()
    {
        await using var rig = new Rig().TableAnswers(Absent, Table(Entries(0, 3), 3)).TotalAnswers(Plays(3));

        var outcome = await rig.PullAsync();

        Assert.Equal(3, outcome.Rows);
        Assert.Single(outcome.Proof.Restarts);
    }

    [Theory]
    [InlineData("""{"header":"object_id|count_plays","data":"","totalCount":7,"objectType":"KalturaReportTable"}""")]
    [InlineData("""{"header":"object_id|count_plays","data":null,"totalCount":7,"objectType":"KalturaReportTable"}""")]
    [InlineData("""{"header":"object_id|count_plays","totalCount":7,"objectType":"KalturaReportTable"}""")]
    [InlineData("""{"totalCount":7,"objectType":"KalturaReportTable"}""")]
    public async Task Header_without_data_but_with_a_count_is_a_transient_failure(string body)
    {
        await using var rig = new Rig().TableAnswers(body, body, body, body).TotalAnswers(Plays(0));

        var failure = await rig.FailAsync();

        Assert.Equal("no-data", failure.Code);
        Assert.True(failure.IsTransient);
    }

    [Fact]
    public async Task Empty_data_under_a_header_without_count_is_known_empty()
    {
        await using var rig = new Rig().TableAnswers(Table([], 0)).TotalAnswers(Plays(0));

        var outcome = await rig.PullAsync();

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Equal(2, outcome.Schema.Columns.Count);
    }

    [Fact]
    public async Task N41_Page_larger_than_asked_fails()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 11), 11));

        var failure = await rig.FailAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal("page-too-large", failure.Code);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task N43_Next_page_beyond_the_cap_turns_into_one_large_page()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(11_000)
            : call.Page * call.Size > 12_000 && call.Page > 1 ? Error("INTERNAL_SERVERL_ERROR")
            : Table(Entries(0, 11_000).Skip((call.Page - 1) * call.Size).Take(call.Size), 11_000);

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 5000 });

        Assert.Equal(11_000, outcome.Rows);
        Assert.Equal([5000, 5000, 12_000], rig.Server.Tables.Select(c => c.Size));
        Assert.Contains("beyond the cap", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_on_two_pages_restarts_as_one_large_page()
    {
        await using var rig = new Rig()
            .TableAnswers(Table(Entries(0, 10), 0), Table(Entries(9, 5), 14), Table(Entries(0, 15), 15))
            .TotalAnswers(Plays(15));

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(15, outcome.Rows);
        Assert.Equal([10, 10, 12_000], rig.Server.Tables.Select(c => c.Size));
        Assert.Contains("two pages", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
        Assert.Equal(15, rig.Sink.Rows.Count);
    }

    [Fact]
    public async Task Key_on_two_pages_of_a_clamping_server_fails_after_one_restart()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(20) : Table(Entries((call.Page - 1) * 9, 10), 0);

        var failure = await rig.FailAsync();

        Assert.Equal("duplicate-key", failure.Code);
    }

    [Fact]
    public async Task Rows_with_unresolved_keys_may_repeat_on_any_page()
    {
        await using var rig = new Rig()
            .TableAnswers(Table(["|1", "Unknown|2", "Error|3"], 0), Table(["|4", "Unknown|5"], 5))
            .TotalAnswers(Plays(15));

        Assert.Equal(5, (await rig.PullAsync(Rig.Spec() with { PageSize = 3 })).Rows);
    }

    [Fact]
    public async Task Key_twice_within_one_page_is_noted_and_left_to_the_key_check()
    {
        await using var rig = new Rig().TableAnswers(Table(["1_a|1", "1_a|2"], 2)).TotalAnswers(Plays(3));

        var outcome = await rig.PullAsync();

        Assert.Equal(2, outcome.Rows);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("twice within one page", StringComparison.Ordinal));
    }

    [Fact]
    public async Task N40_Same_page_for_ever_of_a_table_without_key_ends_at_the_page_limit()
    {
        await using var rig = new Rig();
        // Report 19 would have a key; a header without any known label column has none.
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(1) : Table(Enumerable.Repeat("1", Math.Min(call.Size, 2)), 0, "count_plays");

        var failure = await rig.FailAsync(Rig.Spec() with { PageSize = 2 });

        Assert.Contains(failure.Code, new[] { "too-many-pages", "truncated" });
        Assert.InRange(rig.Server.Calls.Count, 500, 1200);
    }

    [Fact]
    public async Task N37_Header_that_changes_between_pages_restarts_once_and_then_fails()
    {
        Answer first = Table(Entries(0, 10), 0), other = Table(["1|1_00000010"], 11, "count_plays|object_id");
        await using var rig = new Rig().TableAnswers(first, other, first, other);

        var failure = await rig.FailAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal("header-changed", failure.Code);
        Assert.Equal(4, rig.Server.Tables.Count());
    }

    [Fact]
    public async Task N37_Header_that_changes_once_is_pulled_whole_on_the_restart()
    {
        Answer first = Table(Entries(0, 10), 0), other = Table(["1|1_00000010"], 11, "count_plays|object_id");
        await using var rig = new Rig().TableAnswers(first, other, first, Table(Entries(10, 1), 11)).TotalAnswers(Plays(11));

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(11, outcome.Rows);
        Assert.Equal(11, rig.Sink.Column("object_id").Count(v => v!.StartsWith("1_", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task N38_Short_page_in_the_middle_restarts()
    {
        await using var rig = new Rig()
            .TableAnswers(Table(Entries(0, 10), 0), Table(Entries(10, 5), 0), Table(Entries(15, 10), 0),
                Table(Entries(0, 10), 0), Table(Entries(10, 10), 0), Absent)
            .TotalAnswers(Plays(20));

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(20, outcome.Rows);
        Assert.Single(outcome.Proof.Restarts);
        Assert.Equal(20, rig.Sink.Rows.Count);
    }

    [Fact]
    public async Task Two_timeouts_turn_to_pages_of_2000()
    {
        await using var rig = new Rig()
            .TableAnswers(Error("DRUID_QUERY_TIMED_OUT"), Error("DRUID_QUERY_TIMED_OUT"), Table(Entries(0, 2000), 2100), Table(Entries(2000, 100), 2100))
            .TotalAnswers(Plays(2100));

        var outcome = await rig.PullAsync();

        Assert.Equal(2100, outcome.Rows);
        Assert.Equal([12_000, 12_000, 2000, 2000], rig.Server.Tables.Select(c => c.Size));
    }

    [Fact]
    public async Task Small_pages_that_time_out_too_fail_as_transient()
    {
        await using var rig = new Rig().TableAnswers([.. Enumerable.Repeat<Answer>(Error("DRUID_QUERY_TIMED_OUT"), 10)]);

        var failure = await rig.FailAsync();

        Assert.Equal("DRUID_QUERY_TIMED_OUT", failure.Code);
        Assert.Equal(FaultKind.Unreachable, failure.Kind);
        Assert.True(failure.IsTransient);
        Assert.Equal(4, rig.Server.Tables.Count());
    }

    [Fact]
    public async Task Report_without_totals_asks_its_empty_table_twice()
    {
        await using var rig = new Rig().TableAnswers(Absent, Absent);

        var outcome = await rig.PullAsync(Rig.Spec("10009"));

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Null(outcome.Totals);
        Assert.Empty(rig.Server.TotalCalls);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("asked twice", StringComparison.Ordinal));
    }
}

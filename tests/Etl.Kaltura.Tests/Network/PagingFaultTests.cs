using Etl.Core.Errors;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Network;

/// <summary>Pages that do not fit together (docs/reliability.md, N32 to N43); each case of the rule is in <c>PageChainTests</c>.</summary>
public class PagingFaultTests
{
    [Theory]
    [InlineData(25, 26, 25)]
    [InlineData(24, 25, 25)]
    public async Task N32_TotalCount_that_drifts_between_pages_decides_nothing(int first, int second, int third)
    {
        await using var rig = Pages(first, second, third);

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(25, outcome.Rows);
        Assert.Equal(25, rig.Sink.Column("object_id").Distinct().Count());
    }

    [Fact]
    public async Task N33_TotalCount_of_zero_beside_rows_is_accepted()
    {
        await using var rig = Pages(0, 0, 0);
        rig.TableAnswers(Absent);

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(25, outcome.Rows);
        Assert.DoesNotContain(outcome.Proof.Notes, n => n.Contains("estimate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task N33_TotalCount_never_ends_a_chain_by_itself()
    {
        // 20 rows are there when the count says so, and five more behind.
        await using var rig = Pages(20, 20, 20);
        rig.TableAnswers(Absent);

        Assert.Equal(25, (await rig.PullAsync(Rig.Spec() with { PageSize = 10 })).Rows);
    }

    [Fact]
    public async Task N34_TotalCount_off_by_three_percent_is_accepted_and_told()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 100), 97), Absent).TotalAnswers(Plays(100));

        var outcome = await rig.PullAsync();

        Assert.Equal(100, outcome.Rows);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("counts 97 rows, and 100 came", StringComparison.Ordinal));
    }

    [Fact]
    public async Task N35_Key_on_two_pages_is_asked_again_in_one_page_and_then_refused()
    {
        await using var rig = new Rig();
        // Whatever the size, page 2 begins with the last row of page 1.
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(20) : Table(Entries((call.Page - 1) * 9, Math.Min(call.Size, 10)), 0);

        var failure = await rig.FailAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal("duplicate-key", failure.Code);
        Assert.Contains("begun again", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task N36_Row_missing_between_pages_shows_in_the_totals()
    {
        // What the sums are compared with was asked when all rows were here; the job's check 'totals' holds the pull.
        await using var rig = new Rig();
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(25) : call.Page == 1 ? Table(Entries(0, 10), 25) : call.Page == 2 ? Table(Entries(10, 10), 25) : call.Page == 3 ? Table(Entries(21, 4), 25) : Absent;

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal((24, 25d), (outcome.Rows, outcome.Totals!["count_plays"]));
        Assert.Equal("getTotal", rig.Server.Calls[^1].Action);
    }

    [Fact]
    public async Task N42_Clip_at_12000_rows_that_cannot_be_split_is_refused()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(20_000) : Table(Entries(0, 12_000), 20_000);

        var failure = await rig.FailAsync(Rig.Spec("6"));

        Assert.Equal(("truncated", FaultKind.Window, false), (failure.Code, failure.Kind, failure.IsTransient));
    }

    [Fact]
    public async Task N42_Search_that_is_too_general_is_final()
    {
        await using var rig = new Rig().TableAnswers(Error("SEARCH_TOO_GENERAL"));

        Assert.Equal(("SEARCH_TOO_GENERAL", false), (await rig.FailAsync()) is var f ? (f.Code, f.IsTransient) : default);
        Assert.Single(rig.Server.Tables);
    }

    private static Rig Pages(int first, int second, int third) =>
        new Rig().TableAnswers(Table(Entries(0, 10), first), Table(Entries(10, 10), second), Table(Entries(20, 5), third)).TotalAnswers(Plays(25));
}

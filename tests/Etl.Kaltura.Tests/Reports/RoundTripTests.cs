using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>Several questions of a window in one round trip (wire facts 1.6).</summary>
public sealed class RoundTripTests
{
    private const string Graph = "[{\"id\":\"count_plays\",\"data\":\"20260310|3;\",\"objectType\":\"KalturaReportGraph\"}]";

    private static readonly SourceSpec s_sums = Rig.Spec(action: "total") with { Name = "sums" };
    private static readonly SourceSpec s_curve = Rig.Spec("34", "graphs") with { Name = "curve" };

    [Fact]
    public async Task Table_total_and_graphs_of_a_window_are_one_round_trip_and_three_pulls()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), 3)).TotalAnswers(Plays(3)).GraphAnswers(Graph);

        var table = await rig.PullAsync(request: Of("pull-1", s_sums, s_curve));
        var sums = await rig.PullAgainAsync(s_sums, Other("sums", "pull-2"));
        var plays = rig.Sink.Column("count_plays");
        var curve = await rig.PullAgainAsync(s_curve, Other("curve", "pull-3"));

        // The graphs' own totals are another report's.
        Assert.Equal(["/api_v3/service/multirequest", "/api_v3/service/report/action/getTotal"], rig.Server.RoundTrips);
        Assert.Equal(["getTable", "getTotal", "getGraphs", "getTotal"], rig.Server.Calls.Select(c => c.Action));
        Assert.Equal((3, 1, 1), (table.Rows, sums.Rows, curve.Rows));
        Assert.Equal((1, 0, 1), (table.Proof.Calls, sums.Proof.Calls, curve.Proof.Calls));
        Assert.Equal(["3"], plays);
        Assert.Contains(sums.Proof.Notes, n => n.Contains("pull-1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Source_with_another_session_is_not_asked_along()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), 3)).TotalAnswers(Plays(3)).GraphAnswers(Graph);

        await rig.PullAsync(request: Of("pull-1", s_curve with { Privileges = ["appid:portal"] }));

        Assert.Equal(["getTable", "getTotal"], rig.Server.Calls.Select(c => c.Action));
    }

    [Fact]
    public async Task Totals_of_a_table_with_several_pages_are_asked_when_all_rows_are_here()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), 5), Table(Entries(3, 2), 5)).TotalAnswers(Plays(3), Plays(5));

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 3 });

        Assert.Equal(["getTable", "getTotal", "getTable", "getTotal"], rig.Server.Calls.Select(c => c.Action));
        Assert.Equal(5, outcome.Totals!["count_plays"]);
    }

    [Fact]
    public async Task Error_at_one_position_is_asked_again_by_itself()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), 3)).TotalAnswers(new Answer([]) { Status = 503 }, Plays(3));

        var outcome = await rig.PullAsync();

        Assert.Equal(2, rig.Server.RoundTrips.Count);
        Assert.Equal(3, outcome.Totals!["count_plays"]);
    }

    [Fact]
    public async Task Answer_that_breaks_off_behind_the_table_is_damage_of_the_whole()
    {
        await using var rig = new Rig();
        var asked = 0;
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(3) : Table(Entries(0, 3), 3);
        rig.Server.OnMultirequest = whole => ++asked == 1 ? whole with { Body = whole.Body[..^9] } : whole;

        var outcome = await rig.PullAsync();

        Assert.Equal((2, 3L, 3), (rig.Server.RoundTrips.Count, outcome.Rows, rig.Sink.Rows.Count));
        Assert.Contains("byte", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_that_lacks_a_position_is_asked_again()
    {
        await using var rig = new Rig();
        var asked = 0;
        rig.Server.Script = call => call.Action == "getTotal" ? Plays(3) : Table(Entries(0, 3), 3);
        rig.Server.OnMultirequest = whole => ++asked == 1 ? new Answer([.. "["u8, .. ((Answer)Table(Entries(0, 3), 3)).Body, .. "]"u8]) : whole;

        var outcome = await rig.PullAsync();

        Assert.Equal((2, 3), (rig.Server.RoundTrips.Count, outcome.Rows));
        Assert.Contains("1 of 2", Assert.Single(outcome.Proof.Restarts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shelved_answer_grows_old()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), 3)).TotalAnswers(Plays(3)).GraphAnswers(Graph, Graph);
        await rig.PullAsync(request: Of("pull-1", s_curve));

        rig.Clock.Advance(AnswerShelf.MaxAge + TimeSpan.FromSeconds(1));
        await rig.PullAgainAsync(s_curve, Other("curve", "pull-2"));

        Assert.Equal(2, rig.Server.Calls.Count(c => c.Action == "getGraphs"));
    }

    [Fact]
    public async Task Another_pull_of_the_same_source_takes_nothing_from_the_shelf()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 3), 3)).TotalAnswers(Plays(3));
        await rig.PullAsync(request: Of("pull-1"));

        await rig.PullAgainAsync(s_sums, Of("pull-2"));

        Assert.Equal(2, rig.Server.TotalCalls.Count());
    }

    private static PullRequest Of(string pull, params SourceSpec[] together) => Rig.Request() with { PullId = pull, Together = together };

    private static PullRequest Other(string source, string pull)
    {
        var request = Of(pull);
        return request with { Key = request.Key with { Source = source } };
    }
}

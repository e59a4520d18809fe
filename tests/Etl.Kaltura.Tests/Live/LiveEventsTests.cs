using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Live;

public class LiveEventsTests
{
    private static string Audience(string data) => Bodies.Graphs(("audience", data));

    [Fact]
    public async Task Points_come_with_three_values_and_what_lies_outside_of_the_question_is_left()
    {
        await using var rig = new Rig();
        var inside = LivePolls.Unix(14, 4, 0);
        // The service adds a bucket at the end, which is not whole yet.
        rig.Server.Script = _ => Audience($"{inside},120,8;{inside + 10},123,0;{LivePolls.Unix(14, 5, 10)},1,1;");

        var poll = await rig.PollAsync(LivePolls.Spec("live-events") with { LiveOnly = true });

        Assert.Equal([$"1_abc {inside}000000 120 8", $"1_abc {inside + 10}000000 123 0"], poll.Rows("entry_id", "time", "audience", "dvr_audience"));
        Assert.Equal(["14:04:00", "14:04:10"], poll.Minutes());
        Assert.Equal("14:03:50 to 14:05:10", poll.Covered());
        var call = Assert.Single(rig.Server.Calls);
        Assert.EndsWith("/service/liveReports/action/getEvents", call.Path, StringComparison.Ordinal);
        Assert.Equal(
            ("ENTRY_TIME_LINE", "KalturaLiveReportInputFilter", "1_abc", $"{LivePolls.Unix(14, 3, 50)}", $"{LivePolls.Unix(14, 5, 10)}", "1"),
            (call.Form["reportType"], call.Form["filter[objectType]"], call.Form["filter[entryIds]"], call.Form["filter[fromTime]"], call.Form["filter[toTime]"], call.Form["filter[live]"]));
        Assert.Equal(("liveReports", "getEvents"), (Assert.Single(poll.Bodies).Request.Service, poll.Bodies[0].Request.Action));
        Assert.False(poll.Bodies[0].Bytes.IsEmpty);
    }

    [Fact]
    public async Task Each_entry_is_asked_by_itself_since_an_answer_for_several_is_their_sum()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => Audience(call.Form["filter[entryIds]"] == "1_abc" ? $"{LivePolls.Unix(14, 4, 0)},5,0;" : "");

        var poll = await rig.PollAsync(LivePolls.Spec("live-events", null, "1_abc", "1_def"));

        Assert.Equal(["1_abc", "1_def"], rig.Server.Calls.Select(c => c.Form["filter[entryIds]"]));
        Assert.All(rig.Server.Calls, c => Assert.False(c.Form.ContainsKey("filter[live]")));
        Assert.Equal(["1_abc 5"], poll.Rows("entry_id", "audience"));
        Assert.Equal(2, poll.Calls);
    }

    [Fact]
    public async Task Point_with_a_cell_that_is_no_number_is_refused_with_its_raw_text()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => Audience($"{LivePolls.Unix(14, 4, 0)},12:3,8;");

        var poll = await rig.PollAsync(LivePolls.Spec("live-events"));

        Assert.Equal(["null 8"], poll.Rows("audience", "dvr_audience"));
        var refused = Assert.Single(poll.Rows.Refused);
        Assert.StartsWith("poll 14:0", refused.Part, StringComparison.Ordinal);
        Assert.Equal((0, 1L, new RefusedCell("audience", "12:3", "is not a whole number of 64 bits")), (refused.Index, refused.Number, Assert.Single(refused.Cells)));
        Assert.Equal($$"""{"entry_id":"1_abc","time":"{{LivePolls.Unix(14, 4, 0)}}","audience":"12:3","dvr_audience":"8"}""", refused.Raw);
    }

    [Theory]
    [InlineData("""[{"id":"audience","data":"1795097040,5;","objectType":"KalturaReportGraph"}]""", "bad-row", "'5'")]
    [InlineData("""[{"id":"audience","data":"1795097040,5,6,7;","objectType":"KalturaReportGraph"}]""", "bad-row", "'5,6,7'")]
    [InlineData("""[{"id":"plays","data":"","objectType":"KalturaReportGraph"}]""", "bad-graph", "'plays'")]
    [InlineData("""[]""", "bad-graph", "expected one")]
    public async Task Answer_of_another_form_fails_the_poll(string body, string code, string words)
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => body;

        var fault = await rig.FailPollAsync(LivePolls.Spec("live-events"));

        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        Assert.Contains("live-events", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INTERNAL_DATABASE_ERROR")]
    [InlineData("LOCK_TIMED_OUT")]
    public async Task Passing_fault_is_asked_again(string code)
    {
        await using var rig = new Rig();
        var answers = 0;
        rig.Server.Script = _ => answers++ == 0 ? Bodies.Error(code) : Audience($"{LivePolls.Unix(14, 4, 0)},5,0;");

        var poll = await rig.PollAsync(LivePolls.Spec("live-events"));

        Assert.Equal(["5"], poll.Rows("audience"));
        Assert.Equal(2, poll.Calls);
    }

    [Fact]
    public async Task Cut_answer_is_asked_again()
    {
        await using var rig = new Rig();
        var answers = 0;
        rig.Server.Script = _ => answers++ == 0 ? """[{"id":"audience","data":"179509""" : Audience("");

        Assert.Empty((await rig.PollAsync(LivePolls.Spec("live-events"))).Minutes());
        Assert.Equal(2, rig.Server.Calls.Count);
    }

    [Theory]
    [InlineData("ANALYTICS_UNSUPPORTED_QUERY", FaultKind.Window)]
    [InlineData("SERVICE_FORBIDDEN", FaultKind.Refused)]
    public async Task Lasting_fault_fails_the_poll(string code, FaultKind kind)
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => Bodies.Error(code);

        Assert.Equal(kind, (await rig.FailPollAsync(LivePolls.Spec("live-events"))).Kind);
        Assert.Single(rig.Server.Calls);
    }
}

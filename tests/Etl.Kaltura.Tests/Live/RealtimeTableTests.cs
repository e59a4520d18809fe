using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Live;

public class RealtimeTableTests
{
    private const string Overview = "date_id|view_unique_audience|view_unique_engaged_users|views|avg_view_engagement";

    private static SourceSpec Table(string report) => new() { Report = report, Action = "table", Interval = "ten_seconds" };

    [Fact]
    public async Task Dated_rows_belong_to_the_minute_of_their_bucket()
    {
        await using var rig = new Rig();
        var first = LivePolls.Unix(14, 3, 50);
        rig.TableAnswers(Bodies.Table([$"{first}|5|3|7|0.5", $"{first + 10}|6|3|8|0.5", $"{LivePolls.Unix(14, 5, 10)}|9|9|9|1"], 3, Overview));

        var poll = await rig.PollAsync(Table("10005"));

        Assert.Equal([$"{first}000000 5 7", $"{first + 10}000000 6 8"], poll.Rows("date_id", "view_unique_audience", "views"));
        Assert.Equal(["14:03:50", "14:04:00"], poll.Minutes());
        Assert.Equal("14:03:50 to 14:05:10", poll.Covered());
        Assert.False(poll.ReplacesMinutes);
        var call = Assert.Single(rig.Server.Tables);
        Assert.Equal(("ten_seconds", $"{first}", $"{LivePolls.Unix(14, 5, 10)}"), (call.Filter("interval"), call.Filter("fromDate"), call.Filter("toDate")));
    }

    [Fact]
    public async Task Labels_are_asked_for_whole_minutes_and_replace_what_came_before()
    {
        await using var rig = new Rig();
        const string Header = "device|view_unique_audience|sum_view_time";
        rig.Server.Script = call => call.Action == "getTotal" ? Bodies.Total("view_unique_audience|sum_view_time", "1|10")
            : Bodies.Table([$"Computer|{(call.Filter("fromDate") == $"{LivePolls.Unix(14, 3, 0)}" ? 3 : 4)}|10"], 1, Header);

        // At 14:05:30 the minutes that ended from 14:03:40 to 14:05:10 are 14:03 and 14:04.
        var poll = await rig.PollAsync(Table("10004"), new DateTimeOffset(2026, 11, 19, 14, 5, 30, TimeSpan.Zero));

        Assert.Equal(["Computer 3", "Computer 4"], poll.Rows("device", "view_unique_audience"));
        Assert.Equal(["14:03:00", "14:04:00"], poll.Minutes());
        Assert.Equal("14:03:00 to 14:04:00, 14:04:00 to 14:05:00", poll.Covered());
        Assert.True(poll.ReplacesMinutes);
        Assert.Equal([$"{LivePolls.Unix(14, 4, 0)}", $"{LivePolls.Unix(14, 5, 0)}"], rig.Server.Tables.Select(c => c.Filter("toDate")));
        Assert.Equal(2, poll.Bodies.Select(b => b.Request.Fields.First(f => f.Key.EndsWith("[toDate]", StringComparison.Ordinal)).Value).Distinct().Count());
    }

    [Fact]
    public async Task Empty_table_is_believed_when_the_totals_say_so_too()
    {
        await using var rig = new Rig();
        rig.TableAnswers(Bodies.Table([], 0, Overview)).TotalAnswers(Bodies.Total("view_unique_audience|view_unique_engaged_users|views|avg_view_engagement", "|||"));

        var poll = await rig.PollAsync(Table("10005"));

        Assert.Equal(0, poll.Rows.RowCount);
        Assert.Equal("known-empty", Assert.Single(poll.Chains).Stop);
    }

    [Fact]
    public async Task Empty_table_with_totals_fails_the_poll()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => call.Action == "getTotal" ? Bodies.Total("views", "7") : Bodies.Absent;

        Assert.Equal("empty-unproven", (await rig.FailPollAsync(Table("10005"))).Code);
    }

    [Fact]
    public async Task Row_of_the_second_minute_that_cannot_be_typed_keeps_its_place()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => Bodies.Table(call.Filter("fromDate") == $"{LivePolls.Unix(14, 3, 0)}" ? ["Computer|3|10", "Tablet|1|5"] : ["Computer|many|10"], call.Filter("fromDate") == $"{LivePolls.Unix(14, 3, 0)}" ? 2 : 1, "device|view_unique_audience|sum_view_time");

        var poll = await rig.PollAsync(Table("10004"), new DateTimeOffset(2026, 11, 19, 14, 5, 30, TimeSpan.Zero));

        var refused = Assert.Single(poll.Rows.Refused);
        Assert.Equal((2, "many", """{"device":"Computer","view_unique_audience":"many","sum_view_time":"10"}"""), (refused.Index, refused.Cells[0].Text, refused.Raw));
    }

    [Fact]
    public async Task Reports_of_the_past_are_not_polled()
    {
        await using var rig = new Rig();
        var fault = Assert.Throws<EtlException>(() => rig.Source(new SourceSpec { Report = "38", Action = "table" }));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("10005", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Live_actions_have_no_windows_of_the_past()
    {
        await using var rig = new Rig();
        Assert.Contains("--for", (await rig.FailAsync(LivePolls.Spec("live-events"))).Message, StringComparison.Ordinal);
    }
}

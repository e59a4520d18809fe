using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Live;

public class StreamStatusTests
{
    [Fact]
    public async Task Nodes_are_samples_of_their_slot()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => """
            {"totalCount":2,"objects":[
              {"id":7,"entryId":"1_abc","serverNodeId":100,"partnerId":1234567,"createdAt":1795000000,"updatedAt":1795097100,"status":1,"serverType":"0","recordingInfo":{"on":true},"streams":[{"bitrate":900}],"objectType":"KalturaLiveEntryServerNode"},
              {"id":8,"entryId":"1_abc","serverNodeId":101,"status":"stopped","serverType":"1","objectType":"KalturaLiveEntryServerNode"}],
             "objectType":"KalturaEntryServerNodeListResponse"}
            """;

        var poll = await rig.PollAsync(LivePolls.Spec("stream-status", null, "1_abc", "1_def"));

        var observed = $"{LivePolls.At.ToUnixTimeSeconds()}000000";
        Assert.Equal(
            [$$"""{{observed}} 7 1_abc 100 0 1 1795000000000000 1795097100000000 true [{"bitrate":900}]""", $"{observed} 8 1_abc 101 1 null null null null null"],
            poll.Rows("observed_at", "id", "entry_id", "server_node_id", "server_type", "status", "created_at", "updated_at", "data_recordingInfo_on", "data_streams"));
        Assert.Equal((1, "status", "stopped"), (poll.Rows.Refused[0].Index, poll.Rows.Refused[0].Cells[0].Column, poll.Rows.Refused[0].Cells[0].Text));
        Assert.Equal("""{"id":8,"entryId":"1_abc","serverNodeId":101,"status":"stopped","serverType":"1","objectType":"KalturaLiveEntryServerNode"}""", poll.Rows.Refused[0].Raw);
        Assert.Equal("14:05:30 to 14:05:35", poll.Covered());
        var form = Assert.Single(rig.Server.Calls).Form;
        Assert.Equal("1_abc,1_def", form["filter[entryIdIn]"]);
        Assert.EndsWith("/service/entryServerNode/action/list", rig.Server.Calls[0].Path, StringComparison.Ordinal);
        Assert.Equal(TimeSpan.FromSeconds(5), rig.Source(LivePolls.Spec("stream-status")).Every);
    }

    [Fact]
    public async Task Stream_that_is_off_has_no_rows_and_is_covered_all_the_same()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => """{"totalCount":0,"objects":[],"objectType":"KalturaEntryServerNodeListResponse"}""";

        var poll = await rig.PollAsync(LivePolls.Spec("stream-status"));

        Assert.Equal(0, poll.Rows.RowCount);
        Assert.Equal("14:05:30 to 14:05:35", poll.Covered());
    }
}

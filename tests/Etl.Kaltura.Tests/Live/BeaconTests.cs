using System.Globalization;
using System.Text.Json;
using Etl.Core.Jobs;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Live;

public class BeaconTests
{
    private static string Beacon(string id, long updatedAt, string privateData, string type = "0_healthData") =>
        $$"""{"id":"{{id}}","indexType":"entry_beacon","updatedAt":{{updatedAt.ToString(CultureInfo.InvariantCulture)}},"relatedObjectType":"4","eventType":"{{type}}","objectId":"1_abc","privateData":{{JsonSerializer.Serialize(privateData)}},"rawData":"{}","objectType":"KalturaBeacon"}""";

    private static string List(params string[] objects) => List(objects.Length, objects);

    private static string List(int total, params string[] objects) =>
        $$"""{"totalCount":{{total}},"objects":[{{string.Join(',', objects)}}],"objectType":"KalturaBeaconListResponse"}""";

    private static SourceSpec Health => LivePolls.Spec("beacons", "health", "1_abc", "1_def");

    [Fact]
    public async Task Health_is_asked_of_the_log_and_its_private_data_becomes_columns()
    {
        await using var rig = new Rig();
        var time = LivePolls.Unix(14, 5, 30);
        rig.Server.Script = _ => List(Beacon("x1", time, """{"maxSeverity":2,"alerts":[{"Time":1,"Code":110,"Arguments":{}}],"node":{"name":"a","up":true}}"""), Beacon("x2", time - 60, "[]"));

        var poll = await rig.PollAsync(Health);

        Assert.Equal(
            ["""x1 1_abc 0_healthData 2 [{"Time":1,"Code":110,"Arguments":{}}] a true""", "x2 1_abc 0_healthData null null null null"],
            poll.Rows("id", "object_id", "event_type", "severity", "data_alerts", "data_node_name", "data_node_up"));
        // Newer than what the poll speaks for, but there already.
        Assert.Equal(["14:05:30", "14:04:30"], poll.Minutes());
        Assert.Equal("14:03:50 to 14:05:10", poll.Covered());
        Assert.True(poll.Schema.Columns.Single(c => c.Name == "data_alerts").Known);
        Assert.False(poll.Schema.Columns.Single(c => c.Name == "data_node_name").Known);
        var form = Assert.Single(rig.Server.Calls).Form;
        Assert.EndsWith("/service/beacon_beacon/action/list", rig.Server.Calls[0].Path, StringComparison.Ordinal);
        Assert.Equal(
            ("Log", "4", "0_healthData,1_healthData", "1_abc,1_def", $"{LivePolls.Unix(14, 3, 50)}", "500"),
            (form["filter[indexTypeEqual]"], form["filter[relatedObjectTypeIn]"], form["filter[eventTypeIn]"], form["filter[objectIdIn]"], form["filter[updatedAtGreaterThanOrEqual]"], form["pager[pageSize]"]));
    }

    [Fact]
    public async Task Diagnostics_are_asked_of_the_state_and_keyed_by_their_time()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => List(Beacon("s1", LivePolls.Unix(14, 5, 0), """{"inputs":[{"index":0,"bitrate":2500}]}""", "0_dynamicData"));

        var poll = await rig.PollAsync(LivePolls.Spec("beacons", "diagnostics"));

        Assert.Equal(["""s1 [{"index":0,"bitrate":2500}] null"""], poll.Rows("id", "data_inputs", "data_flavors"));
        Assert.Equal(["object_id", "event_type", "updated_at"], poll.Schema.Key);
        var form = rig.Server.Calls[0].Form;
        Assert.Equal(("State", "0_staticData,0_dynamicData,1_staticData,1_dynamicData"), (form["filter[indexTypeEqual]"], form["filter[eventTypeIn]"]));
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(10)), (rig.Source(LivePolls.Spec("beacons", "diagnostics")).Every, rig.Source(Health).Every));
    }

    [Theory]
    [InlineData("""{"maxSeverity":4}""", "4", 0)]
    [InlineData("""{"maxSeverity":"0"}""", "0", 0)]
    [InlineData("""{"maxSeverity":5}""", "null", 1)]
    [InlineData("""{"maxSeverity":-1}""", "null", 1)]
    [InlineData("""{"maxSeverity":2.5}""", "null", 1)]
    [InlineData("""{"maxSeverity":null}""", "null", 0)]
    [InlineData("""{broken""", "null", 0)]
    [InlineData("""{"a":"\ud800"}""", "null", 0)]
    [InlineData("", "null", 0)]
    public async Task Severity_is_zero_to_four_and_a_beacon_with_another_is_refused(string data, string expected, int refused)
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => List(Beacon("x1", LivePolls.Unix(14, 5, 0), data));

        var poll = await rig.PollAsync(Health);

        Assert.Equal([expected], poll.Rows("severity"));
        Assert.Equal([data], poll.Rows("private_data"));
        Assert.Equal(refused, poll.Rows.Refused.Count);
        Assert.All(poll.Rows.Refused, r => Assert.Equal((0, "severity"), (r.Index, Assert.Single(r.Cells).Column)));
        Assert.All(poll.Rows.Refused, r => Assert.Equal(data, System.Text.Json.JsonDocument.Parse(r.Raw).RootElement.GetProperty("privateData").GetString()));
        // Nothing is lost where the text itself lands.
        Assert.Equal(data is "{broken" || data.Contains("ud800", StringComparison.Ordinal), poll.Notes.Any(n => n.Contains("not JSON", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Fields_without_end_stay_in_the_text_and_are_told()
    {
        await using var rig = new Rig();
        var data = "{" + string.Join(',', Enumerable.Range(0, 300).Select(i => $"\"f{i:000}\":{i}")) + "}";
        rig.Server.Script = _ => List(Beacon("x1", LivePolls.Unix(14, 5, 0), data));

        var poll = await rig.PollAsync(Health);

        Assert.Equal(200, poll.Schema.Columns.Count(c => !c.Known));
        Assert.Equal([data], poll.Rows("private_data"));
        Assert.Contains("more fields than become columns", Assert.Single(poll.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_fields_go_to_the_side_map_where_the_job_says_so()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => List(Beacon("x1", LivePolls.Unix(14, 5, 0), """{"maxSeverity":1,"news":1}"""));

        var poll = await rig.PollAsync(Health, policy: SchemaPolicy.Ignore);

        Assert.All(poll.Schema.Columns, c => Assert.True(c.Known));
        Assert.Equal(["1"], poll.Rows("severity"));
        Assert.Equal(["""{"data_news":"1"}"""], poll.Rows("_extra"));
    }

    [Fact]
    public async Task List_is_read_to_its_end()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => call.Page == 1
            ? List(501, [.. Enumerable.Range(0, 500).Select(i => Beacon($"x{i}", LivePolls.Unix(14, 5, 0), "[]"))])
            : List(501, Beacon("last", LivePolls.Unix(14, 5, 1), "[]"));

        var poll = await rig.PollAsync(Health);

        Assert.Equal(501, poll.Rows.RowCount);
        Assert.Equal([500L, 1L], poll.Chains.Single().Pages.Select(p => p.Rows));
        Assert.Equal("poll 14:05:33", poll.Chains[0].Part);
    }

    [Fact]
    public async Task List_that_ends_before_its_count_fails_the_poll()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => List(7, Beacon("x1", LivePolls.Unix(14, 5, 0), "[]"));

        var fault = await rig.FailPollAsync(Health);

        Assert.Equal("short-list", fault.Code);
        Assert.Contains("1 of 7", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_without_objects_is_no_list()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => """{"totalCount":0,"objectType":"KalturaBeaconListResponse"}""";

        Assert.Contains("objects", (await rig.FailPollAsync(Health)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Captures_hold_no_session()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => List(Beacon(call.Form["ks"], LivePolls.Unix(14, 5, 0), "[]"));

        var poll = await rig.PollAsync(Health);

        Rig.AssertNoCanary(System.Text.Encoding.UTF8.GetString(Assert.Single(poll.Bodies).Bytes.Span));
    }
}

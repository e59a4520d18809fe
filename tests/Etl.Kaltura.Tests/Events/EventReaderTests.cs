using System.Text;
using Etl.Core.Errors;
using Etl.Kaltura.Events;

namespace Etl.Kaltura.Tests.Events;

public sealed class EventReaderTests
{
    private const string Good = """{"api":"stats.collect","eventType":"PLAY","entryId":"1_a","sessionId":"s","eventTimestamp":1793000000}""";

    [Theory]
    [InlineData("""{"eventType":3}""", "'api' is missing; write stats.collect or analytics.trackEvent, or give '--api' for all.")]
    [InlineData("""{"api":"stats.colect","eventType":3}""", "'api' is 'stats.colect'; expected stats.collect or analytics.trackEvent. Did you mean 'stats.collect'?")]
    [InlineData("""{"api":"stats.collect"}""", "'eventType' is missing; give its number or name.")]
    [InlineData("""{"api":"stats.collect","eventType":41}""", "stats.collect has no event type 41. analytics.trackEvent has it (SPEED); numbers differ between the APIs.")]
    [InlineData("""{"api":"analytics.trackEvent","eventType":10005}""", "analytics.trackEvent has no event type 10005.")]
    [InlineData("""{"api":"stats.collect","eventType":3,"entryId":"1_a","sessionId":"s","eventTimestamp":1793000000000}""", "'eventTimestamp' is 1793000000000, a Unix time in milliseconds; seconds are due.")]
    [InlineData("""{"api":"stats.collect","eventType":3,"entryId":"1_a","sessionId":"s","eventTimestamp":1793000000000000}""", "'eventTimestamp' is 1793000000000000, a Unix time in microseconds; seconds are due.")]
    [InlineData("""{"api":"stats.collect","eventType":3,"entryId":"1_a","sessionId":"s","eventTimestamp":12}""", "'eventTimestamp' is 12, which is before 2001; expected a Unix time in seconds.")]
    [InlineData("""{"api":"analytics.trackEvent","eventType":1,"entryId":"1_a","sessionId":"s","sessionStartTime":1793000000}""", "'sessionStartTime' is 1793000000, a Unix time in seconds; milliseconds are due.")]
    [InlineData("""{"api":"analytics.trackEvent","eventType":10003,"position":3}""", "'position' does not belong to PAGE_LOAD (10003) of analytics.trackEvent.")]
    [InlineData("""{"api":"analytics.trackEvent","eventType":10003,"pageNane":"x"}""", "analytics.trackEvent has no parameter 'pageNane'. Did you mean 'pageName'?")]
    [InlineData("""{"api":"stats.collect","eventType":17,"entryId":"1_a","sessionId":"s","eventTimestamp":1793000000,"seek":"yes","currentPoint":-1,"uiconfId":"x"}""",
        "'seek' is 'yes'; expected true, false, 1 or 0.|'currentPoint' is '-1'; expected a number from 0, in milliseconds.|'uiconfId' is 'x'; expected a whole number.")]
    [InlineData("""{"api":"stats.collect","eventType":3}""", "'entryId' is missing; PLAY (3) of stats.collect requires it.|'sessionId' is missing; PLAY (3) of stats.collect requires it.|'eventTimestamp' is missing; PLAY (3) of stats.collect requires it.")]
    [InlineData("[1]", "The line is not a JSON object.")]
    [InlineData("""{"api":"stats.collect","eventType":[3]}""", "'eventType' holds a list or an object; a parameter is a text, a number, true or false.")]
    [InlineData("""{"eventType":3,"eventType":4}""", "'eventType' is given twice.")]
    public async Task Every_fault_of_a_line_is_named(string line, string faults)
    {
        // Behind a good line, for a file of JSON lines begins with an object.
        var lines = await ReadAsync($"{Good}\n{line}");
        Assert.NotNull(lines[0].Event);
        Assert.Equal((2, (KalturaEvent?)null), (lines[1].Number, lines[1].Event));
        Assert.Equal(faults.Split('|'), lines[1].Faults);
    }

    [Fact]
    public async Task Token_in_an_event_is_refused_without_repeating_it()
    {
        var line = Assert.Single(await ReadAsync(Good.Replace("}", ",\"ks\":\"djJ8MTAxfHNlY3JldA\"}", StringComparison.Ordinal)));
        Assert.Contains("'asUser'", Assert.Single(line.Faults), StringComparison.Ordinal);
        Assert.DoesNotContain("djJ8", line.Faults[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Csv_is_read_with_quotes_commas_and_line_breaks()
    {
        var lines = await ReadAsync("api,eventType,entryId,pageName,kalturaApplication\nanalytics.trackEvent,10003,1_a,\"a, \"\"b\"\"\nc\",\nanalytics.trackEvent,10002,1_a\nanalytics.trackEvent,PAGE_LOAD,1_b,x,portal\n");
        Assert.Equal([2L, 4, 5], lines.Select(l => l.Number));
        Assert.Equal("a, \"b\"\nc", lines[0].Event!["pageName"]);
        Assert.Null(lines[0].Event!["kalturaApplication"]);
        Assert.Equal("The record has 3 cells; the header has 5 columns.", Assert.Single(lines[1].Faults));
        Assert.Equal((10003, "portal", "101"), (lines[2].Event!.Type.Id, lines[2].Event!["kalturaApplication"], lines[2].Event!["partnerId"]));
    }

    [Theory]
    [InlineData("a,b\n1,2", "column 'eventType'")]
    [InlineData("eventType,eventType\n1,2", "names each column once")]
    public async Task Damaged_csv_header_is_a_fault_of_usage(string text, string part)
    {
        var e = await Assert.ThrowsAsync<EtlException>(() => ReadAsync(text));
        Assert.Equal(FaultKind.Usage, e.Kind);
        Assert.Contains(part, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task User_and_privileges_are_kept_beside_the_parameters()
    {
        var e = Assert.Single(await ReadAsync(Good.Replace("}", ",\"asUser\":\"ann\",\"privileges\":[\"appid:portal\",\"virtualeventid:9\"]}", StringComparison.Ordinal))).Event!;
        Assert.Equal("ann", e.AsUser);
        Assert.Equal(["appid:portal", "virtualeventid:9"], e.Privileges);
        // stats.collect takes the user from the event.
        Assert.Equal("ann", e["userId"]);
        Assert.DoesNotContain(e.Parameters, p => p.Key is "asUser" or "privileges");
    }

    [Fact]
    public async Task Session_is_watched_over_lines()
    {
        static string Line(int type, string more = "") =>
            $$"""{"api":"analytics.trackEvent","eventType":{{type}},"entryId":"1_a","sessionId":"s"{{(type == 3 ? ",\"bufferTime\":0,\"actualBitrate\":1" : "")}}{{more}}}""";
        var lines = await ReadAsync(string.Join('\n', Line(1), Line(3), Line(11), Line(11), Line(1), Line(12, ",\"eventIndex\":4"), Line(13)));
        Assert.Equal(["1", "2", "3", null, null, null, "6"], lines.Select(l => l.Event?["eventIndex"]));
        Assert.Equal("PLAY_REACHED_25 (11) comes a second time in session 's'; a quartile is reported once per playback session.", Assert.Single(lines[3].Faults));
        Assert.Equal("PLAYER_IMPRESSION (1) comes after PLAY in session 's'; loading comes first. A new playback has a session id of its own.", Assert.Single(lines[4].Faults));
        Assert.Equal("'eventIndex' is 4 after 5 in session 's'; it grows with each event.", Assert.Single(lines[5].Faults));
    }

    private static async Task<List<EventLine>> ReadAsync(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        var lines = new List<EventLine>();
        await foreach (var line in EventReader.ReadAsync(stream, new EventReadOptions { PartnerId = "101" })) lines.Add(line);
        return lines;
    }
}

using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Sending;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Events;

/// <summary>What each answer of the collectors means, over a real connection.</summary>
public sealed class EventTransportTests
{
    private const string Play = """{"api":"stats.collect","eventType":3,"partnerId":101,"entryId":"1_a","sessionId":"s","eventTimestamp":1793000000}""";
    private const string Page = """{"api":"analytics.trackEvent","eventType":10003,"partnerId":101}""";

    [Theory]
    [InlineData("1793000001")]
    [InlineData("\"1793000001\"")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("""{"time":1793000001,"viewEventsEnabled":true}""")]
    [InlineData("<?xml version=\"1.0\" encoding=\"utf-8\"?><xml><result>1</result></xml>")]
    public async Task Answers_of_the_guides_and_of_the_wire_are_acceptance(string body)
    {
        await using var server = new ScriptedServer { Script = _ => body };
        Assert.Equal(EventFate.Delivered, (await SendAsync(server, Play)).Fate);
        Assert.Equal(EventFate.Delivered, (await SendAsync(server, Page)).Fate);
        Assert.Equal(["/api_v3/service/stats/action/collect", "/api_v3/index.php?service=analytics&action=trackEvent"], server.Calls.Select(c => c.Path));
        Assert.Equal(("3", "KalturaStatsEvent"), (server.Calls[0].Form["event[eventType]"], server.Calls[0].Form["event[objectType]"]));
        Assert.All(server.Calls, c => Assert.NotEmpty(c.Form["ks"]));
    }

    [Theory]
    [InlineData(400, "Refused")]
    [InlineData(401, "Refused")]
    [InlineData(403, "Halted")]
    [InlineData(404, "Halted")]
    [InlineData(302, "Halted")]
    [InlineData(408, "Again")]
    [InlineData(429, "Again")]
    [InlineData(500, "Again")]
    [InlineData(503, "Again")]
    public async Task Status_decides(int status, string fate)
    {
        await using var server = new ScriptedServer { Script = _ => new Answer("no"u8.ToArray()) { Status = status } };
        var verdict = await SendAsync(server, Page);
        Assert.Equal(fate, verdict.Fate.ToString());
        Assert.Contains($"HTTP {status}", verdict.Reason, StringComparison.Ordinal);
        // A refused session is replaced once; nothing else is repeated here.
        Assert.Equal(status == 401 ? 2 : 1, server.Calls.Count);
    }

    [Theory]
    [InlineData("MISSING_MANDATORY_PARAMETER", "Refused", 1)]
    [InlineData("INVALID_ENUM_VALUE", "Refused", 1)]
    [InlineData("INVALID_KS", "Refused", 2)]
    [InlineData("INTERNAL_SERVERL_ERROR", "Again", 1)]
    [InlineData("ACTION_BLOCKED", "Again", 1)]
    [InlineData("ACTION_DOES_NOT_EXISTS", "Halted", 1)]
    public async Task Error_object_with_status_200_decides_by_its_code(string code, string fate, int calls)
    {
        await using var server = new ScriptedServer { Script = _ => $$"""{"code":"{{code}}","message":"x","objectType":"KalturaAPIException","args":[]}""" };
        Assert.Equal(fate, (await SendAsync(server, Play)).Fate.ToString());
        Assert.Equal(calls, server.Calls.Count);
    }

    [Fact]
    public async Task Login_page_of_a_network_is_no_acceptance()
    {
        await using var server = new ScriptedServer { Script = _ => "<!DOCTYPE html><html>Please log in</html>" };
        var verdict = await SendAsync(server, Play);
        Assert.Equal(EventFate.Halted, verdict.Fate);
        Assert.Contains("login page", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cut_connection_silence_and_a_closed_port_are_tried_again()
    {
        Uri url;
        await using (var server = new ScriptedServer { Script = _ => new Answer([]) { Reset = true } })
        {
            Assert.Equal(EventFate.Again, (await SendAsync(server, Play)).Fate);
            server.Script = _ => new Answer("1793000001"u8.ToArray()) { HangAfter = 2 };
            Assert.Equal(EventFate.Again, (await SendAsync(server, Play, o => o with { Timeout = TimeSpan.FromMilliseconds(200) })).Fate);
            url = server.Url;
        }
        var verdict = await SendAsync(url, Play);
        Assert.Equal(EventFate.Again, verdict.Fate);
        Assert.Contains("could not be reached", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Session_is_of_the_events_user_with_its_privileges_and_never_in_a_reason()
    {
        await using var server = new ScriptedServer();
        server.Script = c => new Answer(System.Text.Encoding.UTF8.GetBytes(c.Form["ks"])) { Status = 400 };
        var verdict = await SendAsync(server, Page.Replace("}", ",\"asUser\":\"ann\",\"privileges\":\"appid:portal\"}", StringComparison.Ordinal));
        var call = Assert.Single(server.Calls);
        Assert.Equal("ann", call.Form["userId"]);
        Assert.DoesNotContain(call.Form["ks"][..20], verdict.Reason, StringComparison.Ordinal);
        var other = await SendAsync(server, Page);
        Assert.NotEqual(call.Form["ks"], server.Calls[1].Form["ks"]);
    }

    [Fact]
    public async Task Get_form_carries_everything_in_the_address()
    {
        await using var server = new ScriptedServer { Script = _ => "1" };
        await SendAsync(server, Play, o => o with { Method = EventMethod.Get });
        var call = Assert.Single(server.Calls);
        Assert.StartsWith("/api_v3/index.php?service=stats&action=collect&ks=", call.Path, StringComparison.Ordinal);
        Assert.Contains("&event%3AeventTimestamp=1793000000000", call.Path, StringComparison.Ordinal);
        Assert.Empty(call.Body);
    }

    [Fact]
    public async Task Without_credentials_no_session_is_sent()
    {
        await using var server = new ScriptedServer { Script = _ => "1" };
        await SendAsync(server.Url, Play, secret: null);
        Assert.DoesNotContain("ks", Assert.Single(server.Calls).Form.Keys);
    }

    [Fact]
    public async Task Missing_address_of_the_analytics_host_is_told()
    {
        using var connection = new KalturaConnection(new KalturaSettings { PartnerId = "101" });
        using var transport = new EventTransport(connection, new EventSenderOptions { RefusedPath = "x" });
        var page = await EventFormTests.OneAsync(Page);
        var fault = Assert.Throws<EtlException>(() => transport.HostOf(page));
        Assert.Contains("KALTURA_ANALYTICS_URL is not set", fault.Message, StringComparison.Ordinal);
    }

    private static Task<EventVerdict> SendAsync(ScriptedServer server, string line, Func<EventSenderOptions, EventSenderOptions>? with = null) => SendAsync(server.Url, line, with, "0123456789abcdef");

    private static async Task<EventVerdict> SendAsync(Uri url, string line, Func<EventSenderOptions, EventSenderOptions>? with = null, string? secret = "0123456789abcdef")
    {
        var settings = new KalturaSettings { PartnerId = "101", ServiceUrl = url, AnalyticsUrl = url, AdminSecret = secret is null ? null : new Secret(secret) };
        using var connection = new KalturaConnection(settings);
        var options = new EventSenderOptions { RefusedPath = "x" };
        using var transport = new EventTransport(connection, with?.Invoke(options) ?? options);
        return await transport.SendAsync(await EventFormTests.OneAsync(line), default);
    }
}

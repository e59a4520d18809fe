using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Actions;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Actions;

/// <summary>What goes over the wire for an action, and what is known after an answer that went wrong.</summary>
public class KalturaActionsTests
{
    private const string Users = "ann@example.com, bob@example.com";

    private static ActionSpec Thumbnail { get; } = new("show", "thumbAsset.setAsDefault", [new("thumbAssetId", "1_a")]);

    private static ActionSpec Message(string receivers = "groupIds", string whom = "all, some") => new("thank", "message.send",
    [
        new(receivers, whom), new("appGuid", "guid"), new("templateId", "tpl"),
        new("msgParams[recipient][type]", "User"), new("msgParams[recipient][value]", "Message.userId"),
        new("msgParams[link][type]", "MagicLink"), new("msgParams[link][value][baseURL]", "https://e.example/join?a=1&b=2"), new("msgParams[link][value][expiry]", "48"),
        new("session", "week-7"),
    ]);

    private static async Task<(string? Id, EtlException? Fault)> ApplyAsync(Rig rig, ActionSpec action)
    {
        rig.Settings = rig.Settings with { MessagingUrl = rig.Settings.MessagingUrl ?? rig.Server.Url };
        try
        {
            return (await new KalturaActions(rig.Connection).ApplyAsync(action, default), null);
        }
        catch (EtlException fault)
        {
            return (null, fault);
        }
    }

    [Fact]
    public async Task Message_is_a_json_post_with_the_session_as_bearer()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => new Answer("""{"id":"66","bulkId":"bulk_1","status":"sending"}"""u8.ToArray()) { Status = 201 };

        var (id, fault) = await ApplyAsync(rig, Message());

        Assert.Null(fault);
        Assert.Equal("bulk_1", id);
        var call = Assert.Single(rig.Server.Calls);
        Assert.Equal("/api/v1/message/send", call.Path);
        Assert.StartsWith("Bearer ", call.Headers["Authorization"], StringComparison.Ordinal);
        Assert.Equal("application/json", call.Headers["Content-Type"]);
        const string Expected = """
            {"receiverType":"group","groupIds":["all","some"],"appGuid":"guid","templateId":"tpl","type":"email","session":"week-7",
             "msgParams":{"recipient":{"type":"User","value":"Message.userId"},
                          "link":{"type":"MagicLink","value":{"baseURL":"https://e.example/join?a=1&b=2","expiry":48}}}}
            """;
        Assert.True(JsonElement.DeepEquals(JsonDocument.Parse(Expected).RootElement, JsonDocument.Parse(call.Body).RootElement), call.Body);
    }

    [Fact]
    public async Task Named_users_are_a_list_and_stay_out_of_what_the_service_says()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => new Answer("""{"statusCode":400,"error":"Bad Request","message":["ann@example.com is no user","Bob@Example.com neither"]}"""u8.ToArray()) { Status = 400 };

        var (_, fault) = await ApplyAsync(rig, Message("userIds", Users));

        var body = JsonDocument.Parse(Assert.Single(rig.Server.Calls).Body).RootElement;
        Assert.Equal("user", body.GetProperty("receiverType").GetString());
        Assert.Equal(["ann@example.com", "bob@example.com"], body.GetProperty("userIds").EnumerateArray().Select(e => e.GetString()));
        Assert.Contains("*** is no user; *** neither", fault!.Message, StringComparison.Ordinal);
        Assert.Contains("Check application, template, groups and tokens of the action", fault.Message, StringComparison.Ordinal);
        Assert.NotEqual(KalturaActions.Unclear, fault.Code);
    }

    [Theory]
    [InlineData("https://messaging.example/api/v1/")]
    [InlineData("https://messaging.example/api/v1")]
    [InlineData("https://messaging.example")]
    public void Address_may_carry_the_version_as_the_services_examples_do(string address)
    {
        var settings = KalturaSettings.FromLookup(name => name switch { "KALTURA_PARTNER_ID" => "1", "KALTURA_KS" => "x", "KALTURA_MESSAGING_URL" => address, _ => null });
        Assert.Equal("https://messaging.example/", settings.MessagingUrl!.AbsoluteUri);
    }

    [Fact]
    public async Task Without_its_address_nothing_is_sent_and_the_variable_is_named()
    {
        await using var rig = new Rig();
        var fault = await Assert.ThrowsAsync<EtlException>(() => new KalturaActions(rig.Connection).ApplyAsync(Message(), default));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("KALTURA_MESSAGING_URL is not set", fault.Message, StringComparison.Ordinal);
        Assert.Empty(rig.Server.Calls);
    }

    /// <summary>Answers by which the service, or what stands before it, said no.</summary>
    [Theory]
    [InlineData(400, """{"code":"noActiveGroups","message":"All specified groups are inactive"}""", FaultKind.Window, "All specified groups are inactive")]
    [InlineData(401, "{}", FaultKind.Refused, "did not accept the session")]
    [InlineData(403, "{}", FaultKind.Refused, "administrators' sessions only")]
    [InlineData(404, """{"statusCode":404,"message":"Cannot POST"}""", FaultKind.Window, "KALTURA_MESSAGING_URL is not its root")]
    [InlineData(413, "", FaultKind.Unreachable, "HTTP 413")]
    [InlineData(429, "", FaultKind.Unreachable, "HTTP 429")]
    public async Task Refusal_means_that_nothing_was_done(int status, string body, FaultKind kind, string says)
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => new Answer(System.Text.Encoding.UTF8.GetBytes(body)) { Status = status };

        var (_, fault) = await ApplyAsync(rig, Message());

        Assert.Equal(kind, fault!.Kind);
        Assert.NotEqual(KalturaActions.Unclear, fault.Code);
        Assert.Contains("Action 'thank' was not done", fault.Message, StringComparison.Ordinal);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Answers behind which the work may have been done. None of them is sent again.</summary>
    [Theory]
    [InlineData("reset")]
    [InlineData("cut")]
    [InlineData("500")]
    [InlineData("502")]
    [InlineData("302")]
    [InlineData("html")]
    [InlineData("failed")]
    public async Task Lost_answer_is_unclear_and_the_call_is_not_repeated(string how)
    {
        foreach (var action in (ActionSpec[])[Message(), Thumbnail])
        {
            if (action == Thumbnail && how == "failed") continue;
            await using var rig = new Rig();
            rig.Server.Script = _ => how switch
            {
                "reset" => new Answer([]) { Reset = true },
                "cut" => new Answer("{\"id\":"u8.ToArray()) { StatedLength = 100 },
                "html" => ((Answer)"<html>Maintenance</html>").With("Content-Type", "text/html"),
                "failed" => """{"id":"66","status":"failed","errorEnum":"someGroupsHaveNoActiveUsers"}""",
                "302" => new Answer([]) { Status = 302, Headers = new() { ["Location"] = "https://elsewhere.example/" } },
                _ => new Answer([]) { Status = int.Parse(how, System.Globalization.CultureInfo.InvariantCulture) },
            };

            var (_, fault) = await ApplyAsync(rig, action);

            Assert.Equal(KalturaActions.Unclear, fault!.Code);
            Assert.Contains($"Action '{action.Name}' may have been done or not", fault.Message, StringComparison.Ordinal);
            Assert.False(fault.IsTransient);
            Assert.Single(rig.Server.Calls);
        }
    }

    [Fact]
    public async Task Service_that_cannot_be_reached_did_nothing()
    {
        await using var rig = new Rig();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var closed = new Uri($"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}");
        taken.Stop();
        rig.Settings = rig.Settings with { MessagingUrl = closed };

        var (_, fault) = await ApplyAsync(rig, Message());

        Assert.Equal((FaultKind.Unreachable, "unreachable"), (fault!.Kind, fault.Code));
        Assert.Contains("was not done", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_of_the_api_says_that_nothing_was_done_and_its_internal_ones_do_not()
    {
        foreach (var (code, unclear) in ((string, bool)[])[("THUMB_ASSET_ID_NOT_FOUND", false), ("SERVICE_FORBIDDEN", false), ("ACTION_BLOCKED", false), ("INTERNAL_SERVERL_ERROR", true)])
        {
            await using var rig = new Rig();
            rig.Server.Script = _ => $$"""{"code":"{{code}}","message":"x","objectType":"KalturaAPIException","args":[]}""";
            var (_, fault) = await ApplyAsync(rig, Thumbnail);
            Assert.Equal(unclear ? KalturaActions.Unclear : code, fault!.Code);
        }
    }

    [Fact]
    public async Task Session_that_ended_is_replaced_once_since_nothing_was_done_with_it()
    {
        await using var rig = new Rig();
        var answers = new Queue<Answer>([new Answer("{}"u8.ToArray()) { Status = 401 }, """{"bulkId":"b"}"""]);
        rig.Server.Script = _ => answers.Dequeue();

        var (id, _) = await ApplyAsync(rig, Message());

        Assert.Equal("b", id);
        Assert.Equal(2, rig.Server.Calls.Count);
    }
}

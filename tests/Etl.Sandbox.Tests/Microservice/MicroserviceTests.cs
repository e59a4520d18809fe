using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Microservice;

/// <summary>The reports microservice: generate, poll, fetch.</summary>
public sealed class MicroserviceTests : IAsyncLifetime
{
    private const string Days = """{"entries_ids":[],"virtual_event_ids":[70001],"from_date_id":"2026-03-01","to_date_id":"2026-03-02"}""";

    private readonly FixedClock _clock = new(SandboxFixture.Now);
    private Api _api = null!;
    private string _ks = "";

    public async Task InitializeAsync()
    {
        _api = await Api.StartAsync(SandboxFixture.Options with { Clock = _clock });
        _ks = await _api.StartSessionAsync(("privileges", "virtualeventid:70001"));
    }

    public async Task DisposeAsync() => await _api.DisposeAsync();

    public static TheoryData<string, string> Reports => new()
    {
        { "registration", """{"appGuid":"a1b2"}""" },
        { "attachment", Days },
        { "reportsEnrichment", """{"taskType":"viewership","params":{"from_date":1772323200,"to_date":"1772409600"}}""" },
        { "pollsActivity", Days },
        { "chatUserActivity", Days },
        { "moderatorTranscripts", Days },
        { "chatModeration", Days },
        { "groupChatTranscripts", Days },
        { "privateTranscripts", Days },
    };

    private async Task<HttpResponseMessage> PostAsync(string action, string json, string? ks = null, string scheme = "Bearer")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_api.Server.BaseUrl, "api/v1/report/" + action));
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, ks ?? _ks);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        return await _api.Http.SendAsync(request);
    }

    private async Task<string> GenerateAsync(string name, string parameters)
    {
        using var answer = await PostAsync("generate", $$"""{"reportName":"{{name}}","reportParameters":{{parameters}}}""");
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("sessionId").GetString()!;
    }

    private async Task<string> ServeAsync(string session, bool statusOnly)
    {
        using var answer = await PostAsync("serve", JsonSerializer.Serialize(new { sessionId = session, statusOnly }));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    private void Add(string kind, string? parameter = null, string action = "microservice.generate") =>
        _api.Server.AddFault(new SandboxFault { Kind = kind, Action = action, Parameter = parameter });

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task File_holds_the_rows_of_the_truth(string name, string parameters)
    {
        var session = await GenerateAsync(name, parameters);
        _clock.Now += TimeSpan.FromSeconds(3);
        Assert.Equal("""{"status":"completed"}""", await ServeAsync(session, statusOnly: true));
        var records = CsvText.Records(await ServeAsync(session, statusOnly: false));
        var truth = (await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, "sandbox/truth-microservice?session=" + session)))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line)!).ToList();

        Assert.NotEmpty(truth);
        Assert.Equal(truth[0].Keys, records[0]);
        Assert.Equal(truth.Count, records.Count - 1);
        Assert.All(truth.Zip(records.Skip(1)), pair => Assert.Equal(pair.First.Values.Select(Print), pair.Second));
    }

    private static string Print(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.Number => Sandbox.Wire.PhpNumber.Format(value.GetDouble()),
        _ => value.GetString()!,
    };

    [Fact]
    public async Task Status_follows_the_clock_and_a_session_is_forgotten()
    {
        var session = await GenerateAsync("registration", """{"appGuid":"x"}""");

        Assert.Equal("""{"status":"pending"}""", await ServeAsync(session, statusOnly: true));
        _clock.Now += TimeSpan.FromSeconds(1);
        Assert.Equal("""{"status":"in_progress"}""", await ServeAsync(session, statusOnly: true));
        Assert.Equal("""{"status":"in_progress"}""", await ServeAsync(session, statusOnly: false));
        _clock.Now += TimeSpan.FromSeconds(2);
        Assert.StartsWith("registration_id,", await ServeAsync(session, statusOnly: false), StringComparison.Ordinal);
        _clock.Now += TimeSpan.FromHours(1);
        using var late = await PostAsync("serve", $$"""{"sessionId":"{{session}}"}""");
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
    }

    [Fact]
    public async Task Jobs_are_counted()
    {
        var session = await GenerateAsync("registration", """{"appGuid":"x"}""");
        await GenerateAsync("attachment", Days);
        _clock.Now += TimeSpan.FromSeconds(3);
        await ServeAsync(session, statusOnly: false);
        var seen = await _api.Http.GetFromJsonAsync<JsonElement>(new Uri(_api.Server.BaseUrl, "sandbox/microservice"));

        Assert.Equal(2, seen.GetProperty("generated").GetInt32());
        Assert.Equal($$$"""{"sessionId":"{{{session}}}","reportName":"registration","parameters":{"appGuid":"x"},"status":"completed","served":1}""", seen.GetProperty("jobs")[0].ToString());
    }

    [Fact]
    public async Task Session_token_is_required_as_bearer()
    {
        foreach (var (ks, scheme) in new[] { ("broken", "Bearer"), (_ks, "KS") })
        {
            using var refused = await PostAsync("generate", "{}", ks, scheme);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Assert.Equal("""{"statusCode":401,"error":"Unauthorized","message":"Invalid or missing KS"}""", await refused.Content.ReadAsStringAsync());
        }
        _clock.Now += TimeSpan.FromDays(2);
        using var expired = await PostAsync("generate", "{}");
        Assert.Equal(HttpStatusCode.Unauthorized, expired.StatusCode);
    }

    [Theory]
    [InlineData("""{"reportName":"nonsense","reportParameters":{}}""", 400, "reportName must be one of")]
    [InlineData("""{"reportName":"registration"}""", 400, "reportParameters.appGuid must be a string")]
    [InlineData("""{"reportName":"pollsActivity","reportParameters":{"entries_ids":[],"virtual_event_ids":[],"from_date_id":"2026-3-1","to_date_id":"20260302"}}""", 400, "reportParameters.to_date_id must be a date")]
    [InlineData("{", 400, "not JSON")]
    [InlineData("[]", 400, "not an object")]
    public async Task Senseless_request_is_refused_with_reasons(string json, int status, string message)
    {
        using var answer = await PostAsync("generate", json);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(message, text, StringComparison.Ordinal);
        Assert.Contains($"\"statusCode\":{status}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_reports_need_the_privilege_of_an_event()
    {
        using var chat = await PostAsync("generate", $$"""{"reportName":"pollsActivity","reportParameters":{{Days}}}""", _api.Ks);
        using var other = await PostAsync("generate", $$"""{"reportName":"attachment","reportParameters":{{Days}}}""", _api.Ks);

        Assert.Equal(HttpStatusCode.Forbidden, chat.StatusCode);
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Job_can_get_stuck_fail_or_end_in_an_unknown_word()
    {
        Add(SandboxFaultKinds.StuckPending);
        var stuck = await GenerateAsync("attachment", Days);
        Add(SandboxFaultKinds.JobFailed, "out of memory");
        var failed = await GenerateAsync("attachment", Days);
        Add(SandboxFaultKinds.UnknownStatus, "archived");
        var unknown = await GenerateAsync("attachment", Days);
        _clock.Now += TimeSpan.FromMinutes(20);

        Assert.Equal("""{"status":"pending"}""", await ServeAsync(stuck, statusOnly: true));
        Assert.Equal("""{"status":"failed","error":"out of memory"}""", await ServeAsync(failed, statusOnly: true));
        Assert.Equal("""{"status":"failed","error":"out of memory"}""", await ServeAsync(failed, statusOnly: false));
        Assert.Equal("""{"status":"archived"}""", await ServeAsync(unknown, statusOnly: true));
    }

    [Fact]
    public async Task Lost_reply_leaves_a_job_behind()
    {
        Add(SandboxFaultKinds.LostReply);
        await Assert.ThrowsAsync<HttpRequestException>(() => GenerateAsync("attachment", Days));
        await GenerateAsync("attachment", Days);
        var seen = await _api.Http.GetFromJsonAsync<JsonElement>(new Uri(_api.Server.BaseUrl, "sandbox/microservice"));

        Assert.Equal(2, seen.GetProperty("generated").GetInt32());
    }

    [Theory]
    [InlineData(SandboxFaultKinds.ActionBlocked, 429)]
    [InlineData(SandboxFaultKinds.InternalError, 500)]
    [InlineData(SandboxFaultKinds.BadGateway, 502)]
    public async Task Call_can_be_refused(string kind, int status)
    {
        Add(kind, action: "microservice.serve");
        using var answer = await PostAsync("serve", """{"sessionId":"x"}""");

        Assert.Equal(status, (int)answer.StatusCode);
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Text;
using Etl.Server.Doors;
using Etl.Server.Tests.Support;
using Etl.Server.Who;

namespace Etl.Server.Tests;

/// <summary>Requests that a server must not fall for.</summary>
public sealed class RequestTests
{
    private const string Run = "/api/v1/jobs/nightly/windows/2026-11-19/run";

    [Theory]
    [InlineData(true)] // known by a cookie
    [InlineData(false)] // the local person
    public async Task Browser_changes_something_only_with_a_token_of_this_server(bool locked)
    {
        await using var house = await House.OpenAsync(locked);
        using var client = house.Client();
        if (locked) await House.LoginAsync(client, "otto");
        using var bare = await client.PostAsync(Run, null);
        Assert.Equal(HttpStatusCode.BadRequest, bare.StatusCode);
        Assert.Contains("no valid antiforgery token", await bare.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync("no token of ours"));
        Assert.Empty(house.Desk.Asked);
        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(await House.TokenAsync(client)));
        Assert.Equal($"ask nightly/2026-11-19 by api: {(locked ? "otto" : "local")}", Assert.Single(house.Desk.Asked));

        // Somebody else's token, though of this server.
        using var other = house.Client();
        Assert.Equal(HttpStatusCode.BadRequest, await PostAsync(await House.TokenAsync(other)));

        async Task<HttpStatusCode> PostAsync(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, Run) { Headers = { { AntiforgeryGuard.Header, token } } };
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Login_itself_needs_a_token()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        using var answer = await client.PostAsync("/login", new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = "otto", ["password"] = House.Password }));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Request_that_is_too_large_is_refused()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Operator);
        using var body = await client.PostAsync(Run, new StringContent("{\"force\":true" + new string(' ', (int)Limits.BodyBytes) + "}", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, body.StatusCode);
        using var line = await client.GetAsync("/api/v1/me?" + new string('a', Limits.LineBytes));
        Assert.Equal(HttpStatusCode.RequestUriTooLong, line.StatusCode);
        client.DefaultRequestHeaders.Add("X-Large", new string('a', Limits.HeaderBytes));
        using var headers = await client.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, headers.StatusCode);
        Assert.Empty(house.Desk.Asked);
    }

    [Theory]
    [InlineData("text/plain", "{}", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/x-www-form-urlencoded", "force=true", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json", "{", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "{\"force\":\"yes\"}", HttpStatusCode.BadRequest)]
    [InlineData("application/json", "{\"force\":true}", HttpStatusCode.Accepted)]
    public async Task Body_is_json_or_refused(string type, string body, HttpStatusCode status)
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Operator);
        using var answer = await client.PostAsync(Run, new StringContent(body, Encoding.UTF8, type));
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(status == HttpStatusCode.Accepted ? ["ask nightly/2026-11-19! by api: deploy"] : [], house.Desk.Asked);
        if (status != HttpStatusCode.Accepted) Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic b3R0bzpwdw==\r\n\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer\r\n\r\n")]
    [InlineData("GET /api/v1/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer etl_\r\n\r\n")]
    [InlineData("GET /api/v1/me?key=etl_x HTTP/1.1\r\nHost: localhost\r\nCookie: etl-login=CfDJ8; etl-forms=x\r\n\r\n")]
    public async Task What_is_no_key_and_no_login_of_ours_is_refused(string request)
    {
        await using var house = await House.OpenAsync();
        Assert.Equal("HTTP/1.1 401 Unauthorized", await RawRequest.StatusAsync(house.Url, request));
    }

    [Fact]
    public async Task Unexpected_fault_is_told_without_its_words_and_the_log_says_where()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Operator);
        house.Desk.Fault = new InvalidTimeZoneException("canary-in-a-message");
        using var answer = await client.PostAsync(Run.Replace("run", "release", StringComparison.Ordinal), null);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        Assert.DoesNotContain("FakeDesk", text, StringComparison.Ordinal);
        var said = Assert.Single(house.Said);
        Assert.Contains("System.InvalidTimeZoneException", said, StringComparison.Ordinal);
        Assert.Contains("FakeDesk.ReleaseAsync", said, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_answer_and_no_log_holds_a_credential()
    {
        await using var house = await House.OpenAsync();
        var heard = new StringBuilder();
        var secrets = new List<string> { House.Password, house.Keys[Role.Viewer], house.Keys[Role.Operator] };
        using var person = house.Client();
        secrets.Add((await House.LoginAsync(person, "otto")).Headers.GetValues("Set-Cookie").First(c => c.StartsWith("etl-login", StringComparison.Ordinal)).Split(';')[0].Split('=')[1]);
        foreach (var client in new[] { house.Client(Role.Viewer), house.Client(Role.Operator), person })
        {
            // Wrong places for a credential, such as people put it in.
            foreach (var path in new[] { "/api/v1/jobs", "/api/v1/me", "/openapi/v1.json", $"/api/v1/jobs/{house.Keys[Role.Operator]}", "/login?password=x", "/readyz" })
                heard.Append(await (await client.GetAsync(path)).Content.ReadAsStringAsync()).AppendLine();
            using var wrong = await client.PostAsJsonAsync(Run, new { force = house.Keys[Role.Operator] });
            heard.Append(await wrong.Content.ReadAsStringAsync()).AppendLine();
        }
        house.Desk.Fault = new InvalidTimeZoneException(house.Keys[Role.Operator]);
        using var deploy = house.Client(Role.Operator);
        heard.Append(await (await deploy.PostAsync(Run.Replace("run", "release", StringComparison.Ordinal), null)).Content.ReadAsStringAsync());
        foreach (var said in house.Said) heard.AppendLine(said);
        foreach (var file in Directory.EnumerateFiles(StatusServerOptions.UsersFolder(house.Folder), "*", SearchOption.AllDirectories)) heard.AppendLine(await File.ReadAllTextAsync(file));
        Assert.Contains("\"jobs\":[", heard.ToString(), StringComparison.Ordinal);
        // The path of a question comes back in the sentence that there is no such job; whoever puts a key there has shown it already.
        Assert.All(secrets, s => Assert.DoesNotContain(s, heard.ToString().Replace($"There is no job '{house.Keys[Role.Operator]}'", "", StringComparison.Ordinal), StringComparison.Ordinal));
    }
}

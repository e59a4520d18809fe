using System.Text.Json;
using Etl.Sandbox.Sessions;

namespace Etl.Sandbox.Tests.Sessions;

/// <summary>Wire facts 2.1, over HTTP.</summary>
public sealed class SessionActionTests : IAsyncLifetime
{
    private readonly FixedClock _clock = new(SandboxFixture.Now);
    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(SandboxFixture.Options with
    {
        Clock = _clock,
        UserSecret = "user-secret",
        AppTokens =
        [
            new SandboxAppToken { SessionUserId = "etl@example.com", Privileges = "disableentitlement", SessionDuration = 600 },
            new SandboxAppToken { Id = "1_sha1", HashType = "SHA1" },
            new SandboxAppToken { Id = "1_off", Active = false },
            new SandboxAppToken { Id = "1_old", Expiry = 1 },
        ],
    });

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private long Now => _clock.Now.ToUnixTimeSeconds();

    [Fact]
    public async Task Session_get_describes_the_session()
    {
        var ks = await _api.StartSessionAsync(("userId", "ann"), ("expiry", "3600"), ("privileges", "disableentitlement,virtualeventid:99"));
        var info = JsonDocument.Parse(await _api.PostAsync("session", "get", ("ks", ks))).RootElement;

        Assert.Equal(["ks", "sessionType", "partnerId", "userId", "expiry", "privileges", "objectType"], info.EnumerateObject().Select(p => p.Name));
        Assert.Equal(ks, info.GetProperty("ks").GetString());
        Assert.Equal(Now + 3600, info.GetProperty("expiry").GetInt64());
        Assert.Equal("disableentitlement,virtualeventid:99", info.GetProperty("privileges").GetString());
        Assert.Equal("KalturaSessionInfo", info.GetProperty("objectType").GetString());
    }

    [Fact]
    public async Task Token_is_version_2_with_padding_kept()
    {
        var ks = await _api.StartSessionAsync();

        Assert.StartsWith("djJ8", ks, StringComparison.Ordinal);
        Assert.Equal(0, ks.Length % 4);
        Assert.Matches("^[A-Za-z0-9_=-]+$", ks);
    }

    [Fact]
    public async Task Expiry_is_a_day_by_default_and_clamped_to_the_maximum()
    {
        Assert.Equal(Now + 86_400, await ExpiryOf(await _api.StartSessionAsync()));
        Assert.Equal(Now + 864_000, await ExpiryOf(await _api.StartSessionAsync(("expiry", "99999999"))));
    }

    [Theory]
    [InlineData("wrong", "1234567", "2")]
    [InlineData("user-secret", "1234567", "2")]
    [InlineData("0123456789abcdef0123456789abcdef", "999", "2")]
    public async Task Wrong_secret_or_partner_starts_no_session(string secret, string partner, string type) =>
        Assert.Equal(
            $$$"""{"code":"START_SESSION_ERROR","message":"Error while starting session for partner [{{{partner}}}]","objectType":"KalturaAPIException","args":{"PID":"{{{partner}}}"}}""",
            await _api.PostAsync("session", "start", ("secret", secret), ("partnerId", partner), ("type", type)));

    [Fact]
    public async Task User_session_may_not_read_reports()
    {
        var ks = await _api.StartSessionAsync(("secret", "user-secret"), ("type", "0"));

        Assert.Equal(
            """{"code":"SERVICE_FORBIDDEN","message":"The access to service [report->getTable] is forbidden","objectType":"KalturaAPIException","args":{"SERVICE":"report->getTable"}}""",
            await _api.ReportAsync("getTable", 38, ("ks", ks)));
    }

    [Fact]
    public async Task Session_expires_with_the_reason_in_its_arguments()
    {
        var ks = await _api.StartSessionAsync(("expiry", "60"));
        _clock.Now += TimeSpan.FromSeconds(60);

        Assert.Equal(
            """{"code":"INVALID_KS","message":"Invalid KS \"EXPIRED\", Error \"-1,INVALID_STR\"","objectType":"KalturaAPIException","args":{"KSID":"EXPIRED","ERR_CODE":"-1","ERR_DESC":"INVALID_STR"}}""",
            await _api.ReportAsync("getTable", 38, ("ks", ks)));
    }

    [Fact]
    public async Task Session_end_revokes_this_session_only()
    {
        var ks = await _api.StartSessionAsync();

        Assert.Equal("null", await _api.PostAsync("session", "end", ("ks", ks)));
        Assert.Contains("\"KSID\":\"LOGOUT\"", await _api.ReportAsync("getTable", 38, ("ks", ks)), StringComparison.Ordinal);
        Assert.Contains("header", await _api.ReportAsync("getTable", 38), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_1_token_is_accepted()
    {
        var ks = KsCodec.EncodeV1($"1234567;1234567;{Now + 60};2;1.5;etl;;;", _api.Server.Options.AdminSecret);

        Assert.Contains("header", await _api.ReportAsync("getTable", 38, ("ks", ks)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task App_token_flow_gives_a_session_that_reads_reports()
    {
        var widget = await WidgetAsync();
        var info = JsonDocument.Parse(await StartAsync(widget, "1_sandbox1", "SHA256", ("userId", "somebody"), ("sessionPrivileges", "disableentitlement:x,appid:me"))).RootElement;

        Assert.Equal("etl@example.com", info.GetProperty("userId").GetString());
        Assert.Equal(Now + 600, info.GetProperty("expiry").GetInt64());
        Assert.Matches("^disableentitlement,appid:me,sessionid:1_[0-9a-f]{8},apptoken:1_sandbox1$", info.GetProperty("privileges").GetString());
        Assert.Contains("header", await _api.ReportAsync("getTable", 38, ("ks", info.GetProperty("ks").GetString())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task App_token_hash_uses_the_algorithm_of_the_token()
    {
        var widget = await WidgetAsync();

        Assert.Contains("KalturaSessionInfo", await StartAsync(widget, "1_sha1", "SHA1"), StringComparison.Ordinal);
        Assert.Equal("INVALID_APP_TOKEN_HASH", Api.CodeOf(await StartAsync(widget, "1_sha1", "SHA256")));
    }

    [Theory]
    [InlineData("1_none", "APP_TOKEN_ID_NOT_FOUND")]
    [InlineData("1_off", "APP_TOKEN_NOT_ACTIVE")]
    [InlineData("1_old", "APP_TOKEN_EXPIRED")]
    public async Task App_token_that_cannot_be_used_says_why(string id, string code) =>
        Assert.Equal(code, Api.CodeOf(await StartAsync(await WidgetAsync(), id, "SHA256")));

    [Fact]
    public async Task App_token_hash_of_another_session_is_refused()
    {
        var hash = SessionBook.AppTokenHash("SHA256", "another", new SandboxAppToken().Token);

        Assert.Equal("INVALID_APP_TOKEN_HASH", Api.CodeOf(await _api.PostAsync("appToken", "startSession", ("ks", await WidgetAsync()), ("id", "1_sandbox1"), ("tokenHash", hash))));
    }

    [Fact]
    public async Task Widget_session_has_the_widget_privileges()
    {
        var info = JsonDocument.Parse(await _api.PostAsync("session", "startWidgetSession", ("widgetId", "_1234567"))).RootElement;

        Assert.Equal(["partnerId", "ks", "userId", "objectType"], info.EnumerateObject().Select(p => p.Name));
        Assert.Equal("view:*,widget:1", KsCodec.Decode(info.GetProperty("ks").GetString()!, _api.Server.Options.AdminSecret)!.PrivilegeText);
    }

    private async Task<string> WidgetAsync() =>
        JsonDocument.Parse(await _api.PostAsync("session", "startWidgetSession", ("widgetId", "_1234567"))).RootElement.GetProperty("ks").GetString()!;

    private Task<string> StartAsync(string ks, string id, string hashType, params (string, string?)[] more)
    {
        var hash = SessionBook.AppTokenHash(hashType, ks, new SandboxAppToken().Token);
        return _api.PostAsync("appToken", "startSession", Api.Merge([("ks", ks), ("id", id), ("tokenHash", hash)], more));
    }

    private async Task<long> ExpiryOf(string ks) =>
        JsonDocument.Parse(await _api.PostAsync("session", "get", ("ks", ks))).RootElement.GetProperty("expiry").GetInt64();
}

using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;
using Etl.Kaltura.Sessions;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Sessions;

public class SessionTests
{
    private const string IssuedKs = "djJ8MTIzNDU2N3xjYW5hcnktaXNzdWVkLWNhbmFyeS1pc3N1ZWQtY2FuYXJ5LWlzc3VlZA==";

    private static KalturaSettings Only(Rig rig) => new() { ServiceUrl = rig.Server.Url, PartnerId = "1234567" };

    [Fact]
    public async Task Admin_secret_makes_sessions_without_a_call_and_never_sends_itself()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 1), 1)).TotalAnswers(Plays(1));

        await rig.PullAsync();

        Assert.All(rig.Server.Calls, c => Assert.StartsWith("/api_v3/service/report/", c.Path, StringComparison.Ordinal));
        Assert.All(rig.Server.Calls, c => Assert.DoesNotContain(Rig.AdminSecret, c.Body, StringComparison.Ordinal));
        Assert.Single(rig.Server.Calls.Select(c => c.Form["ks"]).Distinct());
    }

    [Fact]
    public async Task Session_start_is_asked_when_wanted()
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { SessionMode = SessionMode.Start, UserId = "etl@example.com" };
        rig.Server.Script = call => call.Action switch { "start" => $"\"{IssuedKs}\"", "getTotal" => Plays(1), _ => Table(Entries(0, 1), 1) };

        await rig.PullAsync(Rig.Spec() with { Privileges = ["virtualeventid:99"] });

        var start = rig.Server.Calls[0];
        Assert.Equal("/api_v3/service/session/action/start", start.Path);
        Assert.Equal((Rig.AdminSecret, "2", "1234567", "etl@example.com", "28800", "virtualeventid:99"),
            (start.Form["secret"], start.Form["type"], start.Form["partnerId"], start.Form["userId"], start.Form["expiry"], start.Form["privileges"]));
        Assert.Equal(IssuedKs, rig.Server.Calls[1].Form["ks"]);
    }

    [Theory]
    [InlineData("\"Access to this service is blocked for the canary account.\"")]
    [InlineData("\"short\"")]
    [InlineData("null")]
    [InlineData("{\"objectType\":\"KalturaSessionInfo\"}")]
    public async Task Session_start_that_answers_no_token_is_refused(string body)
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { SessionMode = SessionMode.Start };
        rig.Server.Script = _ => body;

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Refused, "bad-session"), (failure.Kind, failure.Code));
        Assert.Single(rig.Server.Calls);
    }

    [Fact]
    public async Task Wrong_secret_is_refused_without_a_second_try()
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { SessionMode = SessionMode.Start };
        rig.Server.Script = _ => Error("START_SESSION_ERROR", $"Error while starting session with {Rig.AdminSecret}", "{\"PID\":\"1234567\"}");

        Assert.Equal(FaultKind.Refused, (await rig.FailAsync()).Kind);
        Assert.Single(rig.Server.Calls);
    }

    [Fact]
    public async Task App_token_starts_with_a_widget_session_and_sends_the_hash_only()
    {
        await using var rig = new Rig();
        rig.Settings = Only(rig) with { AppTokenId = "1_abcd1234", AppToken = new Secret(Rig.AppToken), AppTokenHash = AppTokenHash.Sha256 };
        long End() => rig.Clock.GetUtcNow().AddMinutes(30).ToUnixTimeSeconds();
        rig.Server.Script = call => call.Action switch
        {
            "startWidgetSession" => $"{{\"partnerId\":1234567,\"ks\":\"{Rig.UserKs}\",\"userId\":0,\"objectType\":\"KalturaStartWidgetSessionResponse\"}}",
            "startSession" => string.Create(CultureInfo.InvariantCulture, $"{{\"ks\":\"{IssuedKs}\",\"expiry\":{End()},\"sessionType\":2,\"objectType\":\"KalturaSessionInfo\"}}"),
            "getTotal" => Plays(1),
            _ => Table(Entries(0, 1), 1),
        };

        await rig.PullAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(20));
        await rig.PullAgainAsync();
        rig.Clock.Advance(TimeSpan.FromMinutes(8));
        await rig.PullAgainAsync();

        var calls = rig.Server.Calls;
        Assert.Equal("_1234567", calls[0].Form["widgetId"]);
        Assert.Equal((Rig.UserKs, "1_abcd1234"), (calls[1].Form["ks"], calls[1].Form["id"]));
        Assert.Equal(AppTokenIssuer.Hash(AppTokenHash.Sha256, new Secret(Rig.UserKs), new Secret(Rig.AppToken)), calls[1].Form["tokenHash"]);
        Assert.All(calls, c => Assert.DoesNotContain(Rig.AppToken, c.Body, StringComparison.Ordinal));
        // The token's own end, 30 minutes, is kept: renewed once, ahead of it.
        Assert.Equal(2, calls.Count(c => c.Action == "startSession"));
    }

    [Theory]
    [InlineData("EXPIRED")]
    [InlineData("LOGOUT")]
    public async Task Session_that_ends_mid_paging_is_renewed_and_the_failed_request_repeated(string reason)
    {
        await using var rig = new Rig()
            .TableAnswers(Table(Entries(0, 10), 0), InvalidKs(reason), Table(Entries(10, 10), 0), Table(Entries(20, 1), 21))
            .TotalAnswers(Plays(21));

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(21, outcome.Rows);
        Assert.Equal(21, rig.Sink.Rows.Count);
        Assert.Empty(outcome.Proof.Restarts);
        Assert.Equal([1, 2, 2, 3], rig.Server.Tables.Select(c => c.Page));
        Assert.Equal(2, rig.Server.Calls.Select(c => c.Form["ks"]).Distinct().Count());
        Assert.Equal(5, outcome.Proof.Calls);
    }

    [Fact]
    public async Task Session_refused_again_right_after_renewal_is_refused()
    {
        await using var rig = new Rig().TableAnswers(InvalidKs("EXPIRED"), InvalidKs("EXPIRED"), Table(Entries(0, 1), 1));

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Refused, "INVALID_KS"), (failure.Kind, failure.Code));
        Assert.Equal(2, rig.Server.RoundTrips.Count);
    }

    [Theory]
    [InlineData("EXCEEDED_ACTIONS_LIMIT")]
    [InlineData("EXCEEDED_RESTRICTED_IP")]
    [InlineData(Rig.UserKs)]
    public async Task Other_reasons_are_refused_at_once_and_an_echoed_token_is_not_repeated(string reason)
    {
        await using var rig = new Rig().TableAnswers(InvalidKs(reason), Table(Entries(0, 1), 1));

        var failure = await rig.FailAsync();

        Assert.Equal(FaultKind.Refused, failure.Kind);
        Assert.Single(rig.Server.RoundTrips);
        Assert.Equal(reason != Rig.UserKs, failure.Message.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Echo_of_our_own_session_stays_out_of_messages_and_captures()
    {
        await using var rig = new Rig();
        rig.Server.Script = call => InvalidKs(call.Form["ks"]);

        await rig.FailAsync();

        var ks = rig.Server.Calls[0].Form["ks"];
        Assert.Contains("\"KSID\":\"***\"", rig.Sink.Raw["getTable-1"], StringComparison.Ordinal);
        Assert.DoesNotContain(ks[..20], string.Concat(rig.Sink.Raw.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ready_made_session_is_used_as_it_is_and_not_renewed()
    {
        await using var rig = new Rig().TableAnswers(InvalidKs("EXPIRED"), Table(Entries(0, 1), 1));
        rig.Settings = Only(rig) with { Ks = new Secret(Rig.UserKs) };

        Assert.Equal(FaultKind.Refused, (await rig.FailAsync()).Kind);
        Assert.Single(rig.Server.RoundTrips);
        Assert.Equal(Rig.UserKs, rig.Server.Calls[0].Form["ks"]);
    }

    [Fact]
    public async Task Privileges_with_only_a_ready_made_session_are_refused_before_anything_is_sent()
    {
        await using var rig = new Rig();
        rig.Settings = Only(rig) with { Ks = new Secret(Rig.UserKs) };

        var failure = await rig.FailAsync(Rig.Spec() with { Privileges = ["virtualeventid:99"] });

        Assert.Equal((FaultKind.Usage, "privileges"), (failure.Kind, failure.Code));
        Assert.Empty(rig.Server.Calls);
    }

    [Fact]
    public async Task Session_is_described_without_its_token()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => $"{{\"ks\":\"{Rig.UserKs}\",\"sessionType\":2,\"partnerId\":1234567,\"userId\":\"etl@example.com\",\"expiry\":1893456000,\"privileges\":\"sessionid:1_abcd1234,disableentitlement\",\"objectType\":\"KalturaSessionInfo\"}}";

        var session = await rig.Connection.DescribeSessionAsync(default);

        Assert.Equal(("1234567", "etl@example.com", true, DateTimeOffset.FromUnixTimeSeconds(1893456000)), (session.Account, session.UserId, session.IsAdmin, session.ExpiresAt));
        Assert.Equal(["sessionid:1_abcd1234", "disableentitlement"], session.Privileges);
        Rig.AssertNoCanary(session.ToString());
        Assert.Equal("/api_v3/service/session/action/get", rig.Server.Calls.Single().Path);
    }

    [Fact]
    public async Task Session_is_renewed_ahead_of_its_end()
    {
        var clock = new FakeClock();
        var issuer = new CountingIssuer(clock);
        using var cache = new SessionCache(issuer, new SecretMask(), clock, TimeSpan.FromMinutes(5));

        var first = await cache.GetAsync([], default);
        clock.Advance(TimeSpan.FromMinutes(54));
        Assert.Same(first, await cache.GetAsync([], default));
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.NotSame(first, await cache.GetAsync([], default));
        Assert.Equal(2, issuer.Made);
    }

    [Fact]
    public async Task Many_callers_share_one_making_of_a_session_and_one_renewal()
    {
        var clock = new FakeClock();
        var issuer = new CountingIssuer(clock);
        using var cache = new SessionCache(issuer, new SecretMask(), clock, TimeSpan.FromMinutes(5));

        var sessions = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () => await cache.GetAsync([], default))));
        Assert.Single(sessions.Distinct());
        // All find it refused; late ones must not throw the new one away.
        await Task.WhenAll(sessions.Select(s => Task.Run(async () =>
        {
            cache.Drop(s);
            await cache.GetAsync([], default);
        })));
        Assert.Equal(2, issuer.Made);
    }

    [Fact]
    public async Task Each_set_of_privileges_has_a_session_of_its_own()
    {
        var issuer = new CountingIssuer(new FakeClock());
        using var cache = new SessionCache(issuer, new SecretMask(), new FakeClock(), TimeSpan.Zero);

        Assert.NotSame(await cache.GetAsync(["a"], default), await cache.GetAsync(["b"], default));
        Assert.Equal(2, issuer.Made);
    }

    private sealed class CountingIssuer(TimeProvider clock) : ISessionIssuer
    {
        private int _made;

        public int Made => _made;
        public bool CanIssue => true;

        public async Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation)
        {
            var number = Interlocked.Increment(ref _made);
            await Task.Yield();
            return new Session(new Secret($"session-{number}"), clock.GetUtcNow().AddHours(1));
        }
    }
}

using System.Globalization;
using System.Text;
using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Api;

/// <summary>What goes wrong between a call and its answer (reliability 7.2), seen from a pull.</summary>
public class CallFaultTests
{
    private static readonly Answer s_whole = Table(Entries(0, 3), 3);

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task Server_status_is_retried(int status)
    {
        await using var rig = new Rig().TableAnswers(new Answer([]) { Status = status }, s_whole).TotalAnswers(Plays(3));

        Assert.Equal(3, (await rig.PullAsync()).Rows);
        Assert.Equal(2, rig.Server.Tables.Count());
    }

    [Fact]
    public async Task Storm_of_server_faults_ends_as_unreachable_and_transient()
    {
        await using var rig = new Rig().TableAnswers([.. Enumerable.Repeat(new Answer([]) { Status = 503 }, 20)]);

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Unreachable, "http-503", true), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Equal(6, rig.Server.Tables.Count());
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("0", 0)]
    [InlineData("999999", 3600)]
    [InlineData("Wed, 01 Apr 2026 12:02:00 GMT", 120)]
    [InlineData("Wed, 01 Apr 2020 12:00:00 GMT", 0)]
    [InlineData("nonsense", 0)]
    public async Task Retry_after_is_kept_and_bounded(string header, int seconds)
    {
        await using var rig = new Rig().TableAnswers(new Answer([]) { Status = 429 }.With("Retry-After", header), s_whole).TotalAnswers(Plays(3));

        await rig.PullAsync();

        // On top of it half of one second of jitter.
        Assert.Equal(TimeSpan.FromSeconds(seconds + 0.5), Assert.Single(rig.Clock.Waits));
    }

    [Fact]
    public async Task Rate_limit_waits_ten_seconds_and_halves_the_requests_in_flight()
    {
        await using var rig = new Rig().TableAnswers(Error("ACTION_BLOCKED"), s_whole).TotalAnswers(Plays(3));

        await rig.PullAsync();

        Assert.True(Assert.Single(rig.Clock.Waits) >= TimeSpan.FromSeconds(10));
        Assert.Equal(2, rig.Connection.Api.GateOf("1234567").Limit);
    }

    public static TheoryData<string> KnownCodes => [.. ErrorRules.Known.Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(KnownCodes))]
    public async Task Error_object_with_status_200_follows_its_rule(string code)
    {
        var rule = ErrorRules.Of(code);
        var args = $"{{\"KSID\":\"{Rig.UserKs}\"}}";
        await using var rig = new Rig().TableAnswers([.. Enumerable.Repeat<Answer>(Error(code, $"about {Rig.AdminSecret}", args), 20)]);
        // One page size only, so that time-outs do not begin again with smaller pages.
        var failure = await rig.FailAsync(Rig.Spec() with { PageSize = 2000 });

        Assert.Equal((rule.Kind, code, rule.Attempts > 1), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Equal(Math.Min(rule.Attempts, 6), rig.Server.Tables.Count());
    }

    [Fact]
    public async Task Unknown_code_is_final_and_reported_with_its_message()
    {
        await using var rig = new Rig().TableAnswers(Error("SOMETHING_NEW", "strange things"));

        var failure = await rig.FailAsync();

        Assert.Equal("SOMETHING_NEW", failure.Code);
        Assert.False(failure.IsTransient);
        Assert.Contains("strange things", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Empty_body_is_retried()
    {
        await using var rig = new Rig().TableAnswers("", s_whole).TotalAnswers(Plays(3));

        Assert.Equal(3, (await rig.PullAsync()).Rows);
    }

    [Fact]
    public async Task Error_header_with_an_empty_body_is_that_error()
    {
        Answer answer = new Answer([]).With("X-Kaltura", "error-REPORT_NOT_FOUND").With("X-Kaltura-App", "exiting on error REPORT_NOT_FOUND - canary");
        await using var rig = new Rig().TableAnswers(answer);

        Assert.Equal("REPORT_NOT_FOUND", (await rig.FailAsync()).Code);
    }

    [Fact]
    public async Task Error_header_wins_over_a_body_that_looks_whole()
    {
        await using var rig = new Rig().TableAnswers(s_whole.With("X-Kaltura", "error-SERVICE_FORBIDDEN"));

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Refused, "SERVICE_FORBIDDEN"), (failure.Kind, failure.Code));
    }

    [Fact]
    public async Task Cache_header_of_the_service_is_no_error()
    {
        await using var rig = new Rig().TableAnswers(s_whole.With("X-Kaltura", "cached-dispatcher,abc,30")).TotalAnswers(Plays(3));

        Assert.Equal(3, (await rig.PullAsync()).Rows);
    }

    [Fact]
    public async Task Html_page_is_tried_twice_and_then_fails()
    {
        Answer page = ((Answer)"<html>Sign in to the guest network</html>").With("Content-Type", "text/html");
        await using var rig = new Rig().TableAnswers(page, page, page);

        var failure = await rig.FailAsync();

        Assert.Equal("not-json", failure.Code);
        Assert.Equal(2, rig.Server.Tables.Count());
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_is_not_followed_and_its_target_not_named(int status)
    {
        await using var other = new ScriptedServer();
        await using var rig = new Rig();
        rig.TableAnswers(new Answer([]) { Status = status }.With("Location", $"{other.Url}ks/canary-token-in-a-path/"));

        var failure = await rig.FailAsync();

        Assert.Equal(("redirect", false), (failure.Code, failure.IsTransient));
        Assert.Empty(other.Calls);
        Assert.DoesNotContain(other.Url.Port.ToString(CultureInfo.InvariantCulture), failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_before_the_answer_is_retried()
    {
        await using var rig = new Rig().TableAnswers(new Answer([]) { Reset = true }, s_whole).TotalAnswers(Plays(3));

        Assert.Equal(3, (await rig.PullAsync()).Rows);
    }

    [Fact]
    public async Task Nobody_listening_is_unreachable()
    {
        await using var rig = new Rig();
        await using (var gone = new ScriptedServer()) rig.Settings = rig.Settings with { ServiceUrl = gone.Url };

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Unreachable, "unreachable", true), (failure.Kind, failure.Code, failure.IsTransient));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(60)]
    [InlineData(100)]
    public async Task Body_cut_anywhere_is_never_taken_as_whole(int keep)
    {
        var body = Encoding.UTF8.GetBytes(Table(Entries(0, 5), 5));
        // Three ways to cut: below the stated length, by closing, and with a length that is too small.
        foreach (var cut in new[]
        {
            new Answer(body[..keep]) { StatedLength = body.Length },
            new Answer(body[..keep]) { CloseDelimited = true },
            new Answer(body[..keep]),
        })
        {
            await using var rig = new Rig().TableAnswers(cut, body.Length == keep ? cut : new Answer(body)).TotalAnswers(Plays(5));
            Assert.Equal(5, (await rig.PullAsync()).Rows);
            Assert.Equal(5, rig.Sink.Rows.Count);
            Assert.Equal(2, rig.Server.Tables.Count());
        }
    }

    [Fact]
    public async Task Every_strict_prefix_of_a_body_is_refused()
    {
        var body = Encoding.UTF8.GetBytes(Table(Entries(0, 2), 2));
        for (var keep = 1; keep < body.Length; keep++)
        {
            await using var rig = new Rig { };
            rig.Server.Script = _ => new Answer(body[..keep]) { CloseDelimited = true };
            await rig.FailAsync();
        }
    }

    [Fact]
    public async Task Body_cut_after_rows_were_handed_on_begins_the_pull_again()
    {
        var body = Encoding.UTF8.GetBytes(Table(Entries(0, 11_000), 11_000));
        await using var rig = new Rig()
            .TableAnswers(new Answer(body[..^1000]) { StatedLength = body.Length }, new Answer(body))
            .TotalAnswers(Plays(11_000));

        var outcome = await rig.PullAsync();

        Assert.Equal(11_000, outcome.Rows);
        Assert.Equal(11_000, rig.Sink.Rows.Count);
        Assert.Single(outcome.Proof.Restarts);
        Assert.Equal(2, rig.Sink.Starts);
    }

    [Fact]
    public async Task Gzip_is_decoded_and_offered()
    {
        await using var rig = new Rig().TableAnswers(Gzip(Table(Entries(0, 300), 300))).TotalAnswers(Plays(300));

        Assert.Equal(300, (await rig.PullAsync()).Rows);
        Assert.Equal("gzip", rig.Server.Calls[0].Headers["Accept-Encoding"]);
    }

    [Fact]
    public async Task Gzip_cut_at_any_position_is_refused()
    {
        var whole = Gzip(Table(Entries(0, 40), 40));
        for (var i = 0; i < 32; i++)
        {
            var keep = i * (whole.Body.Length - 1) / 31;
            await using var rig = new Rig();
            rig.Server.Script = _ => whole with { Body = whole.Body[..keep], CloseDelimited = true };
            var failure = await rig.FailAsync();
            Assert.True(failure.IsTransient, $"cut at {keep}: {failure.Message}");
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(5)]
    public async Task Gzip_with_a_wrong_check_sum_or_length_is_refused(int fromEnd)
    {
        var whole = Gzip(Table(Entries(0, 40), 40));
        var damaged = whole.Body.ToArray();
        damaged[^fromEnd] ^= 0x40;
        await using var rig = new Rig();
        rig.Server.Script = _ => whole with { Body = damaged };

        Assert.Equal("bad-encoding", (await rig.FailAsync()).Code);
    }

    [Fact]
    public async Task Encoding_that_was_not_offered_is_refused()
    {
        await using var rig = new Rig().TableAnswers(s_whole.With("Content-Encoding", "br"));

        Assert.Equal("bad-encoding", (await rig.FailAsync()).Code);
    }

    [Fact]
    public async Task Body_that_is_blown_up_more_than_200_times_is_refused()
    {
        await using var rig = new Rig().TableAnswers(Gzip(Table([new string('a', 4 << 20) + "|1"], 1)));

        var failure = await rig.FailAsync();

        Assert.Equal(("too-large", false), (failure.Code, failure.IsTransient));
    }

    [Fact]
    public async Task Body_above_the_limit_is_refused()
    {
        await using var rig = new Rig().TableAnswers(Table(Entries(0, 5000), 5000));
        rig.Settings = rig.Settings with { Limits = new ExchangeLimits { MaxBodyBytes = 10_000 } };

        Assert.Equal("too-large", (await rig.FailAsync()).Code);
    }

    [Fact]
    public async Task Silence_within_a_body_is_ended_by_the_idle_limit()
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { Retry = new RetryPolicy { MaxAttempts = 2 } };
        rig.Server.Script = _ => s_whole with { HangAfter = 30 };

        var failure = await rig.FailAsync();

        Assert.Equal(("too-slow", true), (failure.Code, failure.IsTransient));
        Assert.Equal(2, rig.Server.Tables.Count());
    }

    [Fact]
    public async Task Slow_drip_is_ended_by_the_rate_limit()
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { Retry = new RetryPolicy { MaxAttempts = 1 } };
        rig.Server.Script = _ => (Answer)Table(Entries(0, 1000), 1000) with { Drip = TimeSpan.FromSeconds(0.4) };

        var failure = await rig.FailAsync();

        Assert.Contains("less than 1024 bytes/s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_that_never_come_are_ended()
    {
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { Retry = new RetryPolicy { MaxAttempts = 1 } };
        rig.Server.Script = _ => s_whole with { HangAfter = -1 };

        var failure = await rig.FailAsync();

        Assert.Equal("timeout", failure.Code);
    }

    [Fact]
    public async Task Cancelling_a_pull_is_its_own_outcome()
    {
        await using var rig = new Rig();
        using var cancel = new CancellationTokenSource();
        rig.Server.Script = _ =>
        {
            cancel.Cancel();
            return s_whole with { HangAfter = 30 };
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => rig.PullAsync(cancellation: cancel.Token));
    }
}

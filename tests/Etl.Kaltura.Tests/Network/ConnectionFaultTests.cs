using System.Net;
using System.Net.Sockets;
using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Network;

/// <summary>No connection, a wrong one, or one that dies (docs/reliability.md, N1 to N4, N20, N23 to N25).</summary>
public class ConnectionFaultTests
{
    public static TheoryData<RouteName> Routes => FaultyRoute.All;

    [Fact]
    public async Task N01_Nobody_listening_is_asked_six_times_and_then_transient()
    {
        await using var rig = new Rig();
        await using (var gone = new ScriptedServer()) rig.Settings = rig.Settings with { ServiceUrl = gone.Url };

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Unreachable, "unreachable", true), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Equal(5, rig.Clock.Waits.Count);
    }

    [Fact]
    public async Task N01_Unknown_host_of_a_file_is_transient()
    {
        using var client = new DownloadClient(new DownloadLimits(), TimeProvider.System, (_, _) => throw new SocketException((int)SocketError.HostNotFound));

        var failure = await Assert.ThrowsAsync<ApiException>(() => client.SendAsync("report file", new DownloadUrl(new Uri("https://files.example.com/ks/canary/x.csv")), 0, null, default));

        Assert.Equal(("unreachable", true), (failure.Code, failure.IsTransient));
        Rig.AssertNoCanary(failure.ToString());
    }

    [Fact]
    public async Task N02_Connection_that_is_not_made_in_ten_seconds_is_given_up()
    {
        var clock = new FakeClock();
        var asked = clock.GetUtcNow();
        using var client = new DownloadClient(new DownloadLimits(), clock, (_, _) => new TaskCompletionSource<IPAddress[]>().Task);
        using var stop = new CancellationTokenSource();
        var time = clock.PassAsync(stop.Token);

        var failure = await Assert.ThrowsAsync<ApiException>(() => client.SendAsync("report file", new DownloadUrl(new Uri("https://files.example.com/x.csv")), 0, null, default));
        await stop.CancelAsync();
        await time;

        Assert.Equal(("timeout", true), (failure.Code, failure.IsTransient));
        Assert.True(clock.GetUtcNow() - asked >= TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData("self-signed")]
    [InlineData("expired")]
    [InlineData("other-host")]
    public async Task N03_Certificate_that_is_not_accepted_is_final_and_nothing_is_sent(string kind)
    {
        await using var server = new TlsServer(kind);
        await using var rig = new Rig();
        rig.Settings = rig.Settings with { ServiceUrl = server.Url };

        var failure = await rig.FailAsync();

        Assert.Equal((FaultKind.Unreachable, "tls", false), (failure.Kind, failure.Code, failure.IsTransient));
        Assert.Equal((1, 0), (server.Connections, server.Requests));
        Assert.Empty(rig.Clock.Waits);
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N04_Reset_before_the_head_is_asked_again(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a with { Reset = true }, a => a with { Reset = true });

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N20_Head_that_never_ends_is_cut_off_and_asked_again(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a with { Raw = "HTTP/1.1 200 OK\r\n"u8.ToArray(), ForEver = "X-Padding: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"u8.ToArray() });

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N20_Head_of_a_megabyte_is_refused_and_asked_again(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a.With("X-Padding", new string('a', 1 << 20)));

        await pull.SurvivesAsync();
    }

    [Theory]
    [MemberData(nameof(Routes))]
    public async Task N20_Head_that_never_comes_is_given_up_by_the_clock(RouteName route)
    {
        await using var pull = new FaultyRoute(route, a => a with { HangAfter = -1 });

        await pull.SurvivesAsync();
    }

    [Theory]
    [InlineData(RouteName.Table, "redirect")]
    [InlineData(RouteName.File, "csv-redirect")]
    [InlineData(RouteName.Background, "redirect")]
    public async Task N23_Redirects_are_not_followed_wherever_they_lead(RouteName route, string code)
    {
        await using var other = new ScriptedServer();
        foreach (var (status, target) in new[]
        {
            (301, "/same/host"), (302, other.Url.AbsoluteUri), (303, "http://www.kaltura.com/ks/canary/"), (307, "http://169.254.169.254/latest/canary"), (308, "https://[::1]/canary"),
        })
        {
            await using var pull = new FaultyRoute(route) { Always = a => a.WithStatus(status).With("Location", target) };

            var failure = await pull.FailsAsync(calls: 1);

            Assert.Equal((code, false), (failure.Code, failure.IsTransient));
            Assert.DoesNotContain(target, failure.ToString(), StringComparison.Ordinal);
        }
        Assert.Empty(other.Calls);
    }

    [Fact]
    public async Task N24_Kept_connection_that_died_meanwhile_is_replaced()
    {
        await using var rig = new Rig();
        var second = 0;
        rig.Server.Script = call => call.Action == "getTotal" ? Bodies.Plays(15)
            : call.Page == 1 ? (Answer)Bodies.Table(Bodies.Entries(0, 10), 15) with { KeepAlive = true }
            : ++second == 1 ? new Answer([]) { Reset = true } : Bodies.Table(Bodies.Entries(10, 5), 15);

        var outcome = await rig.PullAsync(Rig.Spec() with { PageSize = 10 });

        Assert.Equal(15, outcome.Rows);
        Assert.Equal(15, rig.Sink.Column("object_id").Distinct().Count());
        Assert.Empty(outcome.Proof.Restarts);
    }

    [Theory]
    [InlineData(RouteName.Table)]
    [InlineData(RouteName.File)]
    [InlineData(RouteName.Background)]
    public async Task N25_Proxy_that_wants_a_login_is_final(RouteName route)
    {
        await using var pull = new FaultyRoute(route) { Always = a => a.WithStatus(407, "<html>Proxy</html>") };

        var failure = await pull.FailsAsync(calls: 1);

        Assert.Equal(("http-407", false), (failure.Code, failure.IsTransient));
    }
}

using System.Net.Sockets;
using Etl.Sandbox.Tests.Exports;

namespace Etl.Sandbox.Tests.Http;

/// <summary>Who reaches the sandbox. 127.0.0.2 stands for another machine: it arrives at this one, but not where 127.0.0.1 alone listens.</summary>
public sealed class HostTests
{
    private static readonly SandboxOptions s_small = SandboxFixture.Options with { Entries = 5, Users = 5, SessionsPerDay = 20 };

    [Fact]
    public async Task Sandbox_with_a_host_answers_on_every_address_and_writes_the_host_into_links()
    {
        await using var api = await Api.StartAsync(s_small with { Host = "localhost" });
        Assert.Equal("localhost", api.Server.BaseUrl.Host);
        Assert.Contains("\"status\":\"ok\"", await api.Http.GetStringAsync(Health(api)), StringComparison.Ordinal);
        Assert.StartsWith($"http://localhost:{api.Server.BaseUrl.Port}/", await ExportFile.UrlAsync(api, 38, "a;b,c"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sandbox_without_a_host_answers_on_the_loopback_address_only()
    {
        await using var api = await Api.StartAsync(s_small);
        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => api.Http.GetStringAsync(Health(api)));
        Assert.Equal(SocketError.ConnectionRefused, Assert.IsType<SocketException>(fault.InnerException).SocketErrorCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sandbox:8085")]
    [InlineData("http://sandbox")]
    public async Task Host_that_is_no_name_of_a_machine_is_refused(string host) =>
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SandboxServer.StartAsync(s_small with { Host = host }));

    private static Uri Health(Api api) => new($"http://127.0.0.2:{api.Server.BaseUrl.Port}/sandbox/health");
}

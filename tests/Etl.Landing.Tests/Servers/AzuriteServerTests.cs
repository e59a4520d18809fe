using System.Net;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Servers;

public sealed class AzuriteServerTests
{
    private static readonly HttpClient s_http = new();

    [SkippableFact]
    public async Task Containers_are_made_and_gone_when_disposed()
    {
        var server = await AzuriteServer.SharedAsync();
        var containers = await Task.WhenAll(server.CreateContainerAsync(), server.CreateContainerAsync());
        Assert.NotEqual(containers[0].Name, containers[1].Name);
        await containers[0].DisposeAsync();
        // A second deletion is refused because the first one worked.
        var fault = await Assert.ThrowsAsync<HttpRequestException>(async () => await containers[0].DisposeAsync());
        Assert.Equal(HttpStatusCode.NotFound, fault.StatusCode);
        await containers[1].DisposeAsync();
    }

    [SkippableFact]
    public async Task Two_servers_run_at_once_and_one_leaves_nothing_when_disposed()
    {
        var servers = await Task.WhenAll(AzuriteServer.StartAsync(), AzuriteServer.StartAsync());
        await using (await servers[0].CreateContainerAsync()) Assert.True(Directory.Exists(servers[0].Folder));
        await servers[0].DisposeAsync();
        Assert.False(Directory.Exists(servers[0].Folder));
        await Assert.ThrowsAsync<HttpRequestException>(servers[0].CreateContainerAsync);
        await using (await servers[1].CreateContainerAsync()) Assert.True(Directory.Exists(servers[1].Folder));
        await servers[1].DisposeAsync();
        Assert.False(Directory.Exists(servers[1].Folder));
    }

    [SkippableFact]
    public async Task Request_without_the_key_is_refused()
    {
        await using var container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
        var endpoint = container.ConnectionString.Split(';').Single(p => p.StartsWith("BlobEndpoint=", StringComparison.Ordinal))["BlobEndpoint=".Length..];
        using var answer = await s_http.GetAsync(new Uri($"{endpoint}/{container.Name}?restype=container"));
        Assert.False(answer.IsSuccessStatusCode);
    }

    [SkippableFact]
    public async Task Server_ends_with_a_test_process_that_is_killed()
    {
        await (await AzuriteServer.StartAsync()).DisposeAsync(); // skips when there is none
        await KilledHost.LeavesNothingAsync("azurite");
    }
}

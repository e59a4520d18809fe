using Etl.Pipeline.Serving;
using Etl.Testing.Files;

namespace Etl.Server.Tests;

public sealed class StatusServerTests
{
    [Fact]
    public async Task Server_tells_that_it_lives()
    {
        using var folder = new TempFolder();
        var parts = new ServerParts { Desk = null!, Ledger = null!, Views = null!, Feed = new RunFeed() };
        await using var server = await StatusServer.StartAsync(new StatusServerOptions { Urls = [new Uri("http://127.0.0.1:0")], DataFolder = folder.Path }, parts, CancellationToken.None);
        using var client = new HttpClient { BaseAddress = server.Urls[0] };
        Assert.Equal("ok", await client.GetStringAsync("/healthz"));
    }
}

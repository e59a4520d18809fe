using System.Diagnostics;
using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Browser.Tests;

/// <summary>A real <c>etl serve</c> over a workshop with its sandbox.</summary>
internal sealed class ServedShop : IAsyncDisposable
{
    private readonly Process _server;
    private readonly Task<string> _errors;

    private ServedShop(Workshop shop, Process server, Uri url)
    {
        (Shop, _server, Url) = (shop, server, url);
        _errors = server.StandardError.ReadToEndAsync();
        // A full pipe would stop the server.
        _ = server.StandardOutput.ReadToEndAsync();
    }

    public Workshop Shop { get; }

    public Uri Url { get; }

    public static async Task<ServedShop> StartAsync(Workshop shop)
    {
        var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--json");
        while (await server.StandardOutput.ReadLineAsync() is { } line)
        {
            var said = JsonDocument.Parse(line).RootElement;
            if (said.GetProperty("type").GetString() == "serving") return new ServedShop(shop, server, new Uri(said.GetProperty("urls")[0].GetString()!));
        }
        throw new InvalidOperationException($"etl serve ended: {await server.StandardError.ReadToEndAsync()}");
    }

    /// <summary>Waits until the overview, as its HTML, is what is wanted.</summary>
    public async Task UntilAsync(Func<string, bool> wanted)
    {
        using var client = new HttpClient { BaseAddress = Url };
        var clock = Stopwatch.StartNew();
        var overview = "";
        while (clock.Elapsed < TimeSpan.FromMinutes(2))
        {
            if (wanted(overview = await client.GetStringAsync("/"))) return;
            await Task.Delay(200);
        }
        Assert.Fail($"It did not happen within 2 minutes. {overview}");
    }

    public async ValueTask DisposeAsync()
    {
        EtlProcess.Interrupt(_server);
        await _server.WaitForExitAsync();
        _server.Dispose();
        await _errors;
        await Shop.DisposeAsync();
    }
}

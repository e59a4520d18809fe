using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Etl.Core.Outbound;

namespace Etl.Core.Tests.Outbound;

/// <summary>What every client of this program does and does not do.</summary>
public sealed class OutboundHttpTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private int _connections;

    public OutboundHttpTests() => _listener.Start();

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private Uri Url => new($"http://127.0.0.1:{Port}/path/ks/canary");

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Process_takes_cut_bodies_for_damage() => Assert.True(StrictDecompression.IsOn);

    [Fact]
    public async Task Redirect_is_not_followed()
    {
        using var client = OutboundHttp.NewClient(new OutboundOptions { Exchange = TimeSpan.FromSeconds(30) });

        using var answer = await AskAsync(client, "HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n");

        Assert.Equal(302, (int)answer.StatusCode);
        Assert.Equal(1, _connections);
    }

    [Fact]
    public async Task Cookie_is_not_kept()
    {
        using var client = OutboundHttp.NewClient(new OutboundOptions());
        (await AskAsync(client, "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).Dispose();

        var sent = new StringBuilder();
        (await AskAsync(client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", sent)).Dispose();

        Assert.DoesNotContain("Cookie", sent.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("traceparent", sent.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData((OutboundHttp.MaxHeadKilobytes << 10) - 200, true)]
    [InlineData((OutboundHttp.MaxHeadKilobytes << 10) + 1, false)]
    public async Task Head_is_bounded(int padding, bool isTaken)
    {
        using var client = OutboundHttp.NewClient(new OutboundOptions());
        var ask = AskAsync(client, $"HTTP/1.1 200 OK\r\nX: {new string('a', padding)}\r\nContent-Length: 0\r\n\r\n");

        if (isTaken) (await ask).Dispose();
        else Assert.Equal(HttpRequestError.ConfigurationLimitExceeded, (await Assert.ThrowsAsync<HttpRequestException>(() => ask)).HttpRequestError);
    }

    [Fact]
    public async Task Cut_gzip_raises_at_every_position()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 100))));
        var whole = packed.ToArray();
        using var client = OutboundHttp.NewClient(new OutboundOptions { Gunzip = true });
        for (var keep = 1; keep < whole.Length; keep++)
        {
            var head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {keep}\r\nConnection: close\r\n\r\n");
            using var answer = await AskAsync(client, [.. head, .. whole[..keep]]);
            await Assert.ThrowsAnyAsync<Exception>(() => answer.Content.ReadAsByteArrayAsync());
        }
        using var fine = await AskAsync(client, [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {whole.Length}\r\nConnection: close\r\n\r\n"), .. whole]);
        Assert.Equal(190, (await fine.Content.ReadAsByteArrayAsync()).Length);
    }

    [Theory]
    [InlineData(999, true)]
    [InlineData(1000, true)]
    [InlineData(1001, false)]
    public async Task Body_is_bounded_although_it_is_streamed(int length, bool isTaken)
    {
        using var client = OutboundHttp.NewClient(new OutboundOptions { MaxBodyBytes = 1000 });
        using var answer = await AskAsync(client, $"HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nConnection: close\r\n\r\n{new string('a', length)}");

        Assert.Equal("text/x", answer.Content.Headers.ContentType!.MediaType);
        await using var body = await answer.Content.ReadAsStreamAsync();
        if (isTaken) Assert.Equal(length, await CountAsync(body));
        else await Assert.ThrowsAsync<IOException>(() => CountAsync(body));
    }

    [Fact]
    public async Task Addresses_that_are_not_admitted_are_not_connected_to()
    {
        using var client = OutboundHttp.NewClient(new OutboundOptions
        {
            // Nobody would answer.
            Exchange = TimeSpan.FromSeconds(30),
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            Admit = (host, _) => throw new InvalidOperationException($"no {host}"),
        });

        var fault = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"http://files.example.com:{Port}/")));

        Assert.Equal("no files.example.com", fault.InnerException!.Message);
        Assert.False(_listener.Pending());
    }

    [Fact]
    public async Task Name_that_changes_between_check_and_connection_gains_nothing()
    {
        // The second answer would be somebody else's; it is never asked for.
        var answers = new Queue<IPAddress>([IPAddress.Loopback, IPAddress.Parse("192.0.2.1")]);
        var admitted = new List<IPAddress>();
        using var client = OutboundHttp.NewClient(new OutboundOptions
        {
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([answers.Dequeue()]),
            Admit = (_, addresses) =>
            {
                admitted.AddRange(addresses);
                return addresses;
            },
        });

        (await AskAsync(client, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", url: new Uri($"http://files.example.com:{Port}/"))).Dispose();

        Assert.Equal([IPAddress.Loopback], admitted);
        Assert.Single(answers);
    }

    private Task<HttpResponseMessage> AskAsync(HttpClient client, string reply, StringBuilder? sent = null, Uri? url = null) => AskAsync(client, Encoding.ASCII.GetBytes(reply), sent, url);

    private async Task<HttpResponseMessage> AskAsync(HttpClient client, byte[] reply, StringBuilder? sent = null, Uri? url = null)
    {
        var serve = ServeAsync(reply, sent);
        try
        {
            return await client.GetAsync(url ?? Url, HttpCompletionOption.ResponseHeadersRead);
        }
        finally
        {
            await serve;
        }
    }

    private async Task ServeAsync(byte[] reply, StringBuilder? sent)
    {
        using var connection = await _listener.AcceptTcpClientAsync();
        _connections++;
        var stream = connection.GetStream();
        var buffer = new byte[16 << 10];
        var read = await stream.ReadAsync(buffer);
        sent?.Append(Encoding.ASCII.GetString(buffer, 0, read));
        try
        {
            await stream.WriteAsync(reply);
            connection.Client.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            // The client hung up first.
        }
    }

    private static async Task<int> CountAsync(Stream body)
    {
        var (total, buffer) = (0, new byte[300]);
        int read;
        while ((read = await body.ReadAsync(buffer)) > 0) total += read;
        return total;
    }
}

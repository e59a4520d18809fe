using System.Net.Sockets;
using System.Text;

namespace Etl.Server.Tests.Support;

/// <summary>Requests that a decent client does not send.</summary>
internal static class RawRequest
{
    /// <summary>The status line of the answer; empty when the server hangs up.</summary>
    public static async Task<string> StatusAsync(Uri server, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadLineAsync() ?? "";
    }
}

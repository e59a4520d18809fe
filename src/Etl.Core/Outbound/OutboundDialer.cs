using System.Net;
using System.Net.Sockets;

namespace Etl.Core.Outbound;

/// <summary>Resolves a host, has its addresses admitted, and connects to the very same ones: a name that answers differently the second time gains nothing.</summary>
internal sealed class OutboundDialer(OutboundOptions options)
{
    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="TimeoutException">Nobody answered in time.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        using var late = new CancellationTokenSource(options.Connect, options.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A resolver knows nothing of an address that is written out, and refuses some of them in words of its own.
            var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await options.Resolve(host, both.Token).WaitAsync(both.Token).ConfigureAwait(false);
            if (options.Admit is { } admit) addresses = admit(host, addresses);
            await socket.ConnectAsync(addresses, port, both.Token).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TimeoutException($"No connection within {options.Connect.TotalSeconds:0.#} s.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

using System.Net;

namespace Etl.Core.Outbound;

/// <summary>
/// The one place that makes HTTP clients. What all of them have: no redirect is followed, no cookie kept, headers are bounded, nothing of a request is
/// told to the framework's tracing (addresses hold sessions), a compressed answer that was cut is damage, and an address is checked where the connection
/// is made.
/// </summary>
public static class OutboundHttp
{
    /// <summary>Largest head of an answer, KiB.</summary>
    public const int MaxHeadKilobytes = 64;

    /// <summary>Makes a client; the caller disposes it.</summary>
    /// <param name="options">What this one needs.</param>
    /// <param name="around">Puts a handler around the one that sends; null for none.</param>
    /// <exception cref="Errors.EtlException">This process takes cut answers for whole; see <see cref="StrictDecompression"/>.</exception>
    public static HttpClient NewClient(OutboundOptions options, Func<HttpMessageHandler, HttpMessageHandler>? around = null)
    {
        StrictDecompression.Require();
        HttpMessageHandler handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = options.Gunzip ? DecompressionMethods.GZip : DecompressionMethods.None,
            // The handshake's bound; the dialer keeps to the clock.
            ConnectTimeout = options.Connect,
            ConnectCallback = new OutboundDialer(options).ConnectAsync,
            MaxResponseHeadersLength = MaxHeadKilobytes,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            UseProxy = options.UseProxy,
            // Switches the framework's own tracing off: it hands the whole address to every listener.
            ActivityHeadersPropagator = null,
        };
        if (options.MaxBodyBytes is { } most) handler = new BoundedBodies(handler, most);
        if (around is not null) handler = around(handler);
        return new HttpClient(handler) { Timeout = options.Exchange, MaxResponseContentBufferSize = options.MaxBufferedBytes };
    }
}

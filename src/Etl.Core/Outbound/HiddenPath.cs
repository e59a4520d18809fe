namespace Etl.Core.Outbound;

/// <summary>
/// Puts path and query of an address in behind the framework's instrumentation, which has seen the host only, and takes them out again: an address may hold a
/// session or a token, and whoever attaches to the process can hear requests. Give it to <see cref="OutboundHttp.NewClient"/>, and make its requests with <see cref="Request"/>.
/// </summary>
public sealed class HiddenPath(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private static readonly HttpRequestOptionsKey<Uri> s_address = new("etl.address");

    /// <summary>A request for an address, which shows its host alone.</summary>
    public static HttpRequestMessage Request(HttpMethod method, Uri address)
    {
        var request = new HttpRequestMessage(method, new Uri(address, "/"));
        request.Options.Set(s_address, address);
        return request;
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var shown = request.RequestUri;
        if (!request.Options.TryGetValue(s_address, out var address)) throw new InvalidOperationException("A request with a hidden path needs its address.");
        request.RequestUri = address;
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.RequestUri = shown;
            ((IDictionary<string, object?>)request.Options).Remove(s_address.Key);
        }
    }
}

using System.IO.Compression;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Core.Secrets;

namespace Etl.Kaltura.Api;

/// <summary>
/// Form-encoded POST to <c>/api_v3/service/{s}/action/{a}</c> with JSON answers (wire facts 1), and JSON POST to the services
/// beside the API (<see cref="MicroserviceForm"/>). Follows no redirects,
/// keeps no cookies, decompresses itself so that cut bodies and blown-up ones are seen.
/// </summary>
internal sealed class HttpTransport : IKalturaTransport, IDisposable
{
    private readonly HttpClient _client;
    private readonly KalturaSettings _settings;
    private readonly SecretMask _mask;
    private readonly TimeProvider _clock;

    public HttpTransport(KalturaSettings settings, SecretMask mask, TimeProvider clock)
    {
        (_settings, _mask, _clock) = (settings, mask, clock);
        _client = OutboundHttp.NewClient(Options(settings, clock));
        _client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        _client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
    }

    /// <summary>What the clients of this account's hosts have in common.</summary>
    internal static OutboundOptions Options(KalturaSettings settings, TimeProvider clock) =>
        new() { Connect = settings.Limits.Connect, UseProxy = !settings.ServiceUrl.IsLoopback, Clock = clock };

    public async Task<ApiReply> SendAsync(ApiRequest request, Secret? session, CancellationToken cancellation)
    {
        var response = await SendCoreAsync(request, session, cancellation).ConfigureAwait(false);
        try
        {
            if (request.Json is not null)
            {
                var limits = request.IsFile ? _settings.Downloads.Exchange with { MaxBodyBytes = _settings.Downloads.MaxFileBytes } : _settings.Limits;
                var answer = await OpenBodyAsync(request.What, response, limits, cancellation).ConfigureAwait(false);
                await MicroserviceForm.CheckAsync(request, response, answer, _mask, () => RetryAfter(response.Headers.RetryAfter), cancellation).ConfigureAwait(false);
                RequireEnd(request, response);
                return new ApiReply(answer, response);
            }
            ThrowOnStatus(request.What, response);
            RequireEnd(request, response);
            var body = await OpenBodyAsync(request.What, response, _settings.Limits, cancellation).ConfigureAwait(false);
            return await ReplyHead.CheckAsync(request.What, request.IsFile, response, body, _mask, cancellation).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendCoreAsync(ApiRequest request, Secret? session, CancellationToken cancellation)
    {
        var root = (request.Json is null ? _settings.ServiceUrl : request.Side.Root(_settings)).AbsoluteUri.TrimEnd('/');
        using var message = request.Json is null ? Form(root, request, session) : MicroserviceForm.Message(root, request, session);
        using var limit = new CancellationTokenSource(request.IsFile ? _settings.Limits.FileHeaders : _settings.Limits.Headers, _clock);
        using var headers = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, headers.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException { InnerException: TimeoutException } && !cancellation.IsCancellationRequested)
        {
            // Connecting that took too long surfaces here too.
            throw new ApiException(FaultKind.Unreachable, $"{request.What}: no answer from '{root}' in time.", e is { InnerException: TimeoutException } ? e : null)
            { Code = "timeout", IsTransient = true };
        }
        catch (HttpRequestException e)
        {
            throw Unreachable(request.What, root, e);
        }
    }

    private HttpRequestMessage Form(string root, ApiRequest request, Secret? session)
    {
        var fields = new List<KeyValuePair<string, string>>(request.Fields.Count + 3)
        {
            new("format", "1"),
            new("clientTag", _settings.ClientTag),
        };
        if (session is not null) fields.Add(new("ks", session.Reveal()));
        fields.AddRange(request.Fields);
        return new HttpRequestMessage(HttpMethod.Post, $"{root}/{request.Path}") { Content = new FormUrlEncodedContent(fields) };
    }

    private static ApiException Unreachable(string what, string root, HttpRequestException e) =>
        e.InnerException is AuthenticationException
            ? new ApiException(FaultKind.Unreachable, $"{what}: no safe connection to '{root}': its certificate was not accepted. Check the address, the date of this machine and its trusted certificates.", e)
            { Code = "tls" }
            : e.HttpRequestError == HttpRequestError.ProxyTunnelError
            ? new ApiException(FaultKind.Unreachable, $"{what}: the proxy refused the way to '{root}'. Check HTTPS_PROXY.", e) { Code = "proxy" }
            : new ApiException(FaultKind.Unreachable, $"{what}: '{root}' could not be reached ({e.HttpRequestError}).", e) { Code = "unreachable", IsTransient = true };

    private void ThrowOnStatus(string what, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status == 200) return;
        if (status is >= 300 and < 400)
        {
            // The target is not named: it may carry a token, and it is not followed either way.
            throw new ApiException(FaultKind.Unreachable, $"{what}: the service answered with a redirect (HTTP {status}), which is not followed. Set KALTURA_SERVICE_URL to the final address.")
            { Code = "redirect" };
        }
        if (status is 401 or 403)
            throw new ApiException(FaultKind.Refused, $"{what}: refused with HTTP {status}, before the service itself. Check proxies and network rules.") { Code = $"http-{status}" };
        var transient = status is 408 or 425 or 429 or >= 500;
        throw new ApiException(FaultKind.Unreachable, $"{what}: the service answered HTTP {status}." + (transient ? "" : " Check KALTURA_SERVICE_URL."))
        {
            Code = $"http-{status}",
            IsTransient = transient,
            RetryAfter = transient ? RetryAfter(response.Headers.RetryAfter) : null,
            SlowDown = status == 429,
        };
    }

    /// <summary>
    /// A file that announces nothing has no other end than that of its answer: one that is over when the connection is may have been cut behind any line.
    /// </summary>
    private static void RequireEnd(ApiRequest request, HttpResponseMessage response)
    {
        if (!request.IsFile || response.Version.Major > 1 || response.Content.Headers.ContentLength is not null || response.Headers.TransferEncodingChunked == true) return;
        throw new ApiException(FaultKind.Unreachable, $"{request.What}: the answer does not say where it ends (it has neither Content-Length nor chunks), so that a file which was cut would look whole. Something between here and the service changes answers: check proxies.")
        { Code = "unframed", IsTransient = true, MaxAttempts = 3 };
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header)
    {
        var wait = header switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - _clock.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        if (wait is not { } time) return null;
        return time < TimeSpan.Zero ? TimeSpan.Zero : time > _settings.Retry.MaxRetryAfter ? _settings.Retry.MaxRetryAfter : time;
    }

    private async Task<Stream> OpenBodyAsync(string what, HttpResponseMessage response, ExchangeLimits limits, CancellationToken cancellation)
    {
        var network = new PacedStream(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), what, limits, _clock);
        var encodings = response.Content.Headers.ContentEncoding;
        Stream decoded = encodings.Count switch
        {
            0 => network,
            1 when encodings.First().Equals("identity", StringComparison.OrdinalIgnoreCase) => network,
            1 when encodings.First() is { } e && (e.Equals("gzip", StringComparison.OrdinalIgnoreCase) || e.Equals("x-gzip", StringComparison.OrdinalIgnoreCase))
                => new GZipStream(network, CompressionMode.Decompress),
            _ => throw new ApiException(FaultKind.Unreachable, $"{what}: the answer is encoded as '{_mask.Clean(string.Join(", ", encodings), 60)}'; only gzip was offered.")
            { Code = "bad-encoding" },
        };
        return new DecodedStream(decoded, network, what, limits);
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Sends the requests for report files. Redirects are not followed, no proxy stands between the check of an address and the
/// connection to it, and no listener, trace or metric of the framework sees the path, which holds a session.
/// </summary>
internal sealed class DownloadClient : IDisposable
{
    private readonly HttpClient _client;
    private readonly DownloadLimits _limits;
    private readonly TimeProvider _clock;

    public DownloadClient(DownloadLimits limits, TimeProvider clock, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        (_limits, _clock) = (limits, clock);
        var options = new OutboundOptions { Connect = limits.Exchange.Connect, Admit = ConnectGuard.Admit, Clock = clock };
        _client = OutboundHttp.NewClient(resolve is null ? options : options with { Resolve = resolve }, inner => new HiddenPath(inner));
    }

    /// <summary>Asks for the file from a byte on; the answer is not looked at yet.</summary>
    public async Task<HttpResponseMessage> SendAsync(string what, DownloadUrl url, long from, string? ifRange, CancellationToken cancellation)
    {
        using var message = HiddenPath.Request(HttpMethod.Get, url.Reveal());
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/csv"));
        // Lengths and ranges count the file's own bytes.
        message.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (from > 0) message.Headers.Range = new RangeHeaderValue(from, null);
        if (from > 0 && ifRange is not null) message.Headers.IfRange = new RangeConditionHeaderValue(new EntityTagHeaderValue(ifRange));
        using var limit = new CancellationTokenSource(_limits.Exchange.Headers, _clock);
        using var headers = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            return await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, headers.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException { InnerException: TimeoutException } && !cancellation.IsCancellationRequested)
        {
            throw new ApiException(FaultKind.Unreachable, $"{what}: no answer from '{url.Root.Authority}' in time.") { Code = "timeout", IsTransient = true };
        }
        catch (HttpRequestException e)
        {
            if (e.InnerException is ApiException refused) throw refused;
            // The framework's own exception stays out: nothing that it may say of the request is repeated.
            throw e.InnerException is AuthenticationException
                ? new ApiException(FaultKind.Unreachable, $"{what}: no safe connection to '{url.Root.Authority}': its certificate was not accepted.") { Code = "tls" }
                : new ApiException(FaultKind.Unreachable, $"{what}: '{url.Root.Authority}' could not be reached ({e.HttpRequestError}).") { Code = "unreachable", IsTransient = true };
        }
    }

    public void Dispose() => _client.Dispose();
}

using System.Net;
using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Exports;

/// <summary>
/// The bytes of one file over as many connections as it takes. After a break the rest is asked for by range, if the server
/// said that it serves ranges and the rest is provably of the same file (same length, and same tag and date where it sent
/// them); otherwise the break is a transient fault and the file is fetched again from a new address. Never resumes across
/// two addresses: each is a file of its own (reliability K11).
/// </summary>
internal sealed class ResumingStream : ReadOnlyStream
{
    private readonly string _what;
    private readonly DownloadClient _client;
    private readonly DownloadUrl _url;
    private readonly DownloadLimits _limits;
    private readonly RetryRunner _retry;
    private readonly TimeProvider _clock;
    private readonly HttpResponseMessage _first;
    private HttpResponseMessage _response;
    private PacedStream _body;
    private TimeSpan _waited;
    private long _received;
    private int _breaks, _inARow;

    private ResumingStream(string what, DownloadClient client, DownloadUrl url, DownloadLimits limits, RetryRunner retry, TimeProvider clock, HttpResponseMessage response, PacedStream body)
    {
        (_what, _client, _url, _limits, _retry, _clock) = (what, client, url, limits, retry, clock);
        (_first, _response, _body) = (response, response, body);
    }

    /// <summary>How often the connection broke and the rest was asked for.</summary>
    public int Resumed { get; private set; }

    private bool CanResume => _first.Headers.AcceptRanges.Contains("bytes") && Announced is not null;

    private long? Announced => _first.Content.Headers.ContentLength;

    /// <summary>Takes over an answer that was found to be a file.</summary>
    public static async Task<ResumingStream> OpenAsync(
        string what, DownloadClient client, DownloadUrl url, DownloadLimits limits, RetryRunner retry, TimeProvider clock, HttpResponseMessage response, CancellationToken cancellation) =>
        new(what, client, url, limits, retry, clock, response,
            new PacedStream(await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), what, limits.Exchange, clock));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                var read = await _body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
                if (read == 0 && buffer.Length > 0 && _received < (Announced ?? 0))
                    throw new ApiException(FaultKind.Unreachable, $"{_what}: the file ended after {_received} of {Announced} bytes.") { Code = "connection-lost", IsTransient = true };
                if (read > 0) _inARow = 0;
                _received += read;
                return read;
            }
            catch (ApiException e) when (e.IsTransient && CanResume)
            {
                await ResumeAsync(e, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            _response.Dispose();
            _first.Dispose();
        }
        base.Dispose(disposing);
    }

    private async Task ResumeAsync(ApiException broke, CancellationToken cancellation)
    {
        while (true)
        {
            _waited += _body.Waited;
            if (++_breaks > _limits.MaxBreaks || ++_inARow > _limits.MaxBreaksInARow || _waited >= _limits.Exchange.Body) throw broke;
            await Task.Delay(_retry.Wait(_inARow - 1, broke), _clock, cancellation).ConfigureAwait(false);
            _body.Dispose();
            if (!ReferenceEquals(_response, _first)) _response.Dispose();
            try
            {
                _response = await _client.SendAsync(_what, _url, _received, StrongTag(_first), cancellation).ConfigureAwait(false);
            }
            catch (ApiException e) when (e.IsTransient)
            {
                _body = new PacedStream(Null, _what, _limits.Exchange, _clock);
                broke = e;
                continue;
            }
            if (!IsRestOfFirst()) throw broke;
            var limits = _limits.Exchange with { Body = _limits.Exchange.Body - _waited };
            _body = new PacedStream(await _response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), _what, limits, _clock);
            Resumed++;
            return;
        }
    }

    private bool IsRestOfFirst()
    {
        var (now, before) = (_response.Content.Headers, _first.Content.Headers);
        return _response.StatusCode == HttpStatusCode.PartialContent
            && ReplyHead.ErrorHeader(_response) is null
            && now.ContentEncoding.Count == 0
            && now.ContentRange is { Unit: "bytes" } range && range.From == _received && range.Length == Announced && range.To == Announced - 1
            && Equals(_response.Headers.ETag, _first.Headers.ETag)
            && now.LastModified == before.LastModified;
    }

    private static string? StrongTag(HttpResponseMessage response) => response.Headers.ETag is { IsWeak: false } tag ? tag.Tag : null;
}

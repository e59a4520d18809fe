using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;
using Etl.Core.Errors;
using Etl.Core.Outbound;

namespace Etl.Landing.Audit.TimeStamps;

/// <summary>Asks an authority over HTTP, as RFC 3161, 3.4, lays down. Sends a hash and nothing else.</summary>
/// <param name="authority">Where.</param>
/// <param name="http">Sends; redirects are not followed.</param>
internal sealed class HttpTimeStamper(Uri authority, HttpClient http) : ITimeStamper
{
    /// <summary>A snapshot waits for it.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);

    /// <summary>A stamper with a client of its own; null where no authority is configured.</summary>
    public static HttpTimeStamper? Of(Uri? authority) => authority is null
        ? null
        : new HttpTimeStamper(authority, OutboundHttp.NewClient(new OutboundOptions { Exchange = s_longest, MaxBufferedBytes = TimeStampToken.MaxBytes, UseProxy = !authority.IsLoopback }));

    /// <inheritdoc/>
    public async Task<byte[]> StampAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        var request = Rfc3161TimestampRequest.CreateFromData(data.Span, HashAlgorithmName.SHA256, nonce: RandomNumberGenerator.GetBytes(8), requestSignerCertificates: true);
        using var content = new ByteArrayContent(request.Encode());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/timestamp-query");
        byte[] reply;
        try
        {
            using var answer = await http.PostAsync(authority, content, cancellation);
            if (!answer.IsSuccessStatusCode) throw Fault($"answered with HTTP {(int)answer.StatusCode}.");
            reply = await answer.Content.ReadAsByteArrayAsync(cancellation);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Fault("did not answer.", fault);
        }
        try
        {
            // Checks the nonce too: an old reply is no answer.
            request.ProcessResponse(reply, out var read);
            if (read != reply.Length) throw Fault("answered with more than a time stamp.");
        }
        catch (CryptographicException fault)
        {
            throw Fault("answered with something that is no time stamp of what was sent.", fault);
        }
        return TimeStampToken.TryRead(reply, data.Span, out _, out var why) ? reply : throw Fault($"answered with a time stamp that {why}.");
    }

    private EtlException Fault(string found, Exception? inner = null) =>
        new(FaultKind.Unreachable, $"The time stamp authority at '{authority.GetLeftPart(UriPartial.Path)}' {found}", inner) { Code = "time-stamp", IsTransient = true };
}

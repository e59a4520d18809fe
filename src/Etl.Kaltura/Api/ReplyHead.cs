using Etl.Core.Errors;
using Etl.Parsing;

namespace Etl.Kaltura.Api;

/// <summary>
/// Looks at headers and first bytes of an answer with status 200: an empty body, the <c>X-Kaltura: error-…</c> header and
/// pages of something else than the API become typed faults (wire facts 1.5).
/// </summary>
internal static class ReplyHead
{
    private const int HeadBytes = 4096, MaxErrorBytes = 1 << 20;

    public static async Task<ApiReply> CheckAsync(
        string what, bool isFile, HttpResponseMessage response, Stream body, SecretMask mask, CancellationToken cancellation)
    {
        var head = new byte[HeadBytes];
        var count = await body.ReadAtLeastAsync(head, isFile ? 3 : 1, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var whole = new HeadStream(head.AsMemory(0, count), body);
        if (ErrorHeader(response) is { } code)
        {
            var error = count == 0 ? null : ServiceErrorReader.TryRead(await ReadAllAsync(whole, cancellation).ConfigureAwait(false));
            throw ErrorRules.Exception(what, error?.Code ?? code, error?.Message ?? "", error?.Args ?? new Dictionary<string, string>(), mask);
        }
        if (count == 0)
        {
            throw new ApiException(FaultKind.Unreachable, $"{what}: the service answered with an empty body, as it does when the request was killed inside.")
            { Code = "empty-body", IsTransient = true };
        }
        if (isFile && head[0] is not ((byte)'{' or (byte)'<'))
        {
            var media = response.Content.Headers.ContentType?.MediaType ?? "none";
            if (head.AsSpan(0, count).StartsWith("\uFEFF"u8) && media.Equals("text/csv", StringComparison.OrdinalIgnoreCase)) return new ApiReply(whole, response);
            throw new ApiException(FaultKind.Window, $"{what}: the answer is not a CSV file (content type '{mask.Clean(media, 60)}').") { Code = "not-csv", IsTransient = true, MaxAttempts = 2 };
        }
        if (!isFile && !StartsLikeJson(head.AsSpan(0, count)))
        {
            // An error page of a proxy or a host in between: worth one more try.
            throw new ApiException(FaultKind.Unreachable, $"{what}: the answer is not JSON from its first byte on (byte 0, content type '{mask.Clean(response.Content.Headers.ContentType?.MediaType ?? "none", 60)}'); something between here and the service answered. Check KALTURA_SERVICE_URL and proxies.")
            { Code = "not-json", IsTransient = true, MaxAttempts = 2 };
        }
        return new ApiReply(whole, response);
    }

    /// <summary>The code of an <c>X-Kaltura: error-…</c> header, a word or a number; null without one.</summary>
    public static string? ErrorHeader(HttpResponseMessage response)
    {
        const string Prefix = "error-";
        if (!response.Headers.TryGetValues("X-Kaltura", out var values)) return null;
        var value = values.FirstOrDefault(v => v.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase));
        return value is null ? null : value[Prefix.Length..].Trim();
    }

    private static bool StartsLikeJson(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith("\uFEFF"u8)) head = head[3..];
        head = head.TrimStart(" \t\r\n"u8);
        return head.IsEmpty || head[0] is (byte)'{' or (byte)'[' or (byte)'"' or (byte)'-' or (byte)'n' or (byte)'t' or (byte)'f' || char.IsAsciiDigit((char)head[0]);
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream, CancellationToken cancellation)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while (copy.Length < MaxErrorBytes && (read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
            copy.Write(buffer, 0, read);
        return copy.ToArray();
    }
}

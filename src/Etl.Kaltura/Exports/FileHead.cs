using System.Globalization;
using System.Net;
using Etl.Core.Errors;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Judges the head of an answer to a request for a file. Refusals come with status 200 and an empty body, a
/// <c>X-Kaltura: error-…</c> header, or as an XML document (wire facts 1.5 and 4.2), so the status proves nothing.
/// </summary>
internal static class FileHead
{
    /// <summary>Throws unless the answer is a file, as far as its headers tell.</summary>
    public static void Check(string what, HttpResponseMessage response, DownloadLimits limits, SecretMask mask, TimeProvider clock)
    {
        CheckStatus(what, response, clock);
        if (ReplyHead.ErrorHeader(response) is { } code)
        {
            // 3 is access control, 5 a missing file: both may be gone with a new address and session.
            throw Again(what, $"the service refused the file with '{mask.Clean(code, 80)}' in its X-Kaltura header", "csv-refused");
        }
        var encodings = response.Content.Headers.ContentEncoding;
        if (encodings.Count > 0 && !encodings.All(e => e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            throw new ApiException(FaultKind.Unreachable, $"{what}: the file is encoded as '{mask.Clean(string.Join(", ", encodings), 60)}', which was not offered.") { Code = "bad-encoding" };
        if (response.Content.Headers.ContentLength > limits.MaxFileBytes)
        {
            throw new ApiException(FaultKind.Window, string.Create(CultureInfo.InvariantCulture, $"{what}: the file has {response.Content.Headers.ContentLength} bytes, more than {limits.MaxFileBytes}, the limit for one file."))
            { Code = "too-large" };
        }
    }

    /// <summary>Throws unless the file begins with the byte order mark; markup and error objects pass, for the reader to name.</summary>
    public static void CheckStart(string what, ReadOnlySpan<byte> head, HttpResponseMessage response, SecretMask mask)
    {
        if (head.IsEmpty) throw Again(what, "the file is empty, as when the service refuses it or could not write it", "csv-empty");
        if (head[0] is (byte)'<' or (byte)'{') return;
        var type = response.Content.Headers.ContentType?.MediaType ?? "none";
        if (!head.StartsWith("\uFEFF"u8) || !type.Equals("text/csv", StringComparison.OrdinalIgnoreCase))
            throw Again(what, $"the answer is not a report file (content type '{mask.Clean(type, 60)}', {(head.StartsWith("\uFEFF"u8) ? "with" : "without")} byte order mark)", "not-csv");
    }

    private static void CheckStatus(string what, HttpResponseMessage response, TimeProvider clock)
    {
        var status = (int)response.StatusCode;
        if (response.StatusCode == HttpStatusCode.OK) return;
        if (status is >= 300 and < 400)
        {
            // The target is not named: it may carry a token, and it is not followed either way.
            throw new ApiException(FaultKind.Window, $"{what}: the file's host answered with a redirect (HTTP {status}), which is not followed.") { Code = "csv-redirect" };
        }
        // The session of an address ends after a day at most; a new address has a new one.
        if (status is 401 or 403 or 404 or 410) throw Again(what, $"the file's host answered HTTP {status}", $"http-{status}");
        throw new ApiException(FaultKind.Unreachable, $"{what}: the file's host answered HTTP {status}.")
        {
            Code = $"http-{status}",
            IsTransient = status is 408 or 425 or 429 or >= 500,
            RetryAfter = response.Headers.RetryAfter switch
            {
                { Delta: { } delta } => delta,
                { Date: { } date } when date > clock.GetUtcNow() => date - clock.GetUtcNow(),
                _ => null,
            },
        };
    }

    /// <summary>Worth another address, not another request to this one.</summary>
    private static ApiException Again(string what, string found, string code) =>
        new(FaultKind.Window, $"{what}: {found}.") { Code = code, IsTransient = true, MaxAttempts = 1 };
}

using System.Globalization;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Faults;

/// <summary>Sends the bytes of an answer: compressed when asked, damaged when a fault says so.</summary>
internal static class AnswerWriter
{
    private const string Html = "<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We will be back soon</h1></body></html>";

    public static async Task WriteAsync(HttpContext context, byte[] body, IReadOnlyList<SandboxFault> faults, bool mayCompress = true)
    {
        var response = context.Response;
        var compress = mayCompress && context.Request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.OrdinalIgnoreCase);
        foreach (var fault in faults)
        {
            switch (fault.Kind)
            {
                case SandboxFaultKinds.Slow:
                    await Task.Delay(TimeSpan.FromSeconds(Number(fault, 1)), context.RequestAborted).ConfigureAwait(false);
                    break;
                case SandboxFaultKinds.BadGateway:
                    response.StatusCode = StatusCodes.Status502BadGateway;
                    return;
                case SandboxFaultKinds.TooManyRequests or SandboxFaultKinds.Unavailable:
                    response.StatusCode = fault.Kind == SandboxFaultKinds.Unavailable ? 503 : 429;
                    response.Headers.RetryAfter = fault.Parameter ?? "1";
                    return;
                case SandboxFaultKinds.NotFound:
                    response.StatusCode = StatusCodes.Status404NotFound;
                    return;
                case SandboxFaultKinds.Redirect:
                    response.StatusCode = StatusCodes.Status302Found;
                    response.Headers.Location = fault.Parameter ?? "http://cdn.invalid/report.csv";
                    return;
                case SandboxFaultKinds.LostReply:
                    context.Abort();
                    return;
                case SandboxFaultKinds.FileError:
                    var code = fault.Parameter ?? "REPORT_NOT_FOUND";
                    response.ContentType = null;
                    response.Headers["X-Kaltura"] = "error-" + code;
                    response.Headers["X-Kaltura-App"] = "exiting on error " + code + " - injected";
                    return;
                case SandboxFaultKinds.EmptyBody:
                    return;
                case SandboxFaultKinds.HtmlPage:
                    response.ContentType = "text/html";
                    body = Encoding.UTF8.GetBytes(Html);
                    break;
                case SandboxFaultKinds.InvalidUtf8:
                    body = Spoil(body);
                    break;
                case SandboxFaultKinds.TruncatedBody:
                    body = body[..Share(body.Length, fault)];
                    break;
                case SandboxFaultKinds.TruncatedGzip:
                    var packed = Compress(body);
                    response.Headers.ContentEncoding = "gzip";
                    await SendAsync(context, packed[..Share(packed.Length, fault)]).ConfigureAwait(false);
                    return;
                case SandboxFaultKinds.BrokenConnection:
                    response.ContentLength = body.Length;
                    await response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), context.RequestAborted).ConfigureAwait(false);
                    await response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                    // A reset overtakes bytes that the reader has not fetched yet: let it fetch them.
                    await Task.Delay(100, context.RequestAborted).ConfigureAwait(false);
                    context.Abort();
                    return;
                case SandboxFaultKinds.Drip:
                    await DripAsync(context, body, Number(fault, 50)).ConfigureAwait(false);
                    return;
            }
        }
        if (compress && body.Length > 0)
        {
            response.Headers.ContentEncoding = "gzip";
            response.Headers.Vary = "Accept-Encoding";
            body = Compress(body);
        }
        await SendAsync(context, body).ConfigureAwait(false);
    }

    private static async Task SendAsync(HttpContext context, byte[] body)
    {
        context.Response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>All but the last byte one by one, then blanks for ever: the answer is never complete and never silent.</summary>
    private static async Task DripAsync(HttpContext context, byte[] body, double milliseconds)
    {
        for (var i = 0; !context.RequestAborted.IsCancellationRequested; i++)
        {
            var piece = i < body.Length - 1 ? body.AsMemory(i, 1) : " "u8.ToArray();
            await context.Response.Body.WriteAsync(piece, context.RequestAborted).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), context.RequestAborted).ConfigureAwait(false);
        }
    }

    private static byte[] Compress(byte[] body)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(body);
        return packed.ToArray();
    }

    /// <summary>Puts 0xFF into the middle of the first longer text, so that the JSON around it stays whole.</summary>
    private static byte[] Spoil(byte[] body)
    {
        var data = body.AsSpan().IndexOf("\"data\":\""u8);
        var copy = body.ToArray();
        if (copy.Length > 0)
            copy[data >= 0 ? Math.Min(data + 8, copy.Length - 1) : copy.Length / 2] = 0xFF;
        return copy;
    }

    private static int Share(int length, SandboxFault fault) => (int)(length * Math.Clamp(Number(fault, 0.5), 0, 1));

    private static double Number(SandboxFault fault, double otherwise) =>
        double.TryParse(fault.Parameter, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}

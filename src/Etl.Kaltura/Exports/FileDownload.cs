using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>Fetches report files: opens an address, makes sure that a file came, and gives its bytes.</summary>
internal sealed class FileDownload(DownloadClient client, DownloadLimits limits, RetryRunner retry, SecretMask mask, TimeProvider clock) : IReportFiles
{
    /// <summary>Opens the file; a server that is busy or away is asked again, a refused address is not.</summary>
    public async Task<ReportFileBody> OpenAsync(string what, DownloadUrl url, CallMeter meter, CancellationToken cancellation)
    {
        // An address is refused with the session in it; it must not come back in a message.
        var known = mask.With(url.Session);
        return await retry.RunAsync(async token =>
        {
            meter.Sent();
            var response = await client.SendAsync(what, url, 0, null, token).ConfigureAwait(false);
            ResumingStream? body = null;
            try
            {
                FileHead.Check(what, response, limits, known, clock);
                body = await ResumingStream.OpenAsync(what, client, url, limits, retry, clock, response, token).ConfigureAwait(false);
                var head = new byte[3];
                var count = await body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, token).ConfigureAwait(false);
                FileHead.CheckStart(what, head.AsSpan(0, count), response, known);
                var source = body;
                return new ReportFileBody(new HeadStream(head.AsMemory(0, count), body), () => source.Resumed);
            }
            catch
            {
                if (body is not null) await body.DisposeAsync().ConfigureAwait(false);
                response.Dispose();
                throw;
            }
        }, cancellation).ConfigureAwait(false);
    }
}

using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;

namespace Etl.Kaltura.Raw;

/// <summary>Fetches the files of one pull and captures them: each as one body, over however many connections it came.</summary>
internal sealed class CapturingFiles(IReportFiles inner, IPullSink sink, SecretMask mask) : IReportFiles
{
    public async Task<ReportFileBody> OpenAsync(string what, DownloadUrl url, CallMeter meter, CancellationToken cancellation)
    {
        var known = mask.With(url.Session);
        var reply = sink.OpenRaw(RawRequests.Of(url));
        ReportFileBody? file = null;
        try
        {
            file = await inner.OpenAsync(what, url, meter, cancellation).ConfigureAwait(false);
            return file.Through(body => new CapturedBody(body, body, reply, known, []));
        }
        catch (ApiException e)
        {
            reply.Broke(RawRequests.Of(e, known));
            throw;
        }
        finally
        {
            if (file is null) await reply.DisposeAsync().ConfigureAwait(false);
        }
    }
}

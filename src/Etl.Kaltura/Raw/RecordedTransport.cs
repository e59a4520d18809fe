using Etl.Core.Secrets;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;

namespace Etl.Kaltura.Raw;

/// <summary>Answers the calls of a pull from its recording. Opens no socket.</summary>
internal sealed class RecordedTransport(Recording recording, SecretMask mask) : IKalturaTransport
{
    public Task<ApiReply> SendAsync(ApiRequest request, Secret? session, CancellationToken cancellation) =>
        Task.FromResult(new ApiReply(recording.Next(request.What, RawRequests.Of(request, mask))));
}

/// <summary>Brings the files of a pull from its recording. Opens no socket.</summary>
internal sealed class RecordedFiles(Recording recording) : IReportFiles
{
    public Task<ReportFileBody> OpenAsync(string what, DownloadUrl url, CallMeter meter, CancellationToken cancellation)
    {
        meter.Sent();
        return Task.FromResult(new ReportFileBody(recording.Next(what, RawRequests.Of(url)), () => 0));
    }
}

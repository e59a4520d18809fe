using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>Brings report files.</summary>
internal interface IReportFiles
{
    /// <summary>Opens the file at an admitted address. Throws <see cref="ApiException"/>; a transient one means that a new address is worth a try.</summary>
    Task<ReportFileBody> OpenAsync(string what, DownloadUrl url, CallMeter meter, CancellationToken cancellation);
}

/// <summary>A file on its way; dispose when it was read.</summary>
/// <param name="body">Its bytes.</param>
/// <param name="resumed">Tells how often its connection broke and the rest was asked for.</param>
internal sealed class ReportFileBody(Stream body, Func<int> resumed) : IAsyncDisposable
{
    /// <summary>Bytes, still on their way.</summary>
    public Stream Body => body;

    /// <summary>How often the connection broke so far and the rest was asked for.</summary>
    public int Resumed => resumed();

    /// <summary>The same file, read through another stream, which then owns this one's.</summary>
    public ReportFileBody Through(Func<Stream, Stream> wrap) => new(wrap(body), resumed);

    public ValueTask DisposeAsync() => body.DisposeAsync();
}

using Etl.Core.Exports;
using Etl.Landing.Exports.Files;

namespace Etl.Landing.Exports.Delivery;

/// <summary>The receiver fetches the files where they are made.</summary>
internal sealed class HereDelivery : IExportDelivery
{
    /// <inheritdoc/>
    public Task<ExportRecord> DeliverAsync(ExportNote note, ExportFolder folder, ExportRecord record, CancellationToken cancellation) => Task.FromResult(record);
}

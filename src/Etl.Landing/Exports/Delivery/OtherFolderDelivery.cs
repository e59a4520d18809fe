using Etl.Core.Disks;
using Etl.Core.Exports;
using Etl.Core.Runs;
using Etl.Landing.Exports.Files;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports.Delivery;

/// <summary>Copies into another folder, such as one that an SFTP server shows: whole files under free names, then their <c>.ok</c> files.</summary>
internal sealed class OtherFolderDelivery(string path) : IExportDelivery
{
    /// <inheritdoc/>
    public async Task<ExportRecord> DeliverAsync(ExportNote note, ExportFolder folder, ExportRecord record, CancellationToken cancellation)
    {
        try
        {
            DurableFolder.Create(path);
            var copies = note with { Parts = [.. note.Parts.Select(p => p with { Temporary = ExportFolder.TemporaryName(p.Name) })] };
            foreach (var part in copies.Parts)
            {
                var copy = ExportFolder.NewTemporary(Path.Combine(path, part.Temporary));
                await using (copy.ConfigureAwait(false))
                {
                    await MadeFile.CopyAsync(note, folder, part, copy, cancellation).ConfigureAwait(false);
                    DiskSync.Flush(copy);
                }
                Failpoint.Hit("export.copied");
            }
            ExportFolder.Show(copies, path);
            return record;
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, $"deliver file {record.Sequence} of export '{record.Job}/{record.Export}'", path);
        }
    }
}

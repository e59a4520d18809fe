using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Runs;
using Etl.Core.Webhooks;
using Etl.Landing.Exports.Files;

namespace Etl.Landing.Exports.Delivery;

/// <summary>
/// Posts the leads in batches. Each batch that the receiver confirmed is counted, so that another try goes on behind it; its id is the same in every
/// try, so that a receiver whose answer was lost knows it again.
/// </summary>
internal sealed class PostedDelivery(Func<WebhookReceiver> receiver, string name, IExportStore store, Func<int, TimeSpan> waitAfter, TimeProvider time) : IExportDelivery
{
    /// <summary>Tries of a batch within one call; after that it waits for the next call.</summary>
    internal const int Tries = 4;

    /// <inheritdoc/>
    public async Task<ExportRecord> DeliverAsync(ExportNote note, ExportFolder folder, ExportRecord record, CancellationToken cancellation)
    {
        // Found before the file is read: what is not configured is told at once.
        var address = receiver();
        if (note.Batch is not { } size || note.Parts is not [var part])
            throw new EtlException(
                FaultKind.Usage,
                $"File {note.Sequence} of export '{note.Job}/{note.Export}' was made to be delivered as a file, and the job now posts. 'etl export make {note.Job} --export {note.Export} --full' makes one that can be posted.")
            { Code = "export-delivery" };
        await MadeFile.CopyAsync(note, folder, part, Stream.Null, cancellation).ConfigureAwait(false);
        var batches = (int)((note.Rows + size - 1) / size);
        using var lines = new StreamReader(folder[part.Name], new UTF8Encoding(false));
        for (var skip = (long)record.Batches * size; skip > 0; skip--) _ = await lines.ReadLineAsync(cancellation).ConfigureAwait(false);
        while (record.Batches < batches)
        {
            var number = record.Batches + 1;
            var body = await BodyAsync(note, lines, size, number, batches, cancellation).ConfigureAwait(false);
            await PostAsync(address, string.Create(CultureInfo.InvariantCulture, $"{note.Job}/{note.Export}/{note.Sequence}/{number}"), body, cancellation).ConfigureAwait(false);
            Failpoint.Hit("export.posted");
            var counted = record with { Batches = number };
            // Past the post: what the receiver has must be written down even when somebody wants to stop.
            if (!await store.ChangeExportAsync(counted, ExportState.Made, CancellationToken.None).ConfigureAwait(false))
                throw new EtlException(
                    FaultKind.Window, $"File {note.Sequence} of export '{note.Job}/{note.Export}' was given up or accepted by somebody else while it was posted. 'etl export list {note.Job}' shows how it stands.")
                { Code = "export-state" };
            record = counted;
        }
        return record;
    }

    private static async Task<byte[]> BodyAsync(ExportNote note, StreamReader lines, int size, int number, int batches, CancellationToken cancellation)
    {
        var body = new StringBuilder(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"job\":{JsonSerializer.Serialize(note.Job)},\"export\":{JsonSerializer.Serialize(note.Export)},\"sequence\":{note.Sequence},\"batch\":{number},\"of\":{batches},\"leads\":["));
        for (var row = 0; row < size && await lines.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line; row++) body.Append(row == 0 ? "" : ",").Append(line);
        return Encoding.UTF8.GetBytes(body.Append("]}").ToString());
    }

    private async Task PostAsync(WebhookReceiver address, string id, byte[] body, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await PostOnceAsync(address, id, body, cancellation).ConfigureAwait(false);
                return;
            }
            catch (EtlException fault) when (fault.IsTransient && tries < Tries)
            {
                await Task.Delay(waitAfter(tries), time, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task PostOnceAsync(WebhookReceiver address, string id, byte[] body, CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(WebhookRetry.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            await address.PostAsync(id, body, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new EtlException(
                FaultKind.Unreachable, string.Create(CultureInfo.InvariantCulture, $"Webhook '{name}' did not answer within {WebhookRetry.Timeout.TotalSeconds:0} s.")) { Code = WebhookReceiver.Code, IsTransient = true };
        }
    }
}

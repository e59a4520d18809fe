using System.Globalization;
using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Runs;
using Etl.Landing.Exports.Files;
using Etl.Landing.Stores;

namespace Etl.Landing.Exports.Delivery;

/// <summary>Puts files into a store as <c>&lt;job&gt;/&lt;export&gt;/&lt;file&gt;</c>, then their <c>.ok</c> objects. What is there is never replaced.</summary>
internal sealed class StoredDelivery(IObjectStore store) : IExportDelivery
{
    private const int Tries = 3;

    /// <inheritdoc/>
    public async Task<ExportRecord> DeliverAsync(ExportNote note, ExportFolder folder, ExportRecord record, CancellationToken cancellation)
    {
        foreach (var part in note.Parts)
        {
            await PutAsync(part.Name, "text/csv; charset=utf-8", Convert.FromHexString(part.Sha256), to => MadeFile.CopyAsync(note, folder, part, to, cancellation)).ConfigureAwait(false);
            Failpoint.Hit("export.stored");
        }
        foreach (var part in note.Parts)
        {
            var ok = note.OkOf(part);
            await PutAsync(part.Name + ExportFolder.Ok, "application/json", SHA256.HashData(ok), async to => await to.WriteAsync(ok, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        }
        return record;

        async Task PutAsync(string file, string type, byte[] sha256, Func<Stream, Task> write)
        {
            var name = $"{note.Job}/{note.Export}/{file}";
            try
            {
                for (var attempt = 1; !await IsThereAsync(name, sha256, cancellation).ConfigureAwait(false); attempt++)
                {
                    if (attempt > Tries)
                        throw new EtlException(FaultKind.Unreachable, $"'{store.Locate(name)}' could not be stored in {Tries} tries. It is tried again with the next run.") { Code = "export-store", IsTransient = true };
                    var by = new StagedBy(note.Sequence, string.Create(CultureInfo.InvariantCulture, $"{note.Export}-{note.Sequence}"));
                    var staged = await store.StageAsync(name, by, new ObjectFacts(type, new Dictionary<string, string>()), cancellation).ConfigureAwait(false);
                    await using (staged.ConfigureAwait(false))
                    {
                        await write(staged.Content).ConfigureAwait(false);
                        await staged.SealAsync(cancellation).ConfigureAwait(false);
                        if (await staged.CommitAsync(null, cancellation).ConfigureAwait(false) == CommitOutcome.Committed) return;
                    }
                }
            }
            catch (Exception fault) when (fault is not EtlException && store.Explain(fault, $"deliver file {note.Sequence} of export '{note.Job}/{note.Export}'", name) is { } explained)
            {
                throw explained;
            }
        }
    }

    private async Task<bool> IsThereAsync(string name, byte[] sha256, CancellationToken cancellation)
    {
        using var opened = await store.OpenAsync(name, cancellation).ConfigureAwait(false);
        if (opened is null) return false;
        if ((await SHA256.HashDataAsync(opened.Content, cancellation).ConfigureAwait(false)).AsSpan().SequenceEqual(sha256)) return true;
        throw new EtlException(
            FaultKind.Window, $"An object with other content stands at '{store.Locate(name)}'. It was not touched. Files of exports are never rewritten: move it away, and run again.") { Code = "export-name-taken" };
    }
}

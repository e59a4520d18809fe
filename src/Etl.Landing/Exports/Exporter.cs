using System.Security.Cryptography;
using System.Text;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Text;
using Etl.Landing.Exports.Delivery;
using Etl.Landing.Exports.Files;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports;

/// <summary>
/// Makes, delivers and accepts exports. One process at a time works on an export, under the lock of its folder; what an earlier one left half done is
/// finished or thrown away first:
/// <list type="number">
/// <item>New leads are written under temporary names, with the list of all leads, and synced.</item>
/// <item>The ledger gives the number. It is never given again.</item>
/// <item>A note says which temporary file becomes what. Before it a crash leaves what is thrown away, after it what is finished.</item>
/// <item>Files get their names, then their <c>.ok</c> files; then the ledger has them as made.</item>
/// <item>They are delivered, and accepted at once or when somebody says so. What the next export leaves out is what the newest accepted one lists.</item>
/// </list>
/// An export that cannot be delivered waits, and no newer one is made meanwhile: its rows would come twice.
/// </summary>
/// <param name="dataFolder">The data folder.</param>
/// <param name="joiner">Makes leads of what has landed.</param>
/// <param name="profiles">Profiles by name.</param>
/// <param name="store">Remembers exports.</param>
/// <param name="places">Finds receivers.</param>
/// <param name="time">The clock.</param>
public sealed class Exporter(string dataFolder, ILeadJoiner joiner, ICrmProfiles profiles, IExportStore store, ExportPlaces places, TimeProvider time) : IExporter
{
    // Another process may be posting to a slow receiver.
    private static readonly TimeSpan s_lockWait = TimeSpan.FromMinutes(15);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExportOutcome>> ExportAsync(JobDefinition job, bool full, CancellationToken cancellation) => ExportAsync(job, null, full, cancellation);

    /// <summary>The same for one export of the job only; for all where null.</summary>
    public async Task<IReadOnlyList<ExportOutcome>> ExportAsync(JobDefinition job, string? only, bool full, CancellationToken cancellation)
    {
        var outcomes = new List<ExportOutcome>();
        foreach (var export in job.Exports.Where(e => only is null || e.Name == only))
        {
            try
            {
                await ExportAsync(job, export, full, outcomes, cancellation).ConfigureAwait(false);
            }
            catch (EtlException fault)
            {
                outcomes.Add(new ExportOutcome(job.Name, export.Name, null, null, fault));
            }
            catch (Exception fault) when (DiskFaults.IsOne(fault))
            {
                outcomes.Add(new ExportOutcome(job.Name, export.Name, null, null, DiskFaults.Explain(fault, $"make export '{job.Name}/{export.Name}'", new ExportFolder(dataFolder, job.Name, export.Name).Path)));
            }
        }
        return outcomes;
    }

    /// <summary>Accepts a delivered file: later ones leave out what it held. Older ones that nobody accepted are dropped, since it covers them.</summary>
    /// <param name="job">Job.</param>
    /// <param name="export">Export.</param>
    /// <param name="sequence">Its number; null for the newest that is delivered.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="EtlException">There is none, or it stands otherwise; nothing was changed.</exception>
    public async Task<ExportRecord> AcceptAsync(string job, string export, long? sequence, CancellationToken cancellation)
    {
        var records = await store.ExportsAsync(job, export, 0, cancellation).ConfigureAwait(false);
        var record = sequence is null ? records.LastOrDefault(r => r.State == ExportState.Delivered) : records.FirstOrDefault(r => r.Sequence == sequence);
        if (record is { State: ExportState.Accepted }) return record;
        if (record is not { State: ExportState.Delivered })
            throw new EtlException(FaultKind.Usage, WhyNot(job, export, sequence, record, records)) { Code = "export-state" };
        if (!File.Exists(new ExportFolder(dataFolder, job, export).LeadsPath(record.Sequence)))
            throw new EtlException(
                FaultKind.Window,
                $"The list of what file {record.Sequence} of export '{job}/{export}' held is gone, so it cannot be accepted. 'etl export make {job} --export {export} --full' sends all leads once more.")
            { Code = "export-state" };
        var accepted = record with { State = ExportState.Accepted, AcceptedAt = time.GetUtcNow() };
        if (!await store.ChangeExportAsync(accepted, ExportState.Delivered, cancellation).ConfigureAwait(false))
            throw new EtlException(FaultKind.Window, $"Somebody else changed file {record.Sequence} of export '{job}/{export}' at this moment. 'etl export list {job}' shows how it stands.") { Code = "export-state" };
        await DropBeforeAsync(accepted, [ExportState.Made, ExportState.Delivered], CancellationToken.None).ConfigureAwait(false);
        return accepted;
    }

    private async Task ExportAsync(JobDefinition job, ExportSpec export, bool full, List<ExportOutcome> outcomes, CancellationToken cancellation)
    {
        var profile = profiles.Find(export.Profile) ?? throw new EtlException(
            FaultKind.Usage, $"Export '{job.Name}/{export.Name}' names the profile '{export.Profile}', which there is not.{Nearest.Hint(export.Profile, profiles.Names)}") { Code = "crm-profile" };
        var folder = new ExportFolder(dataFolder, job.Name, export.Name);
        folder.Create();
        using var held = await FolderLock.TakeAsync(folder.Path, s_lockWait, time, cancellation).ConfigureAwait(false);
        await RecoverAsync(job, export, folder, cancellation).ConfigureAwait(false);
        if (!full && !await DeliverWaitingAsync(job, export, folder, outcomes, cancellation).ConfigureAwait(false)) return;

        var accepted = await store.LastAcceptedAsync(job.Name, export.Name, cancellation).ConfigureAwait(false);
        var inputs = InputsOf(await joiner.InputsAsync(job, export, cancellation).ConfigureAwait(false), export, profile);
        var looked = $"{inputs} {accepted?.Sequence}";
        if (inputs is null || (!full && await IsKnownAsync(job, export, folder, inputs, looked, cancellation).ConfigureAwait(false)))
        {
            outcomes.Add(new ExportOutcome(job.Name, export.Name, null, null, null));
            return;
        }
        using var table = await joiner.JoinAsync(job, export, cancellation).ConfigureAwait(false);
        using var cut = new ExportCut(folder, export, profile, table);
        var all = full || !export.Delta || accepted is null;
        using (var before = Before(folder, accepted, full || !export.Delta)) cut.Write(table.Read(), before, all, cancellation);
        if (cut.Counts.Sent == 0)
        {
            folder.WriteState(folder.LookedPath, Encoding.UTF8.GetBytes(looked));
            outcomes.Add(new ExportOutcome(job.Name, export.Name, null, table.Counts, null) { Written = cut.Counts });
            return;
        }
        // Of the very rows that were read: more may have landed since the question above.
        var record = await NumberAsync(job, export, folder, cut, all ? null : accepted!.Sequence, InputsOf(table.Inputs, export, profile)!, cancellation).ConfigureAwait(false);
        if (full) await DropBeforeAsync(record, [ExportState.Made], cancellation).ConfigureAwait(false);
        outcomes.Add(await SettleAsync(export, folder, record, table.Counts, cut.Counts, cancellation).ConfigureAwait(false));
    }

    private async Task<ExportRecord> NumberAsync(
        JobDefinition job, ExportSpec export, ExportFolder folder, ExportCut cut, long? since, string inputs, CancellationToken cancellation)
    {
        var begun = await store.BeginExportAsync(job.Name, export.Name, cancellation).ConfigureAwait(false);
        Failpoint.Hit("export.numbered");
        return await FinishAsync(cut.Name(begun, since, inputs, time.GetUtcNow()), folder, begun).ConfigureAwait(false);
    }

    /// <summary>Finishes what an attempt that died had made ready, and throws the rest away. The lock is held: nobody is at work.</summary>
    private async Task RecoverAsync(JobDefinition job, ExportSpec export, ExportFolder folder, CancellationToken cancellation)
    {
        var accepted = await store.LastAcceptedAsync(job.Name, export.Name, cancellation).ConfigureAwait(false);
        foreach (var begun in await store.ExportsAsync(job.Name, export.Name, accepted?.Sequence ?? 0, cancellation).ConfigureAwait(false))
        {
            if (begun.State != ExportState.Begun) continue;
            if (ExportNote.Read(folder.NotePath(begun.Sequence)) is { } note)
            {
                await FinishAsync(note, folder, begun).ConfigureAwait(false);
                continue;
            }
            folder.Remove(begun.Sequence);
            await store.ChangeExportAsync(begun with { State = ExportState.Dropped }, ExportState.Begun, cancellation).ConfigureAwait(false);
        }
        folder.Sweep();
        if (accepted is not null) folder.Forget(accepted.Sequence);
    }

    private async Task<ExportRecord> FinishAsync(ExportNote note, ExportFolder folder, ExportRecord begun)
    {
        ExportFolder.Show(note, folder.Path);
        Failpoint.Hit("export.shown");
        var made = begun with
        {
            State = ExportState.Made, MadeAt = note.MadeAt, File = note.Parts[0].Name, Bytes = note.Bytes, Rows = note.Rows, Sha256 = ExportCut.HashOf(note), Inputs = note.Inputs, Leads = note.Leads,
        };
        await store.ChangeExportAsync(made, ExportState.Begun, CancellationToken.None).ConfigureAwait(false);
        Failpoint.Hit("export.made");
        return made;
    }

    /// <summary>Delivers what waits, oldest first; false when one could not be, and then no newer one may overtake it.</summary>
    private async Task<bool> DeliverWaitingAsync(JobDefinition job, ExportSpec export, ExportFolder folder, List<ExportOutcome> outcomes, CancellationToken cancellation)
    {
        var since = (await store.LastAcceptedAsync(job.Name, export.Name, cancellation).ConfigureAwait(false))?.Sequence ?? 0;
        foreach (var waiting in await store.ExportsAsync(job.Name, export.Name, since, cancellation).ConfigureAwait(false))
        {
            if (waiting.State != ExportState.Made) continue;
            outcomes.Add(await SettleAsync(export, folder, waiting, null, null, cancellation).ConfigureAwait(false));
            if (outcomes[^1].Fault is not null) return false;
        }
        return true;
    }

    /// <summary>Delivers a file and, where the job says so, accepts it.</summary>
    private async Task<ExportOutcome> SettleAsync(ExportSpec export, ExportFolder folder, ExportRecord record, LeadCounts? counts, ExportCounts? written, CancellationToken cancellation)
    {
        try
        {
            var note = ExportNote.Read(folder.NotePath(record.Sequence)) ?? throw new EtlException(
                FaultKind.Window,
                $"The note '{folder.NotePath(record.Sequence)}' of a file that waits to be delivered is gone. 'etl export make {record.Job} --export {record.Export} --full' makes a file of all leads in its place.")
            { Code = "export-state" };
            record = await places.Find(export.Deliver).DeliverAsync(note, folder, record, cancellation).ConfigureAwait(false);
        }
        catch (EtlException fault)
        {
            var now = (await store.ExportsAsync(record.Job, record.Export, record.Sequence, cancellation).ConfigureAwait(false)).FirstOrDefault(r => r.Sequence == record.Sequence);
            return new ExportOutcome(record.Job, record.Export, now ?? record, counts, fault) { Written = written };
        }
        Failpoint.Hit("export.delivered");
        record = export.AcceptAtOnce ? record with { State = ExportState.Accepted, AcceptedAt = time.GetUtcNow() } : record with { State = ExportState.Delivered };
        await store.ChangeExportAsync(record, ExportState.Made, CancellationToken.None).ConfigureAwait(false);
        Failpoint.Hit("export.settled");
        if (record.State == ExportState.Accepted)
        {
            await DropBeforeAsync(record, [ExportState.Made, ExportState.Delivered], CancellationToken.None).ConfigureAwait(false);
            folder.Forget(record.Sequence);
        }
        return new ExportOutcome(record.Job, record.Export, record, counts, null) { Written = written };
    }

    private async Task DropBeforeAsync(ExportRecord newer, ExportState[] states, CancellationToken cancellation)
    {
        var since = (await store.LastAcceptedAsync(newer.Job, newer.Export, cancellation).ConfigureAwait(false))?.Sequence ?? 0;
        foreach (var older in await store.ExportsAsync(newer.Job, newer.Export, Math.Min(since, 1), cancellation).ConfigureAwait(false))
            if (older.Sequence < newer.Sequence && states.Contains(older.State))
                await store.ChangeExportAsync(older with { State = ExportState.Dropped }, older.State, cancellation).ConfigureAwait(false);
    }

    /// <summary>True when the newest file, or the last look that found nothing, was of the same landed rows.</summary>
    private async Task<bool> IsKnownAsync(JobDefinition job, ExportSpec export, ExportFolder folder, string inputs, string looked, CancellationToken cancellation)
    {
        var since = (await store.LastAcceptedAsync(job.Name, export.Name, cancellation).ConfigureAwait(false))?.Sequence ?? 0;
        var newest = (await store.ExportsAsync(job.Name, export.Name, since, cancellation).ConfigureAwait(false)).LastOrDefault(r => r.State is ExportState.Made or ExportState.Delivered or ExportState.Accepted);
        return newest?.Inputs == inputs || (File.Exists(folder.LookedPath) && await File.ReadAllTextAsync(folder.LookedPath, cancellation).ConfigureAwait(false) == looked);
    }

    /// <summary>What was last accepted. For an export of all leads it only says what is gone: it may be missing then, and this is the way out when it is.</summary>
    private static LeadStateReader Before(ExportFolder folder, ExportRecord? accepted, bool mayBeMissing)
    {
        if (accepted is null) return LeadStateReader.OfNothing();
        try
        {
            return LeadStateReader.Open(folder.LeadsPath(accepted.Sequence), accepted.Leads, accepted.Export, accepted.Job);
        }
        catch (EtlException) when (mayBeMissing)
        {
            return LeadStateReader.OfNothing();
        }
    }

    private static string? InputsOf(string? leads, ExportSpec export, CrmProfile profile) =>
        leads is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{leads}\n{profile.TextHash}\n{export.Deliver is WebhookDelivery}")))[..32];

    private static string WhyNot(string job, string export, long? sequence, ExportRecord? record, IReadOnlyList<ExportRecord> records)
    {
        if (records.Count == 0) return $"Nothing was exported as '{job}/{export}' yet.";
        if (sequence is null) return $"No file of export '{job}/{export}' waits to be accepted. 'etl export list {job}' shows how they stand.";
        if (record is null) return $"Export '{job}/{export}' has no file {sequence}; it has {records[0].Sequence} to {records[^1].Sequence}.";
        var by = records.LastOrDefault(r => r.State == ExportState.Accepted && r.Sequence > sequence);
        return record.State == ExportState.Dropped && by is not null
            ? $"File {sequence} of export '{job}/{export}' was dropped: file {by.Sequence}, which was accepted, covers it."
            : $"File {sequence} of export '{job}/{export}' is {record.State.ToString().ToLowerInvariant()} and cannot be accepted; only a delivered one can.";
    }
}

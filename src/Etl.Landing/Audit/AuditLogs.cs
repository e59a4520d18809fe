using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Reading;
using Etl.Landing.Audit.Snapshots;
using Etl.Landing.Audit.TimeStamps;
using Etl.Landing.Connections;
using Etl.Landing.Stores.AzureBlob;

namespace Etl.Landing.Audit;

/// <summary>Finds audit logs by their names, in the data folder and in stores, and opens them with their keys.</summary>
/// <param name="dataFolder">The data folder; logs without a store lie in its <c>audit</c>, and so do the pinned keys of those in a container.</param>
/// <param name="connections">Stores and keys.</param>
/// <param name="time">The clock.</param>
/// <param name="warn">Takes one sentence that a person should read.</param>
public sealed class AuditLogs(string dataFolder, ConnectionSettings connections, TimeProvider time, Action<string> warn)
{
    private const string Folder = "audit";

    /// <summary>A log that a job names.</summary>
    /// <exception cref="EtlException">Its store is not configured.</exception>
    internal LogPlace Find(AuditLandSpec land)
    {
        if (land.Store is null) return OfFolder(land.Log, Path.Combine(dataFolder, Folder, land.Log));
        var store = connections.Store(land.Store);
        switch (store.Kind)
        {
            case "local":
                return OfFolder(land.Log, Path.Combine(store.Rest, Folder, land.Log));
            case "azure-blob":
                var address = BlobSetting.Read(store);
                address = address with { Prefix = $"{address.Prefix}{Folder}/{land.Log}/" };
                return new LogPlace(
                    land.Log, AuditPlace.OfStore(new BlobObjectStore(BlobApis.Of(address, time), address, time), time), new AuditPin(AuditPin.PathOf(Path.Combine(dataFolder, Folder, land.Store, land.Log))));
            default:
                throw store.Unknown("local", "azure-blob");
        }
    }

    /// <summary>The log in a folder.</summary>
    /// <exception cref="EtlException">There is none, or its checkpoint is damaged.</exception>
    internal async Task<LogPlace> FindAsync(string folder, CancellationToken cancellation)
    {
        if (!Directory.Exists(Path.Combine(folder, "log")))
            throw new EtlException(
                FaultKind.Usage, $"'{folder}' is no audit log: it has no folder 'log'. Name the folder that holds 'log' and 'snapshot', such as 'data/audit/compliance'.") { Code = "audit-folder" };
        var place = AuditPlace.OfFolder(folder, time);
        var checkpoint = await LogEntries.CheckpointAsync(place, cancellation);
        // The name that its keys are set by is the one that it began with, wherever the folder lies now.
        return OfFolder(checkpoint.Origin.Split('/')[1], folder);
    }

    /// <summary>Opens a log for writing.</summary>
    /// <exception cref="EtlException">No key is configured, or it cannot be used.</exception>
    internal AuditLog Open(LogPlace log)
    {
        var signer = AuditSigners.Open(connections.AuditKey(log.Name));
        return new AuditLog(log.Name, log.Place, signer, log.Pin, HttpTimeStamper.Of(connections.TimeStampAuthority()), $"etl {BuildFacts.Version.Split('+')[0]}", time, warn);
    }

    /// <summary>Takes a new key of a log into use, by an entry that the old one signs too.</summary>
    /// <param name="folder">The log.</param>
    /// <param name="setting">The new key as settings name it: <c>file:PATH</c>, <c>keyvault:https://…</c>.</param>
    /// <param name="cancellation">Stops before the entry is written.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="EtlException">One of the keys cannot be used, or the log is damaged.</exception>
    public async Task<long> RotateAsync(string folder, string setting, CancellationToken cancellation)
    {
        var colon = setting.IndexOf(':', StringComparison.Ordinal);
        using var next = AuditSigners.Open(new ConnectionValue("--to", colon > 0 ? setting[..colon] : "", setting[(colon + 1)..]));
        using var log = Open(await FindAsync(folder, cancellation));
        return (await log.RotateAsync(next, cancellation)).Sequence;
    }

    private LogPlace OfFolder(string name, string folder) => new(name, AuditPlace.OfFolder(folder, time), new AuditPin(AuditPin.PathOf(folder)));
}

/// <summary>Where a log is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Place">Its files.</param>
/// <param name="Pin">The key that it began with.</param>
internal sealed record LogPlace(string Name, AuditPlace Place, AuditPin Pin);

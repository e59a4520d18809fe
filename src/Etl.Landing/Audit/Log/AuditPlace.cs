using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// Where a log is: a folder of this machine, or a store. Everything but the checkpoint is created and never replaced. In a folder one writer works at a time, under a lock; in a store
/// writers meet at the entry, which only one of them can create.
/// </summary>
internal sealed class AuditPlace
{
    /// <summary>A writer may be copying large files.</summary>
    private static readonly TimeSpan s_lockWait = TimeSpan.FromMinutes(10);

    private readonly string? _folder;
    private readonly TimeProvider _time;

    private AuditPlace(IObjectStore store, string? folder, TimeProvider time) => (Store, _folder, _time) = (store, folder, time);

    public IObjectStore Store { get; }

    /// <summary>A folder.</summary>
    public static AuditPlace OfFolder(string folder, TimeProvider time) => new(new LocalObjectStore(folder, time, FolderLock.DefaultWait), Path.GetFullPath(folder), time);

    /// <summary>A store whose names are the log's.</summary>
    public static AuditPlace OfStore(IObjectStore store, TimeProvider time) => new(store, null, time);

    /// <summary>Where the log is, for people.</summary>
    public string Name => _folder ?? Store.Locate(AuditNames.Checkpoint)[..^("/" + AuditNames.Checkpoint).Length];

    /// <summary>Keeps other writers out of a folder, and removes what dead ones were writing.</summary>
    public async Task<IDisposable?> HoldAsync(CancellationToken cancellation)
    {
        if (_folder is null) return null;
        DurableFolder.Create(_folder);
        var held = await FolderLock.TakeAsync(_folder, s_lockWait, _time, cancellation);
        try
        {
            foreach (var inside in (string[])[AuditNames.Checkpoint, AuditNames.Entry(0), AuditNames.Key("x"), AuditNames.TimeStamp(0)])
                await Store.SweepAsync(inside, long.MaxValue - 1, cancellation);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>A small object and its version; null when there is none.</summary>
    public async Task<(byte[] Bytes, string Version)?> ReadAsync(string name, int most, CancellationToken cancellation)
    {
        while (true)
        {
            using var opened = await Store.OpenAsync(name, cancellation);
            if (opened is null) return null;
            if (opened.Info.Bytes > most) throw Damage(name, $"has {opened.Info.Bytes} bytes, more than {most}");
            var bytes = new byte[opened.Info.Bytes];
            try
            {
                await opened.Content.ReadExactlyAsync(bytes, cancellation);
                return (bytes, opened.Info.Version);
            }
            catch (Exception fault) when (Store.Explain(fault, "read", name)?.Code == StoreCode.Replaced)
            {
                // Another writer's checkpoint came in between: that is the one to read.
            }
        }
    }

    /// <summary>Creates an object. False when the name is taken by other bytes.</summary>
    public async Task<bool> CreateAsync(string name, byte[] bytes, StagedBy by, CancellationToken cancellation)
    {
        while (true)
        {
            if (await PutAsync(name, bytes, by, null, cancellation) == CommitOutcome.Committed) return true;
            // Our own success may have come back as a conflict, or not at all.
            if (await ReadAsync(name, int.MaxValue, cancellation) is { } found) return found.Bytes.AsSpan().SequenceEqual(bytes);
        }
    }

    /// <summary>Puts an object in place of the version that the caller looked at; see <see cref="IStagedObject.CommitAsync"/>.</summary>
    public async Task<CommitOutcome> PutAsync(string name, byte[] bytes, StagedBy by, string? expected, CancellationToken cancellation)
    {
        await using var staged = await Store.StageAsync(name, by, Facts(name), cancellation);
        await staged.Content.WriteAsync(bytes, cancellation);
        await staged.SealAsync(cancellation);
        return await staged.CommitAsync(expected, cancellation);
    }

    /// <summary>Copies a stream to a new object and says what it copied.</summary>
    public async Task<ManifestFile> CopyAsync(string name, string path, Func<Stream> open, StagedBy by, CancellationToken cancellation)
    {
        while (true)
        {
            await using var staged = await Store.StageAsync(name, by, Facts(name), cancellation);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using (var from = open())
            {
                var buffer = new byte[1 << 17];
                while (await from.ReadAsync(buffer, cancellation) is > 0 and var read)
                {
                    hash.AppendData(buffer.AsSpan(0, read));
                    await staged.Content.WriteAsync(buffer.AsMemory(0, read), cancellation);
                }
            }
            await staged.SealAsync(cancellation);
            var file = new ManifestFile(path, staged.Bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
            // The folder is this attempt's own: what is there under the name can only be ours.
            if (await staged.CommitAsync(null, cancellation) == CommitOutcome.Committed || await IsThereAsync(name, file, cancellation)) return file;
        }
    }

    /// <summary>True when an object is what a manifest says of it.</summary>
    public async Task<bool> IsThereAsync(string name, ManifestFile file, CancellationToken cancellation)
    {
        using var opened = await Store.OpenAsync(name, cancellation);
        return opened is not null && opened.Info.Bytes == file.Bytes && Convert.ToHexStringLower(await SHA256.HashDataAsync(opened.Content, cancellation)) == file.Sha256;
    }

    /// <summary>Removes what other attempts left of an entry's folder.</summary>
    public async Task RemoveRivalsAsync(long sequence, string folder, CancellationToken cancellation)
    {
        if (_folder is not null)
        {
            var snapshots = Path.Combine(_folder, AuditNames.Snapshots);
            foreach (var found in Directory.Exists(snapshots) ? Directory.GetDirectories(snapshots, AuditNames.Number(sequence) + "-*") : [])
                if (AuditNames.Snapshots + Path.GetFileName(found) != folder) Directory.Delete(found, recursive: true);
            return;
        }
        await foreach (var found in Store.ListAsync(AuditNames.FolderPrefix(sequence), cancellation))
            if (!found.Name.StartsWith(folder + "/", StringComparison.Ordinal)) await Store.DeleteAsync(found.Name, cancellation);
    }

    /// <summary>Removes an attempt's own folder.</summary>
    public async Task RemoveAsync(string folder, CancellationToken cancellation)
    {
        if (_folder is not null)
        {
            var path = Path.Combine(_folder, folder);
            if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
            return;
        }
        await foreach (var found in Store.ListAsync(folder + "/", cancellation)) await Store.DeleteAsync(found.Name, cancellation);
    }

    /// <summary>The fault of a log that is not what it must be.</summary>
    public EtlException Damage(string name, string found) => new(
        FaultKind.Window,
        $"The audit log at '{Name}' is damaged, and nothing is appended to a damaged log: '{name}' {found}. Find out what happened with 'etl audit verify'; to go on, bring the file back from a copy, or begin a new log under another name.")
        { Code = "audit-damaged" };

    private static ObjectFacts Facts(string name) => new(
        Path.GetExtension(name) switch
        {
            ".json" => "application/json",
            ".html" => "text/html; charset=utf-8",
            ".pem" => "application/x-pem-file",
            ".tsr" => "application/timestamp-reply",
            _ when name == AuditNames.Checkpoint => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        },
        new Dictionary<string, string>());
}

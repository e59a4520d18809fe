using System.Runtime.CompilerServices;
using Etl.Core.Errors;

namespace Etl.Landing.Stores.Local;

/// <summary>
/// Objects as files of a folder. Bytes are staged under a temporary name beside the final one and synced; a commit takes the lock of the
/// folder that the name begins with, compares versions, renames over and syncs the folder. The rename is the commit: before it every
/// reader has the old file, after it the new, and whoever has the old one open keeps it. Metadata has no place here and is dropped.
/// The folder itself may be a link; folders below it may not: nothing is written or removed through a link, and none is listed.
/// </summary>
/// <param name="root">The folder; made with the first object.</param>
/// <param name="time">Clock for waiting.</param>
/// <param name="lockWait">How long a commit waits for the lock.</param>
internal sealed class LocalObjectStore(string root, TimeProvider time, TimeSpan lockWait) : IObjectStore
{
    private static readonly IReadOnlyDictionary<string, string> s_noMetadata = new Dictionary<string, string>();
    private readonly string _root = Path.GetFullPath(root);

    /// <inheritdoc/>
    public string Locate(string name) => Path.Combine(_root, ObjectName.Check(name));

    /// <inheritdoc/>
    public Task<IStagedObject> StageAsync(string name, StagedBy by, ObjectFacts facts, CancellationToken cancellation)
    {
        var path = OwnPath(name);
        var folder = Path.GetDirectoryName(path)!;
        DurableFolder.Create(folder);
        return Task.FromResult<IStagedObject>(new LocalStagedObject(path, new TempFile(LocalTemp.NewPath(folder, by)), TakeLockAsync, name));
    }

    /// <inheritdoc/>
    public async Task<ObjectInfo?> LookAsync(string name, CancellationToken cancellation)
    {
        using var opened = await OpenAsync(name, cancellation);
        return opened?.Info;
    }

    /// <inheritdoc/>
    public Task<OpenedObject?> OpenAsync(string name, CancellationToken cancellation)
    {
        if (OpenFile(Locate(name)) is not { } stream) return Task.FromResult<OpenedObject?>(null);
        try
        {
            return Task.FromResult<OpenedObject?>(new OpenedObject(new ObjectInfo(LocalVersion.Of(stream.SafeFileHandle), stream.Length, s_noMetadata), stream));
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var above = prefix[..(prefix.LastIndexOf('/') + 1)];
        if (above.Length > 0) ObjectName.Check(above.TrimEnd('/'));
        foreach (var entry in Walk(Path.Combine(_root, above), above, prefix))
        {
            cancellation.ThrowIfCancellationRequested();
            yield return entry;
        }
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellation)
    {
        var path = OwnPath(name);
        if (!File.Exists(path)) return false;
        using var held = await TakeLockAsync(name, cancellation);
        if (!File.Exists(path)) return false;
        File.Delete(path);
        DurableFolder.Sync(Path.GetDirectoryName(path)!);
        return true;
    }

    /// <inheritdoc/>
    public Task SettleAsync(string name, CancellationToken cancellation)
    {
        LocalStagedObject.SyncName(Locate(name));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task SweepAsync(string name, long upToFence, CancellationToken cancellation)
    {
        LocalTemp.Remove(Path.GetDirectoryName(OwnPath(name))!, upToFence);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public EtlException? Explain(Exception fault, string doing, string name) =>
        DiskFaults.IsOne(fault) ? DiskFaults.Explain(fault, doing, Locate(name)) : null;

    /// <summary>Opens a file for reading; null when there is none. A reader never keeps a writer from renaming over it, which Windows needs to be told.</summary>
    public static FileStream? OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    // A path that no link leads out of the store.
    private string OwnPath(string name)
    {
        var path = Locate(name);
        for (var folder = Path.GetDirectoryName(path)!; folder.Length > _root.Length; folder = Path.GetDirectoryName(folder)!)
            if (new DirectoryInfo(folder).LinkTarget is not null)
                throw new EtlException(
                    FaultKind.Window,
                    $"'{folder}' is a link to another folder, and nothing is written or removed through one. Move the folder back, or name a store of its own for the place that it leads to.")
                    { Code = "linked-folder" };
        return path;
    }

    private Task<IDisposable> TakeLockAsync(string name, CancellationToken cancellation)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        return FolderLock.TakeAsync(slash < 0 ? _root : Path.Combine(_root, name[..slash]), lockWait, time, cancellation);
    }

    // Folders sort with their slash, so that the order is that of the names.
    private static IEnumerable<ObjectEntry> Walk(string folder, string above, string prefix)
    {
        if (!Directory.Exists(folder)) yield break;
        var inside = new DirectoryInfo(folder).EnumerateFileSystemInfos()
            .Where(i => i.Name[0] != '.')
            .Select(i => (Name: above + i.Name + (i is DirectoryInfo ? "/" : ""), Info: i))
            .Where(i => i.Name.StartsWith(prefix, StringComparison.Ordinal) || (i.Info is DirectoryInfo && prefix.StartsWith(i.Name, StringComparison.Ordinal)))
            .OrderBy(i => i.Name, StringComparer.Ordinal);
        foreach (var (name, info) in inside)
        {
            if (info is FileInfo { Exists: true } file) yield return new ObjectEntry(name, file.Length);
            else if (info is DirectoryInfo { LinkTarget: null })
                foreach (var entry in Walk(info.FullName, name, prefix)) yield return entry;
        }
    }
}

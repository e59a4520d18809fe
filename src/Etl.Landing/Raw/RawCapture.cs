using Etl.Core.Disks;
using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Raw;

/// <summary>
/// One capture under way, in a folder of its own that a lock shows to be alive. Keeping it:
/// 1 make the bodies durable; 2 under the lock of all raw files, move those in that nobody had; 3 give the list of replies its name.
/// Before 3 nobody finds anything; bodies that were moved without a list are swept.
/// </summary>
internal sealed class RawCapture : IRawCapture
{
    private readonly RawFolders _folders;
    private readonly WindowKey _key;
    private readonly string _pull;
    private readonly TimeProvider _time;
    private readonly string _folder;
    private readonly IDisposable _alive;
    private readonly FileStream _entries;
    private readonly HashSet<string> _bodies = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private int _replies;
    private bool _ended;

    private RawCapture(RawFolders folders, WindowKey key, string pull, TimeProvider time, string folder, IDisposable alive)
    {
        (_folders, _key, _pull, _time, _folder, _alive) = (folders, key, pull, time, folder, alive);
        _entries = new FileStream(EntriesPath, FileMode.Create, FileAccess.ReadWrite, FileShare.None);
    }

    private string EntriesPath => Path.Combine(_folder, "replies");

    /// <summary>Begins; the caller holds the lock of all raw files.</summary>
    public static RawCapture Begin(RawFolders folders, WindowKey key, string pull, TimeProvider time)
    {
        var folder = Path.Combine(folders.Open, pull);
        Directory.CreateDirectory(folder);
        var alive = FolderLock.TryTake(folder) ?? throw new InvalidOperationException($"Pull '{pull}' is being captured already.");
        try
        {
            return new RawCapture(folders, key, pull, time, folder, alive);
        }
        catch
        {
            alive.Dispose();
            throw;
        }
    }

    public IRawReply Open(RawRequest request)
    {
        try
        {
            return new RawReplyWriter(Path.Combine(_folder, $"{Interlocked.Increment(ref _replies)}.tmp"), request, Add);
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "keep a raw reply", _folder);
        }
    }

    public async Task<string> KeepAsync(RawHead head, CancellationToken cancellation)
    {
        if (head.Key != _key || head.Pull != _pull) throw new ArgumentException($"The head is of pull '{head.Pull}', the capture of '{_pull}'.", nameof(head));
        var path = _folders.Index(_key, _pull);
        try
        {
            // 1
            foreach (var body in _bodies) SyncFile(OwnObject(body));
            using (await FolderLock.TakeAsync(_folders.Root, FolderLock.DefaultWait, _time, cancellation).ConfigureAwait(false))
            {
                // 2
                foreach (var folder in _bodies.Where(MoveIn).Select(b => Path.GetDirectoryName(_folders.Object(b))!).ToHashSet(StringComparer.Ordinal)) DurableFolder.Sync(folder);
                Failpoint.Hit("raw.moved");
                // 3
                DurableFolder.Create(Path.GetDirectoryName(path)!);
                using var list = new TempFile(Path.Combine(_folder, "list.tmp"));
                list.Stream.Write(RawIndex.Line(head));
                lock (_lock)
                {
                    _entries.Position = 0;
                    _entries.CopyTo(list.Stream);
                }
                list.Sync();
                list.Publish(path);
                DurableFolder.Sync(Path.GetDirectoryName(path)!);
                Failpoint.Hit("raw.kept");
            }
            return path;
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "keep the raw replies of a pull", path);
        }
    }

    public void Dispose()
    {
        if (_ended) return;
        _ended = true;
        _entries.Dispose();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            // Swept later, as what a dead process left.
        }
        _alive.Dispose();
    }

    private string OwnObject(string sha256) => Path.Combine(_folder, sha256 + RawFolders.ObjectExtension);

    private void Add(RawEntry entry, string file)
    {
        lock (_lock)
        {
            if (_ended) return;
            if (entry.Sha256 is { } body && _bodies.Add(body)) File.Move(file, OwnObject(body));
            else File.Delete(file);
            _entries.Write(RawIndex.Line(entry));
        }
    }

    private bool MoveIn(string body)
    {
        var path = _folders.Object(body);
        if (File.Exists(path)) return false;
        DurableFolder.Create(Path.GetDirectoryName(path)!);
        File.Move(OwnObject(body), path);
        return true;
    }

    private static void SyncFile(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        DiskSync.Flush(file, path);
    }
}

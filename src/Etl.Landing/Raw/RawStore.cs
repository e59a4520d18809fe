using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Raw;

/// <summary>Raw capture in the data folder; see <see cref="RawFolders"/> for its form.</summary>
public sealed class RawStore : IRawStore
{
    private readonly RawFolders _folders;
    private readonly TimeProvider _time;
    private readonly Action<string> _warn;

    /// <summary>Makes the store; folders are made when needed.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="time">Clock of waiting for locks.</param>
    /// <param name="warn">Takes one sentence that a person should read.</param>
    public RawStore(string dataFolder, TimeProvider time, Action<string>? warn = null) =>
        (_folders, _time, _warn) = (new RawFolders(dataFolder), time, warn ?? (_ => { }));

    /// <inheritdoc/>
    public async Task<IRawCapture> BeginAsync(WindowKey key, string pull, CancellationToken cancellation)
    {
        // A name that cannot be a path is refused here and not when the pull is done.
        _ = _folders.Index(key, pull);
        try
        {
            DurableFolder.Create(_folders.Root);
            // So that no sweep takes the folder for one that a dead process left, before it is locked.
            using var held = await FolderLock.TakeAsync(_folders.Root, FolderLock.DefaultWait, _time, cancellation).ConfigureAwait(false);
            return RawCapture.Begin(_folders, key, pull, _time);
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "begin the raw capture of a pull", _folders.Root);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<IRawRecording> Newest(string job, string label) =>
    [
        .. Indexes(_folders.PullsOf(job, label))
            .Select(path => new RawRecording(_folders, path, RawIndex.Head(path)))
            .Where(r => r.Head.Complete && r.Head.Key.Job == job && r.Head.Key.Label == label)
            .GroupBy(r => r.Head.Key)
            .Select(g => g.OrderBy(r => r.Head.PulledAt).ThenBy(r => r.Head.Pull, StringComparer.Ordinal).Last())
            .OrderBy(r => r.Head.Key.Source, StringComparer.Ordinal).ThenBy(r => r.Head.Key.Account, StringComparer.Ordinal),
    ];

    /// <inheritdoc/>
    public IRawRecording? Find(WindowKey key, string pull)
    {
        var path = _folders.Index(key, pull);
        if (!File.Exists(path)) return null;
        var head = RawIndex.Head(path);
        return head.Key == key && head.Pull == pull ? new RawRecording(_folders, path, head) : null;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Labels(string job) =>
        [.. Indexes(_folders.PullsOf(job)).Select(RawIndex.Head).Where(h => h.Complete).Select(h => h.Key.Label).Distinct().Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    /// <remarks>
    /// Bodies come into the store and leave it under one lock, and a list is published under the lock that its bodies came in
    /// under: so a body without a list is surely an orphan. A damaged list keeps all bodies, since what it named is not known.
    /// </remarks>
    public async Task SweepAsync(string job, DateTimeOffset completeBefore, DateTimeOffset failedBefore, Func<IReadOnlyCollection<string>> needed, CancellationToken cancellation)
    {
        if (!Directory.Exists(_folders.Root)) return;
        try
        {
            using var held = await FolderLock.TakeAsync(_folders.Root, FolderLock.DefaultWait, _time, cancellation).ConfigureAwait(false);
            var removed = RemoveOld(job, completeBefore, failedBefore, needed());
            var dead = RemoveDeadCaptures();
            if (removed || dead) RemoveOrphans();
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault) || fault is EtlException)
        {
            _warn($"Old raw replies of job '{job}' stay for now: {(fault is EtlException known ? known : DiskFaults.Explain(fault, "remove them", _folders.Root)).Message}");
        }
    }

    private bool RemoveOld(string job, DateTimeOffset completeBefore, DateTimeOffset failedBefore, IReadOnlyCollection<string> needed)
    {
        var removed = false;
        foreach (var path in Indexes(_folders.PullsOf(job)))
        {
            var head = RawIndex.Head(path);
            if (head.PulledAt >= (head.Complete ? completeBefore : failedBefore) || needed.Contains(head.Pull)) continue;
            File.Delete(path);
            removed = true;
            RemoveEmpty(Path.GetDirectoryName(path)!);
        }
        if (removed) RemoveEmpty(_folders.PullsOf(job));
        return removed;
    }

    private bool RemoveDeadCaptures()
    {
        var removed = false;
        foreach (var folder in Folders(_folders.Open))
        {
            using var dead = TakeDead(folder);
            if (dead is null) continue;
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (DirectoryNotFoundException)
            {
                // Its process was about to remove it and did.
            }
            removed = true;
        }
        return removed;
    }

    // Null while its process lives, or just removes the folder itself: its lock file may go between a look and the next.
    private static IDisposable? TakeDead(string folder)
    {
        try
        {
            return FolderLock.TryTake(folder);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private void RemoveOrphans()
    {
        var named = Indexes(_folders.Pulls).SelectMany(RawIndex.Entries).Select(e => e.Sha256).OfType<string>().ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Folders(_folders.Objects))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*" + RawFolders.ObjectExtension))
                if (!named.Contains(Path.GetFileNameWithoutExtension(file))) File.Delete(file);
            RemoveEmpty(folder);
        }
    }

    private static void RemoveEmpty(string folder)
    {
        if (Directory.Exists(folder) && !Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
    }

    private static string[] Folders(string folder) => Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];

    private static string[] Indexes(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.GetFiles(folder, "*" + RawFolders.IndexExtension, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}

using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Quarantine;

/// <summary>
/// Rows that cannot be typed as <c>&lt;data&gt;/quarantine/&lt;job&gt;/&lt;label&gt;/&lt;pull&gt;.parquet</c>, with a temporary name until the pull is
/// whole; see <see cref="QuarantineFile"/> for its form. Thread safe.
/// </summary>
public sealed class QuarantineStore : IQuarantineStore
{
    private const string Finished = ".parquet", Unfinished = ".tmp";

    private readonly string _quarantine;

    /// <summary>Makes the store; folders are made when needed.</summary>
    public QuarantineStore(string dataFolder) => _quarantine = Path.Combine(Path.GetFullPath(dataFolder), "quarantine");

    /// <inheritdoc/>
    public IQuarantineWriter Begin(WindowKey key, string pull, DateTimeOffset at)
    {
        var folder = FolderOf(key);
        PathNames.Check("pull", pull);
        return new QuarantineWriter(Path.Combine(folder, $".{pull}{Unfinished}"), Path.Combine(folder, pull + Finished), key, pull, at);
    }

    /// <inheritdoc/>
    public IReadOnlyList<QuarantinedPull> List(string job) => Files(Path.Combine(_quarantine, PathNames.Check("job", job)), SearchOption.AllDirectories);

    /// <inheritdoc/>
    public IReadOnlyList<QuarantinedPull> List(WindowKey key) => [.. Files(FolderOf(key), SearchOption.TopDirectoryOnly).Where(p => p.Key == key)];

    /// <inheritdoc/>
    public IEnumerable<RefusedRow> Read(WindowKey key, string pull) => QuarantineFile.Read(PathOf(key, pull));

    /// <inheritdoc/>
    public void Remove(WindowKey key, string pull)
    {
        var path = PathOf(key, pull);
        if (!File.Exists(path)) return;
        Guarded("remove rows from quarantine", path, () =>
        {
            File.Delete(path);
            RemoveEmpty(Path.GetDirectoryName(path)!);
        });
    }

    /// <inheritdoc/>
    public void Sweep(WindowKey key)
    {
        var folder = FolderOf(key);
        if (!Directory.Exists(folder)) return;
        Guarded("remove what a killed run left", folder, () =>
        {
            foreach (var left in Directory.GetFiles(folder, ".*" + Unfinished, new EnumerationOptions { AttributesToSkip = 0 }))
            {
                try
                {
                    // Other sources of the job may write here now: a file that is being written is locked.
                    using (new FileStream(left, FileMode.Open, FileAccess.ReadWrite, FileShare.None)) File.Delete(left);
                }
                catch (IOException)
                {
                    // In use, or swept by another run.
                }
            }
            RemoveEmpty(folder);
        });
    }

    // A file that a run has just thrown away is no longer there to be listed.
    private static List<QuarantinedPull> Files(string folder, SearchOption depth)
    {
        if (!Directory.Exists(folder)) return [];
        return Guarded("list the quarantine", folder, () => Directory.GetFiles(folder, "*" + Finished, depth)
            .Select(QuarantineFile.Look).OfType<QuarantinedPull>()
            .OrderBy(p => p.Key.Label, StringComparer.Ordinal).ThenBy(p => p.Key.Source, StringComparer.Ordinal).ThenBy(p => p.Key.Account, StringComparer.Ordinal)
            .ThenBy(p => p.At).ThenBy(p => p.Pull, StringComparer.Ordinal)
            .ToList());
    }

    private string FolderOf(WindowKey key) => Path.Combine(_quarantine, PathNames.Check("job", key.Job), PathNames.Check("window label", key.Label));

    private string PathOf(WindowKey key, string pull) => Path.Combine(FolderOf(key), PathNames.Check("pull", pull) + Finished);

    // Another run may put a file there in between, or have removed the folder: then it stays, or is gone already.
    private static void RemoveEmpty(string folder)
    {
        try
        {
            if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        }
        catch (IOException)
        {
        }
    }

    private static void Guarded(string doing, string path, Action work) => Guarded(doing, path, () =>
    {
        work();
        return true;
    });

    private static T Guarded<T>(string doing, string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, doing, path);
        }
    }
}

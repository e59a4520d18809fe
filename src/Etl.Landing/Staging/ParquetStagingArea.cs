using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Staging;

/// <summary>
/// Pulls on disk between source and targets: <c>&lt;data&gt;/staged/&lt;pull&gt;.parquet</c>, with a temporary name until
/// complete. A finished file carries its whole commit record in the footer, so a target may publish its very bytes. What a pull
/// restates waits beside it, a file for each pull that is published somewhere: <c>&lt;data&gt;/staged/&lt;pull&gt;.restates/&lt;published pull&gt;.parquet</c>.
/// </summary>
public sealed class ParquetStagingArea : IStagingArea
{
    private const string Finished = ".parquet", Unfinished = ".tmp", Restates = ".restates";
    private readonly string _folder;

    /// <summary>Makes the area; the folder is made with the first pull.</summary>
    /// <param name="dataFolder">The data folder.</param>
    public ParquetStagingArea(string dataFolder)
    {
        _folder = Path.Combine(Path.GetFullPath(dataFolder), "staged");
    }

    /// <inheritdoc/>
    /// <exception cref="EtlException">The folder or file cannot be written.</exception>
    public IStagingWriter Begin(WindowKey key, Window window, string pull, DateTimeOffset pulledAt, TableSchema report, bool withAccount) =>
        new ParquetStagingWriter(TemporaryPath(pull), FinalPath(pull), key, window, pull, pulledAt, report, withAccount);

    /// <inheritdoc/>
    /// <exception cref="EtlException">The staged file is damaged; the message says what to do.</exception>
    public IStagedPull? Open(string pull) => Look(FinalPath(pull)) is { } found ? new ParquetStagedPull(found.Path, found.Record) : null;

    /// <inheritdoc/>
    /// <exception cref="EtlException">The folder or file cannot be written.</exception>
    public IStagingWriter BeginRestatement(IStagedPull staged, Window window, string previousPull, TableSchema difference) => new ParquetStagingWriter(
        Path.Combine(RestatesFolder(staged.Stamp.Pull), "." + PathNames.Check("pull", previousPull) + Unfinished),
        RestatementPath(staged.Stamp.Pull, previousPull),
        staged.Key, window, staged.Stamp.Pull, staged.Stamp.PulledAt, difference, staged.Schema.IndexOf(SystemColumns.Account.Name) >= 0);

    /// <inheritdoc/>
    /// <exception cref="EtlException">The file is damaged; the message says what to do.</exception>
    public IRestatement? OpenRestatement(string pull, string previousPull) => Look(RestatementPath(pull, previousPull)) is { } found
        ? new StagedRestatement(new ParquetStagedPull(found.Path, found.Record), previousPull)
        : null;

    private static (string Path, CommitRecord Record)? Look(string path)
    {
        try
        {
            var file = LandedFile.Look(path);
            return file.Condition switch
            {
                FileCondition.Absent => null,
                FileCondition.Good => (path, file.Record!),
                _ => throw new EtlException(
                    FaultKind.Window,
                    $"The staged pull '{path}' is damaged: {file.Why}. Delete it and run its window again; what is published was not touched.")
                    { Code = "staged-damaged" },
            };
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, "read a staged pull", path);
        }
    }

    /// <inheritdoc/>
    public void Remove(string pull)
    {
        var restates = RestatesFolder(pull);
        // Last what the pull is found by: whatever a kill leaves is removed with it later. So the folder must be gone first, whoever removes it.
        while (Directory.Exists(restates)) UnlessGone(() => Directory.Delete(restates, recursive: true));
        UnlessGone(() => File.Delete(TemporaryPath(pull)));
        UnlessGone(() => File.Delete(FinalPath(pull)));
    }

    // Another process may remove the same at the same time.
    private static void UnlessGone(Action delete)
    {
        try
        {
            delete();
        }
        catch (Exception fault) when (fault is DirectoryNotFoundException or FileNotFoundException)
        {
            // It is gone, as was asked for.
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List()
    {
        if (!Directory.Exists(_folder)) return [];
        var names = Directory.EnumerateFiles(_folder).Select(f => Path.GetFileName(f)).ToList();
        var finished = names.Where(n => n.EndsWith(Finished, StringComparison.Ordinal)).Select(n => n[..^Finished.Length]);
        var unfinished = names.Where(n => n.StartsWith('.') && n.EndsWith(Unfinished, StringComparison.Ordinal))
            .Select(n => n[1..^Unfinished.Length]);
        return [.. finished.Concat(unfinished).Distinct().Where(PathNames.IsGood).Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public void Sweep()
    {
        if (!Directory.Exists(_folder)) return;
        foreach (var folder in Directory.EnumerateDirectories(_folder, "*" + Restates))
        {
            // They are made after their pull and removed before it, so nobody is at work on what stands alone.
            var pull = Path.GetFileName(folder)[..^Restates.Length];
            if (PathNames.IsGood(pull) && !File.Exists(FinalPath(pull))) UnlessGone(() => Directory.Delete(folder, recursive: true));
        }
    }

    private string FinalPath(string pull) => Path.Combine(_folder, PathNames.Check("pull", pull) + Finished);

    private string RestatesFolder(string pull) => Path.Combine(_folder, PathNames.Check("pull", pull) + Restates);

    private string RestatementPath(string pull, string previousPull) => Path.Combine(RestatesFolder(pull), PathNames.Check("pull", previousPull) + Finished);

    private string TemporaryPath(string pull) => Path.Combine(_folder, "." + PathNames.Check("pull", pull) + Unfinished);
}

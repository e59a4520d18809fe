using System.Globalization;
using Etl.Core.Jobs;

namespace Etl.Cli.Composition;

/// <summary>Jobs of a folder for a server that looks at it every few seconds: files that did not change are not read again.</summary>
/// <param name="path">The folder, or one file.</param>
/// <param name="read">Reads and checks all files; throws when they have faults.</param>
/// <param name="time">The clock.</param>
internal sealed class JobFolder(string path, Func<IReadOnlyList<JobDefinition>> read, TimeProvider time)
{
    // A file system may not tell two changes of one moment apart: what changed just now is read again.
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(5);

    private string? _seen;
    private IReadOnlyList<JobDefinition> _jobs = [];

    /// <summary>The jobs as their files are now.</summary>
    public IReadOnlyList<JobDefinition> Read()
    {
        var looks = Look();
        if (looks is not null && looks == _seen) return _jobs;
        _seen = null;
        _jobs = read();
        _seen = looks;
        return _jobs;
    }

    /// <summary>Names, sizes and times of all files in one text; null where they changed just now, or cannot be told.</summary>
    private string? Look()
    {
        try
        {
            var files = (Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories) : [new FileInfo(path)])
                .OrderBy(f => f.FullName, StringComparer.Ordinal).ToList();
            var newest = time.GetUtcNow().UtcDateTime - s_settled;
            return files.Any(f => f.LastWriteTimeUtc > newest)
                ? null
                : string.Join('\n', files.Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

using System.Security.Cryptography;
using System.Text;
using Etl.Core.Catalog;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>
/// Reads job files. Checks everything that can be known without asking the service or opening a target, and lists every
/// fault of every file at once, each with its line and column. Touches nothing.
/// </summary>
public static class JobFileReader
{
    /// <summary>The largest job file. A job is a page; a megabyte is some other file.</summary>
    public const int MaxFileBytes = 1024 * 1024;

    /// <summary>Reads one job file, or every <c>.yaml</c> and <c>.yml</c> file of a folder (not of folders in it) in the order of their names.</summary>
    /// <param name="pathOrDirectory">A file or a folder. A path that does not exist is a fault, not an exception.</param>
    /// <param name="catalog">Resolves reports and knows filter fields and columns.</param>
    /// <param name="rules">The client's own rules for sources; null checks only what the catalogue knows.</param>
    /// <param name="targets">Names landings; null uses <see cref="LandNames"/>.</param>
    /// <param name="profiles">Knows the profiles of exports; null does not judge them.</param>
    public static JobSet Load(string pathOrDirectory, ICatalog catalog, ISourceRules? rules = null, ITargetFactory? targets = null, ICrmProfiles? profiles = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(pathOrDirectory);
        var drafts = new List<JobDraft>();
        if (Directory.Exists(pathOrDirectory))
        {
            try
            {
                foreach (var file in FilesOf(pathOrDirectory)) drafts.Add(Read(file, catalog, rules, profiles));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                drafts.Add(Unreadable(pathOrDirectory, e.Message));
            }
        }
        else
        {
            drafts.Add(Read(pathOrDirectory, catalog, rules, profiles));
        }
        return Finish(drafts, targets);
    }

    /// <summary>Reads one job from text, with the same checks as a file.</summary>
    /// <param name="yaml">Text of the job.</param>
    /// <param name="file">Name for messages.</param>
    /// <param name="catalog">Resolves reports and knows filter fields and columns.</param>
    /// <param name="rules">The client's own rules for sources, or null.</param>
    /// <param name="targets">Names landings, or null.</param>
    /// <param name="profiles">Knows the profiles of exports, or null.</param>
    public static JobSet Parse(
        string yaml, string file, ICatalog catalog, ISourceRules? rules = null, ITargetFactory? targets = null, ICrmProfiles? profiles = null) =>
        Finish([Draft(yaml, new FaultList(file), catalog, rules, profiles)], targets);

    private static IEnumerable<string> FilesOf(string directory) =>
        Directory.EnumerateFiles(directory)
            .Where(f => Path.GetExtension(f) is ".yaml" or ".yml" && !Path.GetFileName(f).StartsWith('.'))
            .Order(StringComparer.Ordinal);

    private static JobDraft Read(string path, ICatalog catalog, ISourceRules? rules, ICrmProfiles? profiles)
    {
        var faults = new FaultList(path.Replace('\\', '/'));
        try
        {
            return JobText.Read(path, MaxFileBytes, faults) is { } text ? Draft(text, faults, catalog, rules, profiles) : new JobDraft(faults);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Unreadable(path, "There is no such file or folder.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unreadable(path, $"It could not be read: {e.Message}");
        }
    }

    private static JobDraft Unreadable(string path, string message)
    {
        var faults = new FaultList(path.Replace('\\', '/'));
        faults.Add(new Place(0, 0), "$", message);
        return new JobDraft(faults);
    }

    private static JobDraft Draft(string text, FaultList faults, ICatalog catalog, ISourceRules? rules, ICrmProfiles? profiles)
    {
        var root = YamlTree.Read(text, faults);
        if (root is YamlMap map)
        {
            var draft = new JobReader(catalog, rules, profiles, faults).Read(map);
            draft.Job = draft.Job is null ? null : draft.Job with { TextHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))) };
            return draft;
        }
        if (root is not null and not YamlBroken) faults.At(root, $"A job file is a map that begins with 'job: <name>', not {Words.Kind(root)}.");
        return new JobDraft(faults);
    }

    private static JobSet Finish(List<JobDraft> drafts, ITargetFactory? targets)
    {
        Collisions.FindNames(drafts);
        Collisions.FindLandings(drafts, targets is null ? LandNames.Of : targets.NameOf);
        return new JobSet(
            [.. drafts.Where(d => d.Faults.Faults.Count == 0 && d.Job is not null).Select(d => d.Job!)],
            [.. drafts.SelectMany(d => d.Faults.Faults
                .OrderBy(f => f.Line).ThenBy(f => f.Column)
                .Select(f => f with { Job = d.Name }))]);
    }
}

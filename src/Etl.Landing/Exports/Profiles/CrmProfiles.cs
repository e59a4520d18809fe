using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports.Profiles;

/// <summary>The ready-made profiles of this build, and those of <c>schemas/crm/*.json</c> in the jobs folder. A file is read when it is asked for. Thread safe.</summary>
public sealed class CrmProfiles : ICrmProfiles
{
    private const string Prefix = "crm/", Extension = ".json";

    private static readonly ConcurrentDictionary<string, CrmProfile> s_readyMade = new(StringComparer.Ordinal);

    private readonly string? _folder;

    /// <summary>Makes the list.</summary>
    /// <param name="jobsFolder">The jobs folder; null for the ready-made profiles only.</param>
    public CrmProfiles(string? jobsFolder) => _folder = jobsFolder is null ? null : Path.Combine(Path.GetFullPath(jobsFolder), "schemas", "crm");

    /// <summary>Names of the ready-made profiles, ordinally.</summary>
    public static IReadOnlyList<string> ReadyMade { get; } =
        [.. typeof(CrmProfiles).Assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).Select(n => n[Prefix.Length..]).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IReadOnlyList<string> Names => [.. ReadyMade.Concat(Own()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public CrmProfile? Find(string name)
    {
        if (ReadyMade.Contains(name)) return s_readyMade.GetOrAdd(name, OfThisBuild);
        // Looked up in the list of files, so that a name with slashes is just not there.
        if (!Own().Contains(name)) return null;
        var path = Path.Combine(_folder!, name + Extension);
        try
        {
            return CrmProfileReader.Read(name, File.ReadAllBytes(path), path);
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, $"read the profile '{name}'", path);
        }
    }

    private static CrmProfile OfThisBuild(string name)
    {
        using var stream = typeof(CrmProfiles).Assembly.GetManifestResourceStream(Prefix + name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return CrmProfileReader.Read(name, bytes.ToArray(), name);
    }

    private List<string> Own()
    {
        if (_folder is null || !Directory.Exists(_folder)) return [];
        var names = Directory.EnumerateFiles(_folder, "*" + Extension).Select(Path.GetFileNameWithoutExtension).OfType<string>().ToList();
        // A name that means one thing here and another there would let a job change its form by a file that somebody forgot.
        if (names.Find(ReadyMade.Contains) is { } taken)
            throw new EtlException(FaultKind.Usage, $"'{Path.Combine(_folder, taken + Extension)}' has the name of the ready-made profile '{taken}'. Give the file a name of its own, and name that in the job.")
            { Code = "crm-profile" };
        return names;
    }
}

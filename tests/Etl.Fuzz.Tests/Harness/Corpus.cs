using System.Security.Cryptography;
using Etl.Testing;

namespace Etl.Fuzz.Tests.Harness;

/// <summary>
/// The inputs kept in the repository, below <c>corpus/&lt;target&gt;/</c>: <c>seed</c> is written by the seed maker, <c>kept</c> holds inputs of other origin, and <c>found</c>
/// those that once broke a promise, each under its hash.
/// </summary>
internal static class Corpus
{
    public const string Seeds = "seed", Kept = "kept", Found = "found";

    public static string Root { get; } = Repository.PathOf("tests", "Etl.Fuzz.Tests", "corpus");

    public static string FolderOf(FuzzTarget target, string part) => Path.Combine(Root, target.Name, part);

    /// <summary>All inputs of a target in the order of their paths.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Of(FuzzTarget target) => [.. Of(target, Found), .. Of(target, Kept), .. Of(target, Seeds), .. target.Elsewhere()];

    public static IEnumerable<(string Name, byte[] Bytes)> Of(FuzzTarget target, string part)
    {
        var folder = FolderOf(target, part);
        return Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).Select(f => ($"{part}/{Path.GetFileName(f)}", File.ReadAllBytes(f)))
            : [];
    }

    /// <summary>Keeps an input that broke a promise and returns its path; it belongs in the repository together with the mend.</summary>
    public static string Keep(FuzzTarget target, byte[] input)
    {
        var path = Path.Combine(FolderOf(target, Found), Convert.ToHexStringLower(SHA256.HashData(input))[..12]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, input);
        return path;
    }
}

using System.Text.RegularExpressions;
using Etl.Testing;

namespace Etl.Core.Tests.Architecture;

/// <summary>The C# files of the repository, without what builds leave behind.</summary>
internal static partial class SourceFiles
{
    /// <summary>Files below a top folder, as paths from the root with forward slashes.</summary>
    public static IEnumerable<string> Below(string folder) =>
        Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(Repository.Root, f).Replace('\\', '/'))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    /// <summary>Lines of a file.</summary>
    public static string[] Lines(string file) => File.ReadAllLines(Repository.PathOf(file));

    /// <summary>A line without its comment and without what stands in quotes, as far as a line alone can tell.</summary>
    public static string CodeOf(string line) => line.TrimStart().StartsWith("//", StringComparison.Ordinal) ? "" : Comment().Replace(Quoted().Replace(line, "\"\""), "");

    [GeneratedRegex("""
        "(\\.|[^"\\])*"
        """)]
    private static partial Regex Quoted();

    [GeneratedRegex("//.*$")]
    private static partial Regex Comment();
}

using System.Security.Cryptography;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>Copies of folders and what is in them.</summary>
internal static class Folders
{
    private static readonly EnumerationOptions s_all = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };

    /// <summary>Copies a folder with all that is in it.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from, "*", s_all)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.EnumerateFiles(from, "*", s_all)) File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    /// <summary>Every file, hidden ones too, as relative paths in order.</summary>
    public static IReadOnlyList<string> Files(string folder) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*", s_all).Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)] : [];

    /// <summary>Every file but databases with a hash of what it holds.</summary>
    public static IReadOnlyList<string> Content(string folder) =>
        [.. Files(folder).Where(f => !f.Contains(".db", StringComparison.Ordinal)).Select(f => f + " " + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, f)))))];
}

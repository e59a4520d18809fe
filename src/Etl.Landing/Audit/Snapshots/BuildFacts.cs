using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>Which build of etl this is.</summary>
internal static class BuildFacts
{
    private static readonly Lazy<string> s_hash = new(() => Hash(AppContext.BaseDirectory));

    /// <summary>
    /// One hash for all assemblies of this build, as <c>LC_ALL=C sha256sum Etl.*.dll etl.dll | sha256sum</c> in its folder gives it; where they are not files, the id that
    /// the compiler gave this one.
    /// </summary>
    public static string Hash() => s_hash.Value;

    /// <summary>The version with the revision that it was built from, where that is known.</summary>
    public static string Version { get; } = typeof(BuildFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    internal static string Hash(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*.dll").Select(f => Path.GetFileName(f))
            .Where(f => f == "etl.dll" || f.StartsWith("Etl.", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0) return $"module {typeof(BuildFacts).Module.ModuleVersionId:n}";
        var lines = new StringBuilder();
        foreach (var file in files)
        {
            using var bytes = File.OpenRead(Path.Combine(folder, file));
            lines.Append(Convert.ToHexStringLower(SHA256.HashData(bytes))).Append("  ").Append(file).Append('\n');
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }
}

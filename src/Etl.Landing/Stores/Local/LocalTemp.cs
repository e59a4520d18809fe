using System.Globalization;

namespace Etl.Landing.Stores.Local;

/// <summary>
/// Temporary files beside an object's file: <c>.&lt;fence&gt;-&lt;pull&gt;-&lt;attempt&gt;.tmp</c>. The attempt is random: a worker that
/// lost its lease may still be writing the very pull that its successor lands, and must not write into the file that the
/// successor is about to rename.
/// </summary>
internal static class LocalTemp
{
    private const string Suffix = ".tmp";

    public static string NewPath(string folder, StagedBy by)
    {
        PathNames.Check("pull", by.Pull);
        var attempt = Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
        return Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $".{by.Fence}-{by.Pull}-{attempt}{Suffix}"));
    }

    /// <summary>Removes temporary files up to a fence. A higher fence belongs to a newer lease, whose work is not ours to touch.</summary>
    public static void Remove(string folder, long upToFence)
    {
        if (!Directory.Exists(folder)) return;
        foreach (var path in Directory.EnumerateFiles(folder, ".*" + Suffix))
            if (FenceOf(Path.GetFileName(path)) <= upToFence) File.Delete(path);
    }

    private static long FenceOf(string name)
    {
        var end = name.IndexOf('-', StringComparison.Ordinal);
        return end > 0 && long.TryParse(name.AsSpan(1, end - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var fence)
            ? fence
            : long.MaxValue;
    }
}

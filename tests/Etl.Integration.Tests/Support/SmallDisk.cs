using System.ComponentModel;
using System.Diagnostics;

namespace Etl.Integration.Tests.Support;

/// <summary>A file system of a few megabytes in memory, mounted on a folder: it can be full, or read-only. Linux, as root.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string _folder;

    private SmallDisk(string folder) => _folder = folder;

    private string Filler => Path.Combine(_folder, "filler");

    /// <summary>Mounts it; skips the test where that is not allowed.</summary>
    public static SmallDisk Mount(string folder, int megabytes)
    {
        Directory.CreateDirectory(folder);
        Skip.IfNot(Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", folder), "A small disk can only be mounted on Linux as root.");
        return new SmallDisk(folder);
    }

    /// <summary>Writes until there is no byte left.</summary>
    public void Fill()
    {
        // Without a buffer of its own, so that the last write fits exactly.
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        foreach (var size in new[] { 64 << 10, 4 << 10, 1 })
        {
            try
            {
                while (true) file.Write(new byte[size]);
            }
            catch (IOException)
            {
                // Full for pieces of this size.
            }
        }
    }

    public void Free() => File.Delete(Filler);

    public void ReadOnly(bool on) => Assert.True(Run("mount", "-o", on ? "remount,ro" : "remount,rw", _folder));

    public void Dispose() => Run("umount", "-l", _folder);

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program) { RedirectStandardError = true };
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

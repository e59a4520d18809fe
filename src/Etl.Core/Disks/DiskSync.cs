using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Etl.Core.Disks;

/// <summary>
/// Puts the bytes of files on the disk. .NET's own calls for it (<c>Flush(flushToDisk: true)</c>, <c>RandomAccess.FlushToDisk</c>) take no notice of a disk that refuses
/// (seen with .NET 10.0.12 on Linux: an <c>fsync</c> that answers EIO raises nothing), and what was never written would count as kept.
/// </summary>
public static class DiskSync
{
    private const int Interrupted = 4;

    /// <summary>Writes what is buffered, and waits until all bytes of the file are on the disk.</summary>
    /// <exception cref="IOException">
    /// The disk refused: what it holds of the file is not known, and a second try would not tell. Write another file. <see cref="Exception.HResult"/> is the system's error.
    /// </exception>
    public static void Flush(FileStream file)
    {
        file.Flush();
        Flush(file.SafeFileHandle, file.Name);
    }

    /// <summary>Waits until all bytes of a file are on the disk.</summary>
    /// <param name="file">The file, open for writing.</param>
    /// <param name="path">Its path, for the message.</param>
    /// <exception cref="IOException">As above.</exception>
    public static void Flush(SafeFileHandle file, string path)
    {
        if (OperatingSystem.IsWindows())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }
        while (FSync(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw new IOException($"The disk did not take what was written to '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
        }
        // There the call above does not reach through the disk's own cache, and this one does.
        if (OperatingSystem.IsMacOS()) RandomAccess.FlushToDisk(file);
    }

    // Generated marshalling needs unsafe code, which this project does without.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FSync(SafeFileHandle file);
#pragma warning restore SYSLIB1054
}

using System.Globalization;
using System.Text;
using Etl.Core.Disks;
using Etl.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace Etl.Landing.Stores.Local;

/// <summary>
/// One holder at a time for a folder, over all processes of this machine: an exclusive handle on <c>.lock</c> inside it.
/// The system frees it when the process dies, so there is no time after which it may be broken. The file stays.
/// </summary>
internal static class FolderLock
{
    /// <summary>How long to wait by default; a holder only reads a footer, renames and syncs.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(2), s_longest = TimeSpan.FromMilliseconds(100);

    /// <summary>Takes the lock; dispose the result to give it back.</summary>
    /// <exception cref="EtlException">It stayed taken for the whole wait, or the disk refused.</exception>
    public static async Task<IDisposable> TakeAsync(string folder, TimeSpan wait, TimeProvider time, CancellationToken cancellation)
    {
        var path = Path.Combine(folder, ".lock");
        var start = time.GetTimestamp();
        var pause = s_shortest;
        while (true)
        {
            try
            {
                if (TakeFile(path) is { } held) return held;
            }
            catch (Exception fault) when (DiskFaults.IsOne(fault))
            {
                throw DiskFaults.Explain(fault, "take the lock", path);
            }
            if (time.GetElapsedTime(start) >= wait)
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not take the lock '{path}' within {wait.TotalSeconds:0} s: {Holder(path)} holds it. "
                    + "Wait for it, or stop it if it hangs; the lock goes with its process. Nothing was changed.") { Code = "locked", IsTransient = true };
            // Full jitter, so that waiters do not knock in step.
            await Task.Delay(s_shortest + Random.Shared.NextDouble() * pause, time, cancellation);
            pause = pause * 2 < s_longest ? pause * 2 : s_longest;
        }
    }

    /// <summary>Takes the lock if nobody has it; null when somebody does.</summary>
    /// <exception cref="IOException">The disk refused, or the folder is gone.</exception>
    public static IDisposable? TryTake(string folder) => TakeFile(Path.Combine(folder, ".lock"));

    private static FileStream? TakeFile(string path)
    {
        var file = ExclusiveFile.TryOpen(path);
        if (file is null) return null;
        try
        {
            file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId,-12}")));
        }
        catch (IOException)
        {
            // Only tells those that wait who has it. On a full disk the lock holds all the same.
        }
        return file;
    }

    private static string Holder(string path)
    {
        const string unknown = "another process";
        if (OperatingSystem.IsWindows()) return unknown;
        // Opened past FileStream, which would wait for the very lock that is asked about.
        using var handle = new SafeFileHandle(LibC.OpenToRead(path), ownsHandle: true);
        if (handle.IsInvalid) return unknown;
        var text = new byte[64];
        return Encoding.ASCII.GetString(text, 0, RandomAccess.Read(handle, text, 0)).Trim() is { Length: > 0 } holder ? holder : unknown;
    }
}

using System.Runtime.InteropServices;
using Etl.Core.Errors;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports.Files;

/// <summary>
/// Gives whole files names that are never taken from another file. A rename would replace what is there, and .NET's check before it is not exclusive
/// on Linux; a link fails when the name is taken.
/// </summary>
internal static class FreeName
{
    private const int NotPermitted = 1, Exists = 17, OtherDevice = 18, NoCall = 38, NotSupported = 95;

    /// <summary>
    /// Gives a synced temporary file its name. A name that a file with the same bytes has is fine: an earlier try gave it. The caller then syncs the folder, and after
    /// that removes the temporary name: were it gone first, a loss of power could leave neither.
    /// </summary>
    /// <exception cref="EtlException">Another file has the name; it was not touched.</exception>
    /// <exception cref="IOException">The file system refused.</exception>
    public static void Give(string temporary, string path)
    {
        // Given by an earlier try, which died before it was told.
        if (!File.Exists(temporary) && File.Exists(path)) return;
        if (!TryLink(temporary, path) && !IsSame(temporary, path))
            throw new EtlException(
                FaultKind.Window, $"A file with other content stands at '{path}'. It was not touched. Files of exports are never rewritten: move it away, and run again.") { Code = "export-name-taken" };
    }

    private static bool TryLink(string temporary, string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            if (LibC.Link(temporary, path) == 0) return true;
            var error = Marshal.GetLastPInvokeError();
            if (error == Exists) return false;
            if (error is not (NotPermitted or OtherDevice or NoCall or NotSupported))
                throw new IOException($"Could not give '{temporary}' the name '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
        }
        // No links here (some network file systems): all who write exports hold the folder's lock, so the look before the rename is enough among us.
        if (File.Exists(path)) return false;
        File.Move(temporary, path, overwrite: false);
        return true;
    }

    private static bool IsSame(string temporary, string path)
    {
        using FileStream a = Open(temporary), b = Open(path);
        if (a.Length != b.Length) return false;
        byte[] one = new byte[1 << 16], other = new byte[1 << 16];
        while (true)
        {
            var length = a.ReadAtLeast(one, one.Length, throwOnEndOfStream: false);
            if (length != b.ReadAtLeast(other, other.Length, throwOnEndOfStream: false) || !one.AsSpan(0, length).SequenceEqual(other.AsSpan(0, length))) return false;
            if (length == 0) return true;
        }
    }

    private static FileStream Open(string path) => new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
}

using System.Runtime.InteropServices;

namespace Etl.Landing.Stores.Local;

/// <summary>
/// Makes names durable. A rename or a new file survives a power loss only when its folder was synced, which .NET has no
/// call for. On Windows this does nothing: its file systems log names themselves.
/// </summary>
public static class DurableFolder
{
    /// <summary>Makes a folder with its parents, and every new name in them durable.</summary>
    public static void Create(string path)
    {
        if (Directory.Exists(path)) return;
        var parent = Path.GetDirectoryName(Path.GetFullPath(path));
        if (parent is not null) Create(parent);
        Directory.CreateDirectory(path);
        if (parent is not null) Sync(parent);
    }

    /// <summary>Waits until the names in a folder are on the disk.</summary>
    /// <exception cref="IOException">The system refused: the names may be lost with the power.</exception>
    public static void Sync(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = LibC.OpenToRead(path);
        if (handle < 0) throw Fault("open", path);
        try
        {
            if (LibC.FSync(handle) != 0) throw Fault("sync", path);
        }
        finally
        {
            _ = LibC.Close(handle);
        }
    }

    private static IOException Fault(string doing, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"Could not {doing} the folder '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }
}

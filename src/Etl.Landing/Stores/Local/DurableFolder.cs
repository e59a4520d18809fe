using System.Runtime.InteropServices;
using System.Text;

namespace Etl.Landing.Stores.Local;

/// <summary>
/// Makes names durable. A rename or a new file survives a power loss only when its folder was synced, which .NET has no
/// call for. On Windows this does nothing: its file systems log names themselves.
/// </summary>
internal static class DurableFolder
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
        // Read-only is all a folder allows. O_DIRECTORY has another value on every processor and is not needed.
        var handle = Open(Encoding.UTF8.GetBytes(path + '\0'), flags: 0);
        if (handle < 0) throw Fault("open", path);
        try
        {
            if (FSync(handle) != 0) throw Fault("sync", path);
        }
        finally
        {
            _ = Close(handle);
        }
    }

    private static IOException Fault(string doing, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"Could not {doing} the folder '{path}': {Marshal.GetPInvokeErrorMessage(error)}.", error);
    }

    // Generated marshalling needs unsafe code, which this project does without; nothing here needs marshalling.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FSync(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
#pragma warning restore SYSLIB1054
}

using System.Runtime.InteropServices;
using System.Text;

namespace Etl.Landing.Stores.Local;

/// <summary>The system calls that .NET has no way to make: it opens no folder, locks every file it opens, and gives no file a name that must be free. Not on Windows.</summary>
internal static class LibC
{
    /// <summary>A handle for reading, or a negative number. O_DIRECTORY has another value on every processor and is not needed.</summary>
    public static int OpenToRead(string path) => Open(Encoding.UTF8.GetBytes(path + '\0'), flags: 0);

    /// <summary>Gives a file a further name, which must be free; 0 when it did.</summary>
    public static int Link(string path, string further) => Link(Encoding.UTF8.GetBytes(path + '\0'), Encoding.UTF8.GetBytes(further + '\0'));

    // Generated marshalling needs unsafe code, which this project does without; nothing here needs marshalling.
#pragma warning disable SYSLIB1054
    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int FSync(int handle);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static extern int Close(int handle);

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link(byte[] path, byte[] further);
#pragma warning restore SYSLIB1054
}

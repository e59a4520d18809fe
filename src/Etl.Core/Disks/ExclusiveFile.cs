namespace Etl.Core.Disks;

/// <summary>Files that one process at a time has open. The system gives them free when the process dies.</summary>
public static class ExclusiveFile
{
    // HResult of an IOException on Unix is the errno: EAGAIN, which is 11 on Linux and 35 on macOS. On Windows it is 0x8007 and the system's code.
    private const int TakenLinux = 11, TakenMac = 35, SharingWindows = unchecked((int)0x80070020), LockedWindows = unchecked((int)0x80070021);

    /// <summary>Opens a file for nobody else, making it when missing; null when somebody has it.</summary>
    /// <exception cref="IOException">The disk refused: the file is not taken.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written, or is a folder.</exception>
    public static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException fault) when (fault.HResult is TakenLinux or TakenMac or SharingWindows or LockedWindows)
        {
            return null;
        }
    }
}

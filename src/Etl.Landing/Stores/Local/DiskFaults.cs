using Etl.Core.Errors;

namespace Etl.Landing.Stores.Local;

/// <summary>Says the file system's faults in words.</summary>
internal static class DiskFaults
{
    // HResult of an IOException on Unix is the errno; on Windows 0x8007 and the system's code.
    private const int NoSpaceUnix = 28, QuotaUnix = 122, NoSpaceWindows = unchecked((int)0x80070070);

    /// <summary>True for the exceptions that a file system raises.</summary>
    public static bool IsOne(Exception fault) => fault is IOException or UnauthorizedAccessException;

    public static EtlException Explain(Exception fault, string doing, string path)
    {
        var full = fault is IOException && fault.HResult is NoSpaceUnix or QuotaUnix or NoSpaceWindows;
        var help = full ? "The disk is full: free some space and run again."
            : fault is UnauthorizedAccessException ? "Check that the folder may be written by this user, or choose another one with --data."
            : "Check that the folder exists, may be written and that its disk is well; then run again.";
        return new EtlException(FaultKind.Window, $"Could not {doing} at '{path}': {fault.Message} {help}", fault)
        {
            Code = full ? "disk-full" : "disk",
            IsTransient = fault is IOException and not DirectoryNotFoundException and not PathTooLongException,
        };
    }
}

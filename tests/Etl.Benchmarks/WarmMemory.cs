using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Etl.Benchmarks;

/// <summary>
/// Memory that the system has at hand for who is measured. A virtual machine may give back to its host what nobody uses, in pieces of 2 MiB, every two
/// seconds: on one, a page that has to come from the host again costs 9 microseconds of system time, one that was in use just now 1.5 to 3. Whether a run
/// met those seconds decided its figures. Linux.
/// </summary>
internal static unsafe class WarmMemory
{
    private const nuint Bytes = 1 << 30;

    // From <sys/mman.h>.
    private const int ReadWrite = 3, PrivateAnonymous = 0x22, DoNotNeed = 4;

    // One page of so many stays ours, so that what is free between them is too small to be given back.
    private const uint HeldOf = 128;

    private static byte* s_memory;

    /// <summary>Takes 1 GiB, and lets go of all but a page here and there until it is called again.</summary>
    internal static void Prepare()
    {
        if (s_memory != null) Check(munmap(s_memory, Bytes));
        s_memory = mmap(null, Bytes, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)s_memory == -1) throw new Win32Exception();
        var page = (nuint)Environment.SystemPageSize;
        for (nuint at = 0; at < Bytes; at += page) s_memory[at] = 1;
        for (nuint at = 0; at < Bytes; at += page * HeldOf) Check(madvise(s_memory + at + page, page * (HeldOf - 1), DoNotNeed));
    }

    private static void Check(int result)
    {
        if (result != 0) throw new Win32Exception();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern byte* mmap(void* address, nuint length, int protection, int flags, int file, long offset);

    [DllImport("libc", SetLastError = true)]
    private static extern int munmap(void* address, nuint length);

    [DllImport("libc", SetLastError = true)]
    private static extern int madvise(void* address, nuint length, int advice);
}

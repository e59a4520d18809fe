using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Etl.Fuzz.Tests.Harness;

/// <summary>Processor time of this thread, which other work on the machine does not lengthen; wall time where the system does not tell it.</summary>
internal static unsafe partial class ThreadClock
{
    private const int ThreadCpuTime = 3; // CLOCK_THREAD_CPUTIME_ID of Linux

    public static TimeSpan Now
    {
        get
        {
            // Seconds and nanoseconds.
            var time = stackalloc long[2];
            return OperatingSystem.IsLinux() && GetTime(ThreadCpuTime, time) == 0 ? TimeSpan.FromTicks((time[0] * TimeSpan.TicksPerSecond) + (time[1] / 100)) : Stopwatch.GetElapsedTime(0);
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, long* time);
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Etl.Testing;

/// <summary>What a person or the system sends to a process.</summary>
public static class Signals
{
    private const int Sigint = 2, Sigterm = 15, Sigcont = 18;

    /// <summary>What Ctrl-C sends.</summary>
    public static void Interrupt(Process process) => Assert.Equal(0, Kill(process.Id, Sigint));

    /// <summary>What systemd, compose and <c>kill</c> send.</summary>
    public static void Terminate(Process process) => Assert.Equal(0, Kill(process.Id, Sigterm));

    /// <summary>Lets a stopped process go on.</summary>
    public static void Continue(Process process) => Assert.Equal(0, Kill(process.Id, Sigcont));

    /// <summary>Waits until the system has stopped a process: it does nothing until it is let go on.</summary>
    public static async Task StoppedAsync(Process process)
    {
        if (!await StopsAsync(process)) Assert.Fail($"The process ended with exit code {process.ExitCode} before it was stopped.");
    }

    /// <summary>Waits until the system has stopped a process; false when the process ended before that.</summary>
    public static async Task<bool> StopsAsync(Process process)
    {
        var clock = Stopwatch.StartNew();
        while (!IsStopped(process))
        {
            if (process.HasExited) return false;
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "The process was not stopped within two minutes.");
            await Task.Delay(20);
        }
        return true;
    }

    private static bool IsStopped(Process process)
    {
        try
        {
            // The state stands behind the name, which may hold anything.
            var stat = File.ReadAllText($"/proc/{process.Id}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].StartsWith('T');
        }
        catch (IOException)
        {
            return false;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}

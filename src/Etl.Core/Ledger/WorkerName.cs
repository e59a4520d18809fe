using System.Diagnostics;
using System.Globalization;

namespace Etl.Core.Ledger;

/// <summary>
/// Names of workers in leases: <c>machine/process/start/number</c>. On its own machine a name tells whether its process is
/// still there, so that a run after a crash need not wait for the dead run's lease to end. That only saves time: what
/// keeps rows safe is the fence at the target.
/// </summary>
public static class WorkerName
{
    // Clocks are set right some time after a machine is started.
    private static readonly TimeSpan s_clockSlack = TimeSpan.FromMinutes(1);

    private static int s_last;

    /// <summary>A new name for a worker of this process.</summary>
    public static string New()
    {
        using var self = Process.GetCurrentProcess();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.MachineName}/{self.Id}/{self.StartTime.ToUniversalTime().Ticks}/{Interlocked.Increment(ref s_last)}");
    }

    /// <summary>True when the worker surely ended: it was a process of this machine that is no longer there.</summary>
    public static bool IsGone(string name)
    {
        var parts = name.Split('/');
        if (parts.Length != 4 || parts[0] != Environment.MachineName
            || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(parts[2], CultureInfo.InvariantCulture, out var started)) return false;
        try
        {
            using var process = Process.GetProcessById(id);
            // A start time is read from a clock of 10 ms ticks; another process of the same number began later.
            return Math.Abs(process.StartTime.ToUniversalTime().Ticks - started) > TimeSpan.TicksPerSecond;
        }
        catch (ArgumentException)
        {
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    /// <summary>
    /// True when the worker's machine, this one, was started anew since the worker began: then the power went, or somebody restarted it, and whatever
    /// the worker had in hand is not to blame.
    /// </summary>
    /// <param name="name">The worker.</param>
    /// <param name="machineStarted">When this machine was started.</param>
    public static bool EndedWithMachine(string name, DateTimeOffset machineStarted)
    {
        var parts = name.Split('/');
        return parts.Length == 4 && parts[0] == Environment.MachineName
            && long.TryParse(parts[2], CultureInfo.InvariantCulture, out var started) && started < machineStarted.UtcTicks - s_clockSlack.Ticks;
    }

    /// <summary>When this machine was started, to some seconds.</summary>
    public static DateTimeOffset MachineStarted => TimeProvider.System.GetUtcNow() - TimeSpan.FromMilliseconds(Environment.TickCount64);
}

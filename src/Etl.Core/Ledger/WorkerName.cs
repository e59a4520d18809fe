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
}

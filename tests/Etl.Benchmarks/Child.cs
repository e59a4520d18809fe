using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Etl.Benchmarks;

/// <summary>Runs a program as a process of its own and watches what it takes: peak memory and processor time are its alone. Linux.</summary>
internal static class Child
{
    // Of getrusage: all children that ended and were waited for, with theirs.
    private const int Children = -1;

    /// <summary>What a run took.</summary>
    internal sealed record Run(int Exit, double Seconds, double CpuSeconds, double PeakMegabytes, string Output)
    {
        /// <summary>This run, or a fault with what the program said.</summary>
        internal Run Succeeded() => Exit == 0 ? this : throw new InvalidOperationException($"Exit code {Exit}: {Output}");
    }

    internal static Run Start(string program, string folder, IReadOnlyDictionary<string, string> environment, IEnumerable<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = input is not null,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var before = CpuSeconds();
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        double peak = 0;
        // It only grows: the last look before the end is short of the whole by at most its distance.
        while (!process.WaitForExit(5)) peak = Math.Max(peak, Peak(process.Id));
        var seconds = clock.Elapsed.TotalSeconds;
        return new Run(process.ExitCode, seconds, CpuSeconds() - before, peak, output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult());
    }

    // To the microsecond, with the children of children. One run at a time is what makes the difference that of one child.
    private static unsafe double CpuSeconds()
    {
        // struct rusage: user and system time as seconds and microseconds, then 14 counters.
        var usage = stackalloc long[18];
        if (getrusage(Children, usage) != 0) throw new InvalidOperationException("The system does not tell processor times.");
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [DllImport("libc")]
    private static extern unsafe int getrusage(int who, long* usage);

    private static double Peak(int process)
    {
        try
        {
            var peak = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            return peak is null ? 0 : double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}

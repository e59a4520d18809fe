using System.Diagnostics;
using System.Globalization;

namespace Etl.Benchmarks;

/// <summary>Runs a program as a process of its own and watches what it takes: peak memory and processor time are its alone. Linux.</summary>
internal static class Child
{
    // The kernel counts processor time in hundredths of a second.
    private const double TicksPerSecond = 100;

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
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (input is not null)
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        double peak = 0, cpu = 0;
        // Both figures only grow: the last look before the end is short of the whole by at most its distance.
        while (!process.WaitForExit(10)) (peak, cpu) = Look(process.Id) is var (p, c) && p > 0 ? (p, c) : (peak, cpu);
        return new Run(process.ExitCode, clock.Elapsed.TotalSeconds, cpu, peak, output.GetAwaiter().GetResult() + error.GetAwaiter().GetResult());
    }

    private static (double Peak, double Cpu) Look(int process)
    {
        try
        {
            var peak = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
            // Fields after the program's name in brackets; user and system time are the 12th and 13th of them.
            var times = File.ReadAllText($"/proc/{process}/stat").Split(") ")[^1].Split(' ');
            return peak is null ? default : (Number(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024 / 1e6, (Number(times[11]) + Number(times[12])) / TicksPerSecond);
        }
        catch (IOException)
        {
            return default;
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

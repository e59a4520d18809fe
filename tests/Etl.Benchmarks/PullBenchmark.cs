using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Etl.Testing.Files;

namespace Etl.Benchmarks;

/// <summary>
/// One large window through the whole program: the sandbox in a process of its own, <c>etl run</c> in another one, whose
/// memory is what counts. The table is past the service's cap, so the pull is split into parts.
/// </summary>
internal static class PullBenchmark
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "etl.dll");

    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        var rows = args.Length > 0 ? int.Parse(args[0], culture) : 1_000_000;
        var repeats = args.Length > 1 ? int.Parse(args[1], culture) : 3;
        Console.WriteLine(Machine.Describe());
        using var folder = new TempFolder();
        using var sandbox = Start(folder.Path, [], "sandbox", "--port", "0", "--json", "--days", "3", "--entries", rows.ToString(culture), "--users", "50000");
        try
        {
            var service = JsonDocument.Parse(sandbox.StandardOutput.ReadLine()!).RootElement;
            Dictionary<string, string> account = new()
            {
                ["KALTURA_SERVICE_URL"] = service.GetProperty("url").GetString()!,
                ["KALTURA_PARTNER_ID"] = service.GetProperty("partnerId").ToString(),
                ["KALTURA_ADMIN_SECRET"] = service.GetProperty("adminSecret").GetString()!,
            };
            Directory.CreateDirectory(Path.Combine(folder.Path, "jobs"));
            // The sandbox computes its tables on the first call; that is not what is measured.
            foreach (var (job, land) in (ReadOnlySpan<(string, string)>)[("warm", "parquet"), ("parquet", "parquet"), ("both", "parquet, SQLite")])
            {
                File.WriteAllText(Path.Combine(folder.Path, "jobs", $"{job}.yaml"), Job(job, land.Contains("SQLite", StringComparison.Ordinal)));
                for (var i = 0; i < (job == "warm" ? 1 : repeats); i++)
                {
                    var figures = Pull(folder.Path, account, job, rows);
                    if (job != "warm") Console.WriteLine($"{rows} rows to {land}: {figures}");
                }
            }
        }
        finally
        {
            sandbox.Kill();
        }
        return 0;
    }

    private static string Pull(string folder, Dictionary<string, string> account, string job, int rows)
    {
        var data = Path.Combine(folder, "data");
        var clock = Stopwatch.StartNew();
        using var process = Start(folder, account, "run", job, "--json");
        var output = process.StandardOutput.ReadToEndAsync();
        var (peak, cpu) = (0L, TimeSpan.Zero);
        while (!process.WaitForExit(50))
        {
            try
            {
                process.Refresh();
                (peak, cpu) = (Math.Max(peak, process.PeakWorkingSet64), process.TotalProcessorTime);
            }
            catch (InvalidOperationException)
            {
                // It has just ended: the last look counts.
            }
        }
        var line = output.Result.Split('\n')[0];
        var window = JsonDocument.Parse(line).RootElement;
        if (process.ExitCode != 0 || window.GetProperty("rows").GetInt64() != rows)
            throw new InvalidOperationException($"The run ended with {process.ExitCode}: {line}");
        Directory.Delete(data, recursive: true);
        return string.Create(CultureInfo.InvariantCulture, $"peak {peak / 1e6:F0} MB, {cpu.TotalSeconds:F1} cpu-s, {clock.Elapsed.TotalSeconds:F1} s");
    }

    private static string Job(string name, bool table) =>
        $$"""
        job: {{name}}
        source: { report: 38, action: table, filter: { playbackTypeIn: [vod, live] } }
        window: { every: day, timezone: UTC, lookback: 1, settle: 0h }
        land:
          - parquet: { dataset: {{name}} }
        {{(table ? $"  - table: {{ connection: warehouse, name: {name} }}" : "")}}
        checks: { totals: hold, tolerance: 0% }
        """;

    private static Process Start(string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true };
        start.ArgumentList.Add(s_program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}

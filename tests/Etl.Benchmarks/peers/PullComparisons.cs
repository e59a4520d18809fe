using System.Diagnostics;
using System.Globalization;
using Etl.Testing.Files;

namespace Etl.Benchmarks;

/// <summary>Whole programs over a service of our own: how full the line to a slow service is kept, and how a pull grows with its rows.</summary>
internal static class PullComparisons
{
    private const int Jobs = 20, Windows = 3, InFlight = 4, Rows = 2_000, PageSize = 500;

    // Below the cap of 60,000, past which a file is split.
    private const int FileRows = 59_000;

    private static readonly TimeSpan s_latency = TimeSpan.FromMilliseconds(200);

    internal static IEnumerable<Comparison> All(PeerData data) => [Rate(), Growth(data)];

    private static Comparison Rate()
    {
        var told = "";
        var ideal = 0.0;
        return new Comparison(
            "pull-rate",
            string.Create(CultureInfo.InvariantCulture, $"`etl serve`, {Jobs} jobs of {Windows} windows of {Rows} rows in pages of {PageSize}, a service that answers after {s_latency.TotalMilliseconds} ms, {InFlight} calls in flight; from the first call to the last landing."),
            "calls x latency / calls in flight.", [new(Figure.Wall, 1.08, 1.08)],
            _ =>
            {
                (var outcome, ideal, told) = ServeAsync().GetAwaiter().GetResult();
                return outcome;
            },
            _ => new Outcome(0, ideal, 0)) { Prove = () => told };
    }

    private static async Task<(Outcome Outcome, double Ideal, string Told)> ServeAsync()
    {
        using var folder = new TempFolder();
        await using var service = await SlowService.StartAsync(Rows, s_latency, InFlight);
        Directory.CreateDirectory(Path.Combine(folder.Path, "jobs"));
        for (var i = 1; i <= Jobs; i++)
            File.WriteAllText(Path.Combine(folder.Path, "jobs", $"job-{i:D2}.yaml"), $$"""
                job: job-{{i:D2}}
                schedule: { cron: "0 3 * * *" }
                source: { report: 38, action: table, pageSize: {{PageSize}} }
                window: { every: day, timezone: UTC, lookback: {{Windows}}, settle: 0h }
                land:
                  - parquet: { dataset: job_{{i:D2}} }
                """);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "etl.dll"), "serve", "--json", "--urls", "http://127.0.0.1:0"])
        {
            WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in FileServer.Account(service.Url)) start.Environment[name] = value;
        using var server = Process.Start(start)!;
        var error = server.StandardError.ReadToEndAsync();
        var landed = 0;
        while (landed < Jobs * Windows && await server.StandardOutput.ReadLineAsync() is { } line)
            if (line.Contains("\"state\":\"landed\"", StringComparison.Ordinal)) landed++;
        var seconds = service.SecondsUntilNow;
        var cpu = server.TotalProcessorTime.TotalSeconds;
        var peak = server.PeakWorkingSet64;
        server.Kill();
        await server.WaitForExitAsync();
        if (landed < Jobs * Windows) throw new InvalidOperationException($"{landed} windows landed: {await error}");
        var culture = CultureInfo.InvariantCulture;
        return (
            new Outcome(cpu, seconds, peak / (double)(1 << 20)),
            service.Calls * s_latency.TotalSeconds / InFlight,
            string.Create(culture, $"{service.Calls} calls; at most {service.Peak} were in flight, {InFlight} for {service.FullSeconds:0.0} of {service.Seconds:0.0} s."));
    }

    private static Comparison Growth(PeerData data) => new(
        "pull-growth", "`etl run` of a report file to Parquet, with raw capture.", "itself with a tenth of the rows, as long each.",
        [new(Figure.Cpu, 11, 10.3), new(Figure.Wall, 11, 10.3), new(Figure.Peak, 1.1, 1.1)],
        _ => Pull(data.Mebibytes * (1L << 20), FileRows),
        _ => Pull(data.Mebibytes * (1L << 20) / 10, FileRows / 10))
    {
        Prove = () => "",
    };

    private static Outcome Pull(long bytes, int rows)
    {
        using var folder = new TempFolder();
        using var server = new FileServer(bytes, rows);
        return Outcome.Of(DownloadBenchmark.Pull(folder, server, rows));
    }
}

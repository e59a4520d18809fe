using System.Globalization;
using Etl.Testing.Files;

namespace Etl.Benchmarks;

/// <summary>What a pull of one large report file takes, from the address to the published Parquet file: processor time and peak memory of the client process.</summary>
internal static class DownloadBenchmark
{
    // Below the cap of 60,000, past which a file is split.
    private const int Rows = 59_000;

    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        var megabytes = args.Length > 0 ? int.Parse(args[0], culture) : 1024;
        Console.WriteLine(Machine.Describe());
        foreach (var bytes in (long[])[megabytes * (1L << 20) / 4, megabytes * (1L << 20)])
        {
            using var folder = new TempFolder();
            using var server = new FileServer(bytes, Rows);
            var run = Pull(folder, server, Rows);
            var landed = new FileInfo(Path.Combine(folder.Path, "data", "parquet", "file", "date=2026-11-19", "data.parquet"));
            Console.WriteLine(string.Create(
                culture,
                $"  file of {server.FileBytes / 1e6:F0} MB, {Rows} rows: landed {landed.Length / 1e6:F0} MB in {run.Seconds:F1} s, {run.CpuSeconds:F2} cpu-seconds ({server.FileBytes / 1e6 / run.CpuSeconds:F0} MB each), peak {run.PeakMegabytes:F0} MB"));
        }
        return 0;
    }

    /// <summary>Pulls the file of a server into an empty folder.</summary>
    internal static Child.Run Pull(TempFolder folder, FileServer server, int rows)
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "jobs"));
        File.WriteAllText(Path.Combine(folder.Path, "jobs", "file.yaml"), """
            job: file
            source: { report: 38, action: csv }
            window: { every: day, timezone: UTC, lookback: 1, settle: 2h }
            land:
              - parquet: { dataset: file }
            """);
        var run = EtlChild.Start(folder.Path, FileServer.Account($"http://127.0.0.1:{server.Port}"), "run", "file", "--from", "2026-11-19", "--to", "2026-11-19", "--json").Succeeded();
        return run.Output.Contains(string.Create(CultureInfo.InvariantCulture, $"\"rows\":{rows}"), StringComparison.Ordinal) ? run : throw new InvalidOperationException(run.Output);
    }
}

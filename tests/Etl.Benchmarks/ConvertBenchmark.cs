using System.Globalization;
using System.Text;
using Etl.Parsing;
using Etl.Testing.Files;

namespace Etl.Benchmarks;

/// <summary>What <c>etl convert</c> takes for a large file with a schema: processor time and peak memory of its process.</summary>
internal static class ConvertBenchmark
{
    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        var megabytes = args.Length > 0 ? int.Parse(args[0], culture) : 1024;
        Console.WriteLine(Machine.Describe());
        using var folder = new TempFolder();
        var block = CsvBody.Rows(64_000_000, quoteAll: false, out var rows);
        File.WriteAllText(Path.Combine(folder.Path, "schema.yaml"), "columns:\n" + string.Concat(TableBody.Header.Select((name, i) => $"  - {{ name: {name}, type: {Type(TableBody.Formats[i])} }}\n")));
        foreach (var times in (int[])[Math.Max(1, megabytes / 256), Math.Max(1, (int)Math.Round(megabytes * (double)(1 << 20) / block.Length))])
        {
            var path = Path.Combine(folder.Path, "in.csv");
            using (var file = File.Create(path))
            {
                file.Write(Encoding.UTF8.GetBytes(string.Join(',', TableBody.Header) + "\n"));
                for (var i = 0; i < times; i++) file.Write(block);
            }
            var bytes = new FileInfo(path).Length;
            var run = EtlChild.Start(folder.Path, new Dictionary<string, string>(), "convert", "in.csv", "out.parquet", "--schema", "schema.yaml", "--json");
            if (run.Exit != 0 || !run.Output.Contains($"\"rows\":{rows * times},", StringComparison.Ordinal)) throw new InvalidOperationException($"exit {run.Exit}: {run.Output}");
            Console.WriteLine(string.Create(
                culture,
                $"  {bytes / 1e6:F0} MB, {rows * times} rows: {new FileInfo(Path.Combine(folder.Path, "out.parquet")).Length / 1e6:F0} MB in {run.Seconds:F1} s, {run.CpuSeconds:F2} cpu-seconds ({bytes / 1e6 / run.CpuSeconds:F0} MB each), peak {run.PeakMegabytes:F0} MB"));
        }
        return 0;
    }

    private static string Type(CellFormat format) => format switch
    {
        CellFormat.Integer => "int64",
        CellFormat.Number => "double",
        CellFormat.DayId => "date-id",
        CellFormat.UnixSeconds => "unix-seconds",
        _ => "text",
    };
}

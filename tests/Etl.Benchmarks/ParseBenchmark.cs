using System.Diagnostics;
using System.Globalization;
using Etl.Core.Columns;
using Etl.Parsing;

namespace Etl.Benchmarks;

/// <summary>How fast a getTable body in memory becomes typed batches, on one core.</summary>
internal static class ParseBenchmark
{
    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        var megabytes = args.Length > 0 ? int.Parse(args[0], culture) : 50;
        var repeats = args.Length > 1 ? int.Parse(args[1], culture) : 15;
        Console.WriteLine(Machine.Describe());
        var columns = TableBody.Header.Select((name, i) => new Column(name, CellFormats.TypeOf(TableBody.Formats[i])!.Value));
        var plan = new TablePlan(new TableSchema(columns), TableBody.Formats, [.. Enumerable.Range(0, TableBody.Header.Length)]);
        foreach (var escapeAll in (bool[])[false, true])
        {
            var body = TableBody.Make(megabytes * 1_000_000L, escapeAll, out var rows);
            Console.WriteLine(string.Create(culture, $"{(escapeAll ? "as the service escapes it" : "raw UTF-8")}: {body.Length / 1e6:F1} MB, {rows} rows of {TableBody.Header.Length} cells"));
            foreach (var batchRows in (int[])[1024, 4096, 16384])
                Measure(body, rows, plan, batchRows, repeats);
        }
        return 0;
    }

    private static void Measure(byte[] body, long rows, TablePlan plan, int batchRows, int repeats)
    {
        var reader = new ReportTableReader(new ReportTableOptions { BatchRows = batchRows });
        var times = new List<double>();
        long allocated = 0;
        // Three rounds of warming: methods compile in tiers.
        for (var i = -3; i < repeats; i++)
        {
            using var stream = new MemoryStream(body);
            var bytes = GC.GetTotalAllocatedBytes(precise: true);
            var start = CpuSeconds();
            var reply = reader.ReadAsync(stream, _ => plan, (_, _) => ValueTask.CompletedTask, f => throw new InvalidOperationException(f.ToString()), default).GetAwaiter().GetResult();
            var seconds = CpuSeconds() - start;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            if (reply.Rows != rows) throw new InvalidOperationException($"{reply.Rows} rows of {rows}");
            if (i >= 0) times.Add(seconds);
        }
        times.Sort();
        var median = times[times.Count / 2];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  batches of {batchRows,5}: median {body.Length / 1e6 / median:F0} MB per cpu-second (best {body.Length / 1e6 / times[0]:F0}), {median * 1e9 / rows:F0} ns/row, {allocated} bytes allocated"));
    }

    private static double CpuSeconds() => Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds;
}

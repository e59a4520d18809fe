using System.Globalization;
using Etl.Core.Columns;
using Etl.Parsing;

namespace Etl.Benchmarks;

/// <summary>How fast CSV text becomes typed batches, on one core: a report file (every cell quoted) and a plain file with a header.</summary>
internal static class CsvBenchmark
{
    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        var megabytes = args.Length > 0 ? int.Parse(args[0], culture) : 50;
        var repeats = args.Length > 1 ? int.Parse(args[1], culture) : 9;
        Console.WriteLine(Machine.Describe());
        var columns = TableBody.Header.Select((name, i) => new Column(name, CellFormats.TypeOf(TableBody.Formats[i])!.Value));
        var plan = new TablePlan(new TableSchema(columns), TableBody.Formats, [.. Enumerable.Range(0, TableBody.Header.Length)]);

        var quoted = CsvBody.Rows(megabytes * 1_000_000L, quoteAll: true, out var rows);
        byte[] report = [.. CsvBody.Head("bench", rows), .. quoted];
        Measure("report file", report, rows, repeats, async (stream, take) => (await CsvReportReader.ReadAsync(stream, new CsvReadOptions(), _ => plan, take, default).ConfigureAwait(false)).Rows);

        byte[] header = [.. System.Text.Encoding.UTF8.GetBytes(string.Join(',', TableBody.Header) + "\n")];
        foreach (var quoteAll in (bool[])[true, false])
        {
            byte[] plain = [.. header, .. quoteAll ? quoted : CsvBody.Rows(megabytes * 1_000_000L, quoteAll: false, out rows)];
            Measure($"plain file, {(quoteAll ? "every cell quoted" : "quotes where needed")}", plain, rows, repeats, async (stream, take) => (await CsvFileReader.ReadAsync(stream, new CsvReadOptions(), _ => plan, take, default).ConfigureAwait(false)).Rows);
        }
        return 0;
    }

    private static void Measure(string name, byte[] file, long rows, int repeats, Func<Stream, Func<RowBatch, CancellationToken, ValueTask>, Task<long>> read)
    {
        var times = new List<double>();
        long allocated = 0;
        // Three rounds of warming: methods compile in tiers.
        for (var i = -3; i < repeats; i++)
        {
            using var stream = new MemoryStream(file);
            var start = Machine.CpuSeconds();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var found = read(stream, (_, _) => ValueTask.CompletedTask).GetAwaiter().GetResult();
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            var seconds = Machine.CpuSeconds() - start;
            if (found != rows) throw new InvalidOperationException($"{found} rows of {rows}");
            if (i >= 0) times.Add(seconds);
        }
        times.Sort();
        var median = times[times.Count / 2];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name}: {file.Length / 1e6:F1} MB, {rows} rows: median {file.Length / 1e6 / median:F0} MB per cpu-second (best {file.Length / 1e6 / times[0]:F0}), {median * 1e9 / rows:F0} ns/row, {allocated} bytes allocated"));
    }
}

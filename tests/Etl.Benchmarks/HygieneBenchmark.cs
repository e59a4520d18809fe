using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using Etl.Core.Columns;
using Etl.Core.Outbound;
using Etl.Parsing;

namespace Etl.Benchmarks;

/// <summary>
/// What it costs to notice cut answers and to hash every body: processor time of a compressed getTable answer that becomes typed batches, and of its parts.
/// Run in turn with and without <c>lenient</c>, which is a switch of the process.
/// </summary>
internal static class HygieneBenchmark
{
    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        // Before anything is decompressed: the runtime looks at it once.
        if (args.Contains("lenient")) AppContext.SetSwitch(StrictDecompression.Switch, false);
        var numbers = args.Where(a => a != "lenient").Select(a => int.Parse(a, culture)).ToArray();
        var (megabytes, repeats) = (numbers.ElementAtOrDefault(0) is > 0 and var m ? m : 20, numbers.ElementAtOrDefault(1) is > 0 and var r ? r : 15);
        var columns = TableBody.Header.Select((name, i) => new Column(name, CellFormats.TypeOf(TableBody.Formats[i])!.Value));
        var plan = new TablePlan(new TableSchema(columns), TableBody.Formats, [.. Enumerable.Range(0, TableBody.Header.Length)]);
        var body = TableBody.Make(megabytes * 1_000_000L, escapeAll: true, out var rows);
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(body);
        var bytes = packed.ToArray();
        Console.WriteLine($"{Machine.Describe()}; {(StrictDecompression.IsOn ? "strict" : "lenient")}, {rows} rows, {body.Length / 1e6:F1} MB of {bytes.Length / 1e6:F1} MB compressed");

        var reader = new ReportTableReader(new ReportTableOptions());
        var buffer = new byte[16 << 10];
        Measure("decompressed", repeats, () =>
        {
            using var stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            while (stream.Read(buffer) > 0)
            {
            }
        });
        Measure("hashed", repeats, () => SHA256.HashData(body));
        Measure("decompressed, hashed and typed", repeats, () =>
        {
            using var stream = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
            var reply = reader.ReadAsync(stream, _ => plan, (_, _) => ValueTask.CompletedTask, default).GetAwaiter().GetResult();
            if (reply.Rows != rows) throw new InvalidOperationException($"{reply.Rows} rows of {rows}");
        });
        return 0;
    }

    private static void Measure(string name, int repeats, Action action)
    {
        var times = new List<double>();
        for (var i = -2; i < repeats; i++)
        {
            var start = Machine.CpuSeconds();
            action();
            if (i >= 0) times.Add(Machine.CpuSeconds() - start);
        }
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name}: median {times[times.Count / 2] * 1000:F1} ms, best {times[0] * 1000:F1} ms"));
    }
}

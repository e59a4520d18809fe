using System.Globalization;
using System.Security.Cryptography;
using System.Text.Unicode;
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
            foreach (var batchRows in (int[])[1024, 4096, 16384]) Measure(body, rows, plan, batchRows, int.MaxValue, repeats);
            // A secured connection gives 16 KiB at a time.
            Measure(body, rows, plan, 4096, 16 * 1024, repeats);
            // What of it is not parsing at all.
            Part("SHA-256 of the bytes", body, repeats, b => SHA256.HashData(b));
            Part("UTF-8 check", body, repeats, b => Utf8.IsValid(b));
        }
        return 0;
    }

    private static void Measure(byte[] body, long rows, TablePlan plan, int batchRows, int readBytes, int repeats)
    {
        var reader = new ReportTableReader(new ReportTableOptions { BatchRows = batchRows });
        var times = new List<double>();
        long allocated = 0;
        // Three rounds of warming: methods compile in tiers.
        for (var i = -3; i < repeats; i++)
        {
            using var stream = new PartialStream(body, readBytes);
            var start = Machine.CpuSeconds();
            var bytes = GC.GetTotalAllocatedBytes(precise: true);
            var reply = reader.ReadAsync(stream, _ => plan, (_, _) => ValueTask.CompletedTask, default).GetAwaiter().GetResult();
            allocated = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            var seconds = Machine.CpuSeconds() - start;
            if (reply.Rows != rows) throw new InvalidOperationException($"{reply.Rows} rows of {rows}");
            if (i >= 0) times.Add(seconds);
        }
        times.Sort();
        var median = times[times.Count / 2];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  batches of {batchRows,5}, reads of {(readBytes == int.MaxValue ? "any size" : readBytes + " bytes")}: median {body.Length / 1e6 / median:F0} MB per cpu-second (best {body.Length / 1e6 / times[0]:F0}), {median * 1e9 / rows:F0} ns/row, {allocated} bytes allocated"));
    }

    private static void Part(string name, byte[] body, int repeats, Action<byte[]> part)
    {
        var times = new List<double>();
        for (var i = 0; i < repeats; i++)
        {
            var start = Machine.CpuSeconds();
            part(body);
            times.Add(Machine.CpuSeconds() - start);
        }
        times.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name} alone: {body.Length / 1e6 / times[times.Count / 2]:F0} MB per cpu-second"));
    }

    private sealed class PartialStream(byte[] bytes, int limit) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer.Length > limit ? buffer[..limit] : buffer, cancellationToken);
    }
}

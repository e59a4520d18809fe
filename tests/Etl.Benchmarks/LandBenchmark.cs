using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Quarantine;
using Etl.Landing.Staging;
using Etl.Parsing;
using Etl.Pipeline.Pulling;
using Etl.Testing.Files;

namespace Etl.Benchmarks;

/// <summary>How fast a getTable body in memory becomes a staged Parquet file (snappy, on disk, synced), on one core.</summary>
internal static class LandBenchmark
{
    private static readonly Window s_window = new(
        new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 3, 2, 0, 0, 0, TimeSpan.Zero), "2026-03-01", WindowUnit.Day);

    private static readonly WindowKey s_key = new("bench", "main", "1234567", s_window.Label);

    /// <summary>What a body is read into.</summary>
    private delegate IPullSink OpenSink(ParquetStagingArea staging);

    internal static int Run(string[] args)
    {
        var culture = CultureInfo.InvariantCulture;
        var megabytes = args.Length > 0 ? int.Parse(args[0], culture) : 50;
        var repeats = args.Length > 1 ? int.Parse(args[1], culture) : 9;
        Console.WriteLine(Machine.Describe());
        var plan = Plan();
        foreach (var escapeAll in (bool[])[false, true])
        {
            var body = TableBody.Make(megabytes * 1_000_000L, escapeAll, out var rows);
            Console.WriteLine(string.Create(culture, $"{(escapeAll ? "as the service escapes it" : "raw UTF-8")}: {body.Length / 1e6:F1} MB, {rows} rows of {TableBody.Header.Length} cells"));
            Measure("batches only", body, rows, plan, repeats, _ => new NoSink());
            Measure("staged Parquet file", body, rows, plan, repeats, staging => new FileSink(staging));
            Measure("product path: file, content hash, sums, keys", body, rows, plan, repeats, Product);
            if (escapeAll) continue;
            Parts(body, rows, plan, repeats);
            foreach (var times in (int[])[1, 4]) Whole(body, rows, plan, times);
            Steady(body, rows, plan);
        }
        return 0;
    }

    private static TablePlan Plan()
    {
        var columns = TableBody.Header.Select((name, i) =>
            new Column(name, CellFormats.TypeOf(TableBody.Formats[i])!.Value, TableBody.Formats[i] is CellFormat.Integer or CellFormat.Number ? ColumnRole.Metric : ColumnRole.Dimension));
        return new TablePlan(
            new TableSchema(columns, ["entry_id", "user_id", "date_id", "last_view_at"]), TableBody.Formats, [.. Enumerable.Range(0, TableBody.Header.Length)]);
    }

    private static StagingSink Product(ParquetStagingArea staging) => new(
        staging, new QuarantineStore(Path.GetTempPath()), NoCapture.Instance, new PullRequest(s_key, s_window, 0, "UTC", "pull"), s_window.To, withAccount: false, new NoObserver(), Etl.Pipeline.Schemas.SchemaBefore.Nothing);

    private static void Measure(string name, byte[] body, long rows, TablePlan plan, int repeats, OpenSink open)
    {
        using var folder = new TempFolder();
        var staging = new ParquetStagingArea(folder.Path);
        var times = new List<double>();
        long bytes = 0;
        // Three rounds of warming: methods compile in tiers.
        for (var i = -3; i < repeats; i++)
        {
            var start = Machine.CpuSeconds();
            bytes = Land(body, 1, rows, plan, staging, open);
            if (i >= 0) times.Add(Machine.CpuSeconds() - start);
        }
        times.Sort();
        var median = times[times.Count / 2];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {name}: median {body.Length / 1e6 / median:F0} MB per cpu-second (best {body.Length / 1e6 / times[0]:F0}), {median * 1e9 / rows:F0} ns/row{(bytes > 0 ? $", file of {bytes / 1e6:F1} MB" : "")}"));
    }

    /// <summary>Reads the body so many times into one staged file; returns the file's size.</summary>
    private static long Land(byte[] body, int times, long rows, TablePlan plan, ParquetStagingArea staging, OpenSink open)
    {
        var reader = new ReportTableReader(new ReportTableOptions());
        var sink = open(staging);
        using var disposable = sink as IDisposable;
        sink.StartAsync(plan.Schema, default).AsTask().GetAwaiter().GetResult();
        for (var i = 0; i < times; i++) Feed(reader, body, rows, plan, sink);
        if (sink is StagingSink product) product.Complete(1, "definition");
        else if (sink is FileSink file) file.Complete(rows * times);
        else return 0;
        using var staged = staging.Open("pull")!;
        var bytes = new FileInfo(staged.Path).Length;
        staging.Remove("pull");
        return bytes;
    }

    private static void Feed(ReportTableReader reader, byte[] body, long rows, TablePlan plan, IPullSink sink)
    {
        using var stream = new MemoryStream(body);
        var reply = reader.ReadAsync(stream, _ => plan, sink.WriteAsync, default).GetAwaiter().GetResult();
        if (reply.Rows != rows) throw new InvalidOperationException($"{reply.Rows} rows of {rows}");
    }

    /// <summary>What a file of its own costs: the buffers of one row group, however many follow.</summary>
    private static void Whole(byte[] body, long rows, TablePlan plan, int times)
    {
        using var folder = new TempFolder();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Land(body, times, rows, plan, new ParquetStagingArea(folder.Path), staging => new FileSink(staging));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  a whole staged file of {times} x the rows: {(GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6:F1} MB allocated"));
    }

    /// <summary>What more rows cost in an open pull whose buffers have grown.</summary>
    private static void Steady(byte[] body, long rows, TablePlan plan)
    {
        foreach (var (name, open) in new (string, OpenSink)[] { ("staged Parquet file", s => new FileSink(s)), ("product path", Product) })
        {
            using var folder = new TempFolder();
            var reader = new ReportTableReader(new ReportTableOptions());
            var sink = open(new ParquetStagingArea(folder.Path));
            using var disposable = sink as IDisposable;
            sink.StartAsync(plan.Schema, default).AsTask().GetAwaiter().GetResult();
            for (var i = 0; i < 8; i++) Feed(reader, body, rows, plan, sink);
            foreach (var times in (int[])[1, 4, 8])
            {
                var before = GC.GetTotalAllocatedBytes(precise: true);
                for (var i = 0; i < times; i++) Feed(reader, body, rows, plan, sink);
                var bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"  {name}, warm, {times} x the rows ({times * rows}): {bytes} bytes allocated, {(double)bytes / times / rows:F3} a row"));
            }
        }
    }

    /// <summary>The steps beside the file, each alone, over batches in memory.</summary>
    private static void Parts(byte[] body, long rows, TablePlan plan, int repeats)
    {
        var batches = new List<RowBatch>();
        var copies = new CopySink(batches);
        Feed(new ReportTableReader(new ReportTableOptions()), body, rows, plan, copies);
        Part("content hash", () => new ContentHasher().Add);
        Part("sums", () => new ColumnSums(plan.Schema).Add);
        Part("keys", () => new KeySet(plan.Schema).Add);

        void Part(string name, Func<Action<RowBatch>> make)
        {
            var times = new List<double>();
            for (var i = -3; i < repeats; i++)
            {
                var add = make();
                var start = Machine.CpuSeconds();
                foreach (var batch in batches) add(batch);
                if (i >= 0) times.Add(Machine.CpuSeconds() - start);
            }
            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name} alone: {times[times.Count / 2] * 1e9 / rows:F0} ns/row"));
        }
    }

    private class NoSink : IPullSink
    {
        public virtual ValueTask StartAsync(TableSchema schema, CancellationToken cancellation) => ValueTask.CompletedTask;

        public virtual ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation) => ValueTask.CompletedTask;

        public IRawReply OpenRaw(RawRequest request) => NoCapture.Instance;

        public void Report(PullProgress progress)
        {
        }
    }

    /// <summary>The file alone, through the code that stages pulls.</summary>
    private sealed class FileSink(ParquetStagingArea staging) : NoSink, IDisposable
    {
        private IStagingWriter _writer = null!;

        public override ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
        {
            _writer = staging.Begin(s_key, s_window, "pull", s_window.To, schema, withAccount: false);
            return ValueTask.CompletedTask;
        }

        public override ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
        {
            _writer.Write(batch);
            return ValueTask.CompletedTask;
        }

        public void Complete(long rows) => _writer.Complete(new PullStamp("pull", 1, rows, "hash", s_window.To, "definition"));

        public void Dispose() => _writer.Dispose();
    }

    private sealed class CopySink(List<RowBatch> batches) : NoSink
    {
        public override ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
        {
            var copy = new RowBatch(batch.Schema);
            for (var column = 0; column < batch.Schema.Columns.Count; column++)
                for (var row = 0; row < batch.RowCount; row++) copy[column].AppendFrom(batch[column], row);
            batches.Add(copy);
            return ValueTask.CompletedTask;
        }
    }

    internal sealed class NoObserver : IRunObserver
    {
        public void Planned(string job, int windows, int notDue)
        {
        }

        public void Moved(WindowKey key, Core.Ledger.WindowState state)
        {
        }

        public void Progressed(WindowKey key, PullProgress progress)
        {
        }

        public void Finished(WindowOutcome outcome)
        {
        }
    }
}

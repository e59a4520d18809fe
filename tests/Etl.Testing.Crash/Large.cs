using System.Diagnostics;
using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Crash;

/// <summary>A window of many rows, staged and landed in a process of its own whose memory can be looked at.</summary>
internal static class Large
{
    private const int BatchRows = 10_000;

    private static readonly TableSchema s_schema = new(
    [
        new Column("object_id", ColumnType.Text), new Column("entry_name", ColumnType.Text), new Column("count_plays", ColumnType.Int64, ColumnRole.Metric),
        new Column("sum_time_viewed", ColumnType.Double, ColumnRole.Metric), new Column("unique_viewers", ColumnType.Int64, ColumnRole.Metric), new Column("created", ColumnType.Date),
    ], ["object_id"]);

    /// <summary>Prints the seconds that the landing took and the process's peak of memory in MB.</summary>
    public static async Task RunAsync(Worker worker, string pull, long fence, int rows)
    {
        using (var writer = worker.Area.Begin(Keys.Key(), Keys.Day(), pull, Keys.Noon, s_schema, withAccount: false))
        {
            var batch = new RowBatch(s_schema);
            for (var row = 0; row < rows; row++)
            {
                batch.Text(0).Append(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"1_{row:x8}")));
                batch.Text(1).Append(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"Vorlesung Nr. {row % 5_000} über Größen")));
                batch.Fixed<long>(2).Append(row % 977 + fence);
                batch.Fixed<double>(3).Append(row * 0.37);
                batch.Fixed<long>(4).Append(row % 131);
                batch.Fixed<int>(5).Append(20_000 + row % 700);
                if (batch.RowCount < BatchRows && row + 1 < rows) continue;
                writer.Write(batch);
                batch.Clear();
            }
            writer.Complete(Keys.Stamp(pull, fence, rows, "hash-of-" + pull));
        }
        using var staged = worker.Area.Open(pull)!;
        var clock = Stopwatch.StartNew();
        var receipt = await worker.Target.LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
        if (receipt.Rows != rows) throw new InvalidOperationException($"{rows} rows, and {receipt.Rows} landed.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0.00} {PeakMegabytes()}"));
    }

    /// <summary>Peak of this process's memory in MB.</summary>
    public static long PeakMegabytes() =>
        long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}

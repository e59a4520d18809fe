using System.Diagnostics;
using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Sql.Sqlite;
using Etl.Pipeline.Running;
using Etl.Testing.Rows;

namespace Etl.Testing.Crash;

/// <summary>
/// A window of many rows, staged and landed in a process of its own whose memory can be looked at. Each pull changes one cell of every row, so a
/// landing over another one has a difference of as many rows as the window: the pipeline's publisher makes it, as in a run.
/// </summary>
internal static class Large
{
    private const int BatchRows = 10_000;

    private static readonly TableSchema s_schema = new(
    [
        new Column("object_id", ColumnType.Text), new Column("entry_name", ColumnType.Text), new Column("count_plays", ColumnType.Int64, ColumnRole.Metric),
        new Column("sum_time_viewed", ColumnType.Double, ColumnRole.Metric), new Column("unique_viewers", ColumnType.Int64, ColumnRole.Metric), new Column("created", ColumnType.Date),
    ], ["object_id"]);

    /// <summary>Prints the seconds that the landing took, the process's peak of memory in MB and how many rows were restated, 0 where the target keeps no whole windows.</summary>
    public static async Task RunAsync(Worker worker, string data, string pull, int rows)
    {
        await using var ledger = await SqliteLedger.OpenAsync(Path.Combine(data, "ledger.db"), default);
        var parts = Parts.Of(data, ledger, new TargetFactory(data, new ConnectionSettings(_ => null, data), TimeProvider.System), new NoSources(), TimeProvider.System);
        var lease = await ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), "large", TimeSpan.FromDays(1), 0, default) ?? throw new InvalidOperationException("The window is leased.");
        Stage(worker.Area, pull, lease.Fence, rows);
        using var staged = worker.Area.Open(pull)!;
        await ledger.AddPullAsync(lease, Keys.Record(staged.Stamp, staged.Key), default);
        var clock = Stopwatch.StartNew();
        var landed = await Publisher.LandAsync(parts, lease, [worker.Target], new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
        if (landed is not [{ Outcome: LandingOutcome.Landed } outcome] || outcome.Rows != rows) throw new InvalidOperationException($"{rows} rows, and this landed: {string.Join(", ", landed)}.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{clock.Elapsed.TotalSeconds:0.00} {PeakMegabytes()} {outcome.Restated?.Total ?? 0}"));
        await ledger.SettleAsync(lease, new Settlement { State = WindowState.Landed, Settled = 1, Stamp = staged.Stamp }, default);
        worker.Area.Remove(pull);
    }

    private static void Stage(IStagingArea area, string pull, long fence, int rows)
    {
        using var writer = area.Begin(Keys.Key(), Keys.Day(), pull, Keys.Noon, s_schema, withAccount: false);
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

    /// <summary>Peak of this process's memory in MB.</summary>
    public static long PeakMegabytes() =>
        long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;

    /// <summary>Nothing is pulled here.</summary>
    private sealed class NoSources : ISourceFactory
    {
        public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) => throw new NotSupportedException();

        public ISource Create(SourceSpec spec, string account) => throw new NotSupportedException();

        public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();
    }
}

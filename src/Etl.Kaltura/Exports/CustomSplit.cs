using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Pulls a custom report that reached its limit as shorter ranges of days. Only where every row says its day and every figure
/// adds up: elsewhere a row is one person or entry over the whole range, and would come once per part (design: promise 3).
/// </summary>
internal sealed class CustomSplit(PullContext pull, CustomChain chain, BoundTable table)
{
    private readonly HashSet<string> _days = new(StringComparer.Ordinal);
    private long _rows;

    /// <summary>Splits the capped question.</summary>
    public async Task<PullOutcome> RunAsync(CustomQuery query, CancellationToken cancellation)
    {
        var column = pull.Report.Custom?.DateColumn is { } name ? table.Schema.IndexOf(name) : -1;
        if (column < 0) throw Truncated("its rows do not say which day they belong to.");
        if (table.Schema.Columns[column].Type != ColumnType.Text) throw Truncated("its days are not compared.");
        var mixed = table.Schema.Columns.FirstOrDefault(c => c.Name != pull.Report.Custom!.DateColumn
            && (!c.Known || (c.Role == ColumnRole.Metric && c.Additivity != Additivity.Full)));
        if (mixed is not null) throw Truncated($"the column '{mixed.Name}' is {(mixed.Known ? "a figure that does not add up" : "not known")}, so the parts might not be the whole.");
        if (query.Halve() is null) throw Truncated("its window is a single day.");

        pull.Log.Rows = 0;
        pull.Log.Splits.Add($"{CustomChain.Cap} rows reached the limit: split by shorter ranges of days.");
        await pull.Sink.StartAsync(table.Schema, cancellation).ConfigureAwait(false);
        await HalveAsync(query, column, cancellation).ConfigureAwait(false);
        return new PullOutcome(table.Schema, _rows, null, pull.Proof(knownEmpty: false));
    }

    private async Task HalveAsync(CustomQuery query, int column, CancellationToken cancellation)
    {
        if (query.Halve() is not var (first, second)) throw Truncated($"the single day {query.Days} still reaches the limit.");
        foreach (var half in new[] { first, second })
        {
            var held = new HeldRows();
            var days = new DayTarget(held, column);
            var result = await chain.RunAsync(half, days, half.Days, cancellation).ConfigureAwait(false);
            pull.Log.Chains.Add(result.Proof);
            if (result.End == ChainEnd.Capped)
            {
                pull.Log.Rows -= result.Rows;
                await HalveAsync(half, column, cancellation).ConfigureAwait(false);
                continue;
            }
            if (!result.Table!.Header.SequenceEqual(table.Header, StringComparer.Ordinal))
                throw pull.Fault("header-changed", $"part {half.Days} has other columns than the whole.");
            if (days.Days.FirstOrDefault(d => d.Length == 0 || !_days.Add(d)) is { } twice)
                throw Truncated(twice.Length == 0 ? $"rows of part {half.Days} do not say their day." : $"the day '{twice}' stands in two parts, so rows might stand in both.");
            _rows += result.Rows;
            await held.FlushAsync(pull.Sink, cancellation).ConfigureAwait(false);
        }
    }

    private EtlException Truncated(string found) => pull.Fault("truncated",
        $"the file has {CustomChain.Cap} rows, the service's limit, so it was probably cut; it cannot be pulled in parts: {found} Use shorter windows or narrower parameters.");

    /// <summary>Learns the days of the rows that pass.</summary>
    private sealed class DayTarget(IRowTarget next, int column) : IRowTarget
    {
        public HashSet<string> Days { get; } = new(StringComparer.Ordinal);

        public ValueTask StartAsync(BoundTable table, CancellationToken cancellation)
        {
            Days.Clear();
            return next.StartAsync(table, cancellation);
        }

        public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
        {
            var cells = batch.Text(column);
            for (var row = 0; row < batch.RowCount; row++) Days.Add(System.Text.Encoding.UTF8.GetString(cells[row]));
            return next.WriteAsync(batch, cancellation);
        }
    }
}

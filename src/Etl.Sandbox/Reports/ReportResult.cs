using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Reports;

/// <summary>All rows of a query before paging: groups in the engine, columns on top.</summary>
internal sealed class ReportResult
{
    private readonly Aggregator _aggregator;
    private readonly Grouping _grouping;
    private readonly Maxima _maxima;

    public ReportResult(Aggregator aggregator, Grouping grouping, IReadOnlyList<string> labels, IReadOnlyList<string> metricNames, IReadOnlyList<Metric> metrics)
    {
        _aggregator = aggregator;
        _grouping = grouping;
        _maxima = aggregator.FindMaxima();
        Labels = labels;
        MetricNames = metricNames;
        Metrics = metrics;
    }

    public IReadOnlyList<string> Labels { get; }

    public IReadOnlyList<string> MetricNames { get; }

    public IReadOnlyList<Metric> Metrics { get; }

    public int Groups => _aggregator.Groups;

    public long Key(int group) => _aggregator.Key(group);

    public Tally Tally(int group) => _aggregator.Tally(group);

    public Cell Label(int group, string column) => _grouping.Label(column, _aggregator.Key(group));

    public double Value(int group, Metric metric) => metric.Value(_aggregator.Tally(group), _maxima);

    /// <summary>The cells of a row, labels first.</summary>
    public Cell[] Row(int group)
    {
        var cells = new Cell[Labels.Count + Metrics.Count];
        for (var i = 0; i < Labels.Count; i++)
            cells[i] = Label(group, Labels[i]);
        for (var i = 0; i < Metrics.Count; i++)
            cells[Labels.Count + i] = Cell.Of(Value(group, Metrics[i]));
        return cells;
    }

    /// <summary>Groups by the metric; ties in an arbitrary but fixed order, as from an engine that does not promise one.</summary>
    public int[] OrderBy(Metric metric, bool descending)
    {
        var groups = new int[Groups];
        var keys = new (double Value, ulong Tie)[Groups];
        for (var group = 0; group < groups.Length; group++)
        {
            groups[group] = group;
            var value = Value(group, metric);
            keys[group] = (descending ? -value : value, Prng.Mix((ulong)Key(group) + 0x9E37UL));
        }
        Array.Sort(keys, groups);
        return groups;
    }

    /// <summary>The same rows without a label column.</summary>
    public ReportResult Without(string label) => new(_aggregator, _grouping, [.. Labels.Where(l => l != label)], MetricNames, Metrics);

    /// <summary>Groups by key: dates in order.</summary>
    public int[] OrderByKey() => [.. Enumerable.Range(0, Groups).OrderBy(Key)];
}

using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>Runs a report over the events: groups, metrics and order, without any wire format.</summary>
internal sealed class ReportEngine(EventStore store, CatalogueData catalogue, long accountCreatedAt)
{
    public DateRange RangeOf(ReportRequest request) => DateRange.Of(request.Filter, accountCreatedAt);

    /// <summary>Whether the engine groups by several dimensions.</summary>
    public bool IsMultiDimension(ReportDefinition report) => report.Group?.Invoke(store).MultiDimension ?? false;

    /// <summary>All rows of the table.</summary>
    public ReportResult Table(ReportDefinition report, ReportRequest request)
    {
        if (report.IsDateTable)
            return DateTable(report, request);
        var drilled = report.DrillDown is not null && request.ObjectIds is { Length: > 0 };
        var grouping = drilled ? report.DrillDown!(store) : report.Group!(store);
        var labels = drilled ? report.DrillDownLabels : report.Declared.Dimensions;
        if (request.FriendlyHeaders && report.FriendlyEmail)
            labels = [.. labels, "email"];
        return Run(report, request, grouping, labels, report.Declared.Metrics);
    }

    /// <summary>One group with the columns of the total; no group when nothing was found.</summary>
    public ReportResult Total(ReportDefinition report, ReportRequest request) =>
        Run(report, request, new OneGroup(), [], report.Declared.Totals);

    /// <summary>One group per bucket with the given metrics.</summary>
    public ReportResult Series(ReportDefinition report, ReportRequest request, TimeBuckets buckets, IReadOnlyList<string> metrics) =>
        Run(report, request, new BucketGrouping(buckets, null, store), [buckets.Column], metrics, buckets);

    /// <summary>One group per bucket and label, for graphs with several lines.</summary>
    public (ReportResult Result, BucketGrouping Grouping) Lines(ReportDefinition report, ReportRequest request, TimeBuckets buckets)
    {
        var grouping = new BucketGrouping(buckets, report.Group!(store), store);
        return (Run(report, request, grouping, [], report.Declared.Graphs), grouping);
    }

    /// <summary>One group per label with the metrics of the graphs.</summary>
    public ReportResult Labels(ReportDefinition report, ReportRequest request)
    {
        var drilled = report.DrillDown is not null && request.ObjectIds is { Length: > 0 };
        var grouping = drilled ? report.DrillDown!(store) : report.Group!(store);
        return Run(report, request, grouping, [], report.Declared.Graphs);
    }

    private ReportResult DateTable(ReportDefinition report, ReportRequest request)
    {
        var buckets = new TimeBuckets(request.Filter.Interval, request.Filter.TimeZoneOffset);
        var result = Series(report, request, buckets, report.Declared.Metrics);
        // The server bug of tables with a column map: years come without their date column.
        return report.YearsDropDate && buckets.Interval == Interval.Years
            ? result.Without(buckets.Column)
            : result;
    }

    private ReportResult Run(
        ReportDefinition report, ReportRequest request, Grouping grouping, IReadOnlyList<string> labels, IReadOnlyList<string> columns, TimeBuckets? fill = null)
    {
        var metrics = columns.Select(column => report.Metric(column) ?? throw ApiException.Internal()).ToArray();
        var needs = metrics.Aggregate(Distinct.None, (all, metric) => all | metric.Needs);
        var aggregator = new Aggregator(store, grouping, needs);
        var range = RangeOf(request);
        var scope = ScopeCompiler.Compile(store, catalogue, report, request.Filter, range, request.ObjectIds, request.Delimiter);
        if (report.Source != ReportSource.Lifecycle)
            aggregator.AddEvents(scope);
        if (report.Source != ReportSource.Player)
            aggregator.AddCreations(scope);
        if (fill is not null && !request.SkipEmptyDates)
        {
            foreach (var bucket in fill.All(range.From, range.To))
                aggregator.Touch(bucket);
        }
        return new ReportResult(aggregator, grouping, labels, columns, metrics);
    }
}

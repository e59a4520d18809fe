using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>
/// Runs a report over the events: groups, metrics and order, without any wire format. Reports over all accounts run over each of
/// <paramref name="family"/> (the account and its children) and are added up.
/// </summary>
internal sealed class ReportEngine(EventStore store, CatalogueData catalogue, long accountCreatedAt, Func<IEnumerable<EventStore>> family)
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
        var labels = drilled ? report.DrillDownLabels : report.Declared.Dimensions;
        if (request.FriendlyHeaders && report.FriendlyEmail)
            labels = [.. labels, "email"];
        return Run(report, request, drilled ? report.DrillDown! : report.Group!, labels, report.Declared.Metrics);
    }

    /// <summary>One group with the columns of the total; no group when nothing was found.</summary>
    public ReportResult Total(ReportDefinition report, ReportRequest request) =>
        Run(report, request, _ => new OneGroup(), [], report.Declared.Totals);

    /// <summary>One group per bucket with the given metrics.</summary>
    public ReportResult Series(ReportDefinition report, ReportRequest request, TimeBuckets buckets, IReadOnlyList<string> metrics) =>
        Run(report, request, account => new BucketGrouping(buckets, null, account), [buckets.Column], metrics, buckets);

    /// <summary>One group per bucket and label, for graphs with several lines.</summary>
    public (ReportResult Result, BucketGrouping Grouping) Lines(ReportDefinition report, ReportRequest request, TimeBuckets buckets)
    {
        BucketGrouping Of(EventStore account) => new(buckets, report.Group!(account), account);
        return (Run(report, request, Of, [], report.Declared.Graphs), Of(store));
    }

    /// <summary>One group per label with the metrics of the graphs.</summary>
    public ReportResult Labels(ReportDefinition report, ReportRequest request)
    {
        var drilled = report.DrillDown is not null && request.ObjectIds is { Length: > 0 };
        return Run(report, request, drilled ? report.DrillDown! : report.Group!, [], report.Declared.Graphs);
    }

    private ReportResult DateTable(ReportDefinition report, ReportRequest request)
    {
        var buckets = new TimeBuckets(report.DatesBy(request.Filter.Interval), request.Filter.TimeZoneOffset);
        var result = Series(report, request, buckets, report.Declared.Metrics);
        // The server bug of tables with a column map: years come without their date column.
        return report.YearsDropDate && buckets.Interval == Interval.Years
            ? result.Without(buckets.Column)
            : result;
    }

    /// <summary>What is held when the range begins.</summary>
    public Tally Base(ReportDefinition report, ReportRequest request) => UsageCounter.BaseOf(store, ScopeOf(store, report, request));

    private ReportResult Run(
        ReportDefinition report, ReportRequest request, Func<EventStore, Grouping> groupingOf, IReadOnlyList<string> labels, IReadOnlyList<string> columns,
        TimeBuckets? dates = null)
    {
        var metrics = columns.Select(column => report.Metric(column) ?? throw ApiException.Internal()).ToArray();
        var needs = metrics.Aggregate(Distinct.None, (all, metric) => all | metric.Needs);
        var grouping = groupingOf(store);
        if (!report.AllAccounts)
            return new ReportResult(Count(store, report, request, grouping, needs, dates), grouping, labels, columns, metrics);
        var all = grouping.IsOfAccount ? new FamilyGrouping() : grouping;
        var aggregator = new Aggregator(store, all, Distinct.None);
        foreach (var account in family())
        {
            var own = groupingOf(account);
            aggregator.Add(Count(account, report, request, own, needs, dates), key => all is FamilyGrouping named ? named.KeyOf(own, key) : key);
        }
        return new ReportResult(aggregator, all, labels, columns, metrics);
    }

    private Aggregator Count(EventStore account, ReportDefinition report, ReportRequest request, Grouping grouping, Distinct needs, TimeBuckets? dates)
    {
        var aggregator = new Aggregator(account, grouping, needs);
        var range = RangeOf(request);
        var scope = ScopeOf(account, report, request);
        if (report.Source == ReportSource.Usage)
        {
            if (dates is null)
                UsageCounter.AddGroups(aggregator, account, grouping, scope, onlyActive: grouping is not OneGroup);
            else
                UsageCounter.AddDates(aggregator, account, scope, dates.All(range.From, range.To), dates.KeyOf);
            return aggregator;
        }
        if (report.Source != ReportSource.Lifecycle)
            aggregator.AddEvents(scope);
        if (report.Source != ReportSource.Player)
            aggregator.AddCreations(scope);
        if (dates is not null && !request.SkipEmptyDates)
        {
            foreach (var bucket in dates.All(range.From, range.To))
                aggregator.Touch(bucket);
        }
        return aggregator;
    }

    private Scope ScopeOf(EventStore account, ReportDefinition report, ReportRequest request) =>
        ScopeCompiler.Compile(account, catalogue, report, request.Filter, RangeOf(request), request.ObjectIds, request.Delimiter);
}

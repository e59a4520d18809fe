using System.Text;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>
/// report.getGraphs: per metric a text of points <c>x delimiter y ;</c>, nothing replaced (wire facts 3.2 and 3.4). The shape depends on
/// the type: dates, metric names (2, 14), labels (22, 23, 32, 33), or several lines per date (21).
/// </summary>
internal sealed class GraphAction(ReportEngine engine, ReportBook book)
{
    private static readonly string[] DropOff =
        ["count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100", "play_through_ratio"];

    /// <summary>The graphs as objects, points glued together with the request's delimiter.</summary>
    public List<object?> Run(ReportRequest request) => [.. Compute(request).Select(graph => ToApi(graph, request.Delimiter))];

    /// <summary>The graphs before they are glued together.</summary>
    public List<GraphLine> Compute(ReportRequest request)
    {
        if (ReportBook.HasEmptyGraphList(request.Type))
            return [];
        var report = book.Find(request.Type);
        if (report is null || !report.Declared.SupportsGraphs)
            throw ApiException.Internal();
        var interval = report.HourlyGraphs ? Interval.Hours : report.DatesBy(request.Filter.Interval);
        var buckets = new TimeBuckets(interval, request.Filter.TimeZoneOffset);
        return report.Graphs switch
        {
            GraphShape.MetricNames => ByName(report, request),
            GraphShape.Labels => ByLabel(report, request),
            GraphShape.LinesByDate when request.ObjectIds is { Length: > 0 } => ByLabel(report, request),
            GraphShape.LinesByDate => LinesByDate(report, request, buckets),
            _ => ByDate(report, request, buckets),
        };
    }

    private List<GraphLine> ByDate(ReportDefinition report, ReportRequest request, TimeBuckets buckets)
    {
        var result = engine.Series(report, request, buckets, report.Declared.Graphs);
        var groups = result.OrderByKey();
        return Graphs(result, groups, group => buckets.Id(result.Key(group)));
    }

    private List<GraphLine> ByLabel(ReportDefinition report, ReportRequest request)
    {
        var result = engine.Labels(report, request);
        var groups = result.OrderBy(report.Metric("count_plays")!, descending: true);
        return Graphs(result, groups, group => TableReply.Print(result.Label(group, "")));
    }

    private List<GraphLine> ByName(ReportDefinition report, ReportRequest request)
    {
        // The points of the graph are the total's metrics.
        var total = engine.Total(report, request);
        var points = new List<(string, string)>();
        if (total.Groups > 0 || !request.SkipEmptyDates)
        {
            foreach (var name in DropOff)
                points.Add((name, total.Groups == 0 ? "0" : PhpNumber.Format(total.Value(0, report.Metric(name)!))));
        }
        return [new GraphLine(report.Declared.Graphs[0], points)];
    }

    /// <summary>y is <c>name:value,name:value</c>, always comma and colon, whatever the delimiter; x is always a day.</summary>
    private List<GraphLine> LinesByDate(ReportDefinition report, ReportRequest request, TimeBuckets buckets)
    {
        var (result, grouping) = engine.Lines(report, request, buckets);
        var byBucket = result.OrderByKey().GroupBy(group => grouping.Split(result.Key(group)).Bucket).ToList();
        var graphs = new List<GraphLine>();
        foreach (var (metric, name) in result.Metrics.Zip(result.MetricNames))
        {
            var points = new List<(string, string)>();
            foreach (var bucket in byBucket)
            {
                var lines = bucket.Select(group =>
                    TableReply.Print(grouping.Split(result.Key(group)).Line) + ":" + PhpNumber.Format(result.Value(group, metric)));
                points.Add((buckets.DayId(bucket.Key), string.Join(',', lines)));
            }
            graphs.Add(new GraphLine(name, points));
        }
        return graphs;
    }

    private static List<GraphLine> Graphs(ReportResult result, int[] groups, Func<int, string> x) =>
    [
        .. result.Metrics.Zip(result.MetricNames).Select(pair =>
            new GraphLine(pair.Second, [.. groups.Select(group => (x(group), PhpNumber.Format(result.Value(group, pair.First))))])),
    ];

    private static ApiObject ToApi(GraphLine graph, string delimiter)
    {
        var data = new StringBuilder();
        foreach (var (x, y) in graph.Points)
            data.Append(x).Append(delimiter).Append(y).Append(';');
        return new ApiObject("KalturaReportGraph", ("id", graph.Id), ("data", data.ToString()));
    }
}

/// <summary>One graph: its id and its points.</summary>
internal sealed record GraphLine(string Id, List<(string X, string Y)> Points);

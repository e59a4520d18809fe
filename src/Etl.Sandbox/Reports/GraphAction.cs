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

    public List<object?> Run(ReportRequest request)
    {
        if (ReportBook.HasEmptyGraphList(request.Type))
            return [];
        var report = book.Find(request.Type);
        if (report is null || !report.Declared.SupportsGraphs)
            throw ApiException.Internal();
        var interval = report.HourlyGraphs ? Interval.Hours : request.Filter.Interval;
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

    private List<object?> ByDate(ReportDefinition report, ReportRequest request, TimeBuckets buckets)
    {
        var result = engine.Series(report, request, buckets, report.Declared.Graphs);
        var groups = result.OrderByKey();
        return Graphs(result, request, groups, group => buckets.Id(result.Key(group)));
    }

    private List<object?> ByLabel(ReportDefinition report, ReportRequest request)
    {
        var result = engine.Labels(report, request);
        var groups = result.OrderBy(report.Metric("count_plays")!, descending: true);
        return Graphs(result, request, groups, group => TableReply.Print(result.Label(group, "")));
    }

    private List<object?> ByName(ReportDefinition report, ReportRequest request)
    {
        // The points of the graph are the total's metrics.
        var total = engine.Total(report, request);
        var data = new StringBuilder();
        if (total.Groups > 0 || !request.SkipEmptyDates)
        {
            foreach (var name in DropOff)
                Point(data, request, name, total.Groups == 0 ? "0" : PhpNumber.Format(total.Value(0, report.Metric(name)!)));
        }
        return [Graph(report.Declared.Graphs[0], data)];
    }

    /// <summary>y is <c>name:value,name:value</c>, always comma and colon, whatever the delimiter; x is always a day.</summary>
    private List<object?> LinesByDate(ReportDefinition report, ReportRequest request, TimeBuckets buckets)
    {
        var (result, grouping) = engine.Lines(report, request, buckets);
        var byBucket = result.OrderByKey().GroupBy(group => grouping.Split(result.Key(group)).Bucket).ToList();
        var graphs = new List<object?>();
        foreach (var (metric, name) in result.Metrics.Zip(result.MetricNames))
        {
            var data = new StringBuilder();
            foreach (var bucket in byBucket)
            {
                var lines = bucket.Select(group =>
                    TableReply.Print(grouping.Split(result.Key(group)).Line) + ":" + PhpNumber.Format(result.Value(group, metric)));
                Point(data, request, buckets.DayId(bucket.Key), string.Join(',', lines));
            }
            graphs.Add(Graph(name, data));
        }
        return graphs;
    }

    private static List<object?> Graphs(ReportResult result, ReportRequest request, int[] groups, Func<int, string> x)
    {
        var graphs = new List<object?>();
        foreach (var (metric, name) in result.Metrics.Zip(result.MetricNames))
        {
            var data = new StringBuilder();
            foreach (var group in groups)
                Point(data, request, x(group), PhpNumber.Format(result.Value(group, metric)));
            graphs.Add(Graph(name, data));
        }
        return graphs;
    }

    private static void Point(StringBuilder data, ReportRequest request, string x, string y) =>
        data.Append(x).Append(request.Delimiter).Append(y).Append(';');

    private static ApiObject Graph(string id, StringBuilder data) => new("KalturaReportGraph", ("id", id), ("data", data.ToString()));
}

using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Live;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Reports;

/// <summary>
/// Every row of a table report as JSON lines, one object per row, without cap, paging or cleaning; ordered by the report's default order.
/// <para>Query: <c>report</c>, <c>from</c>, <c>to</c> (unix seconds), <c>tz</c> (timeZoneOffset in minutes), <c>interval</c>,
/// <c>playbackTypeIn</c> and any other filter field (lists split on comma), <c>objectIds</c>, and <c>total=1</c> for the total instead.</para>
/// <para>How a value relates to the wire: text stands here as it is, on the wire every delimiter and then every <c>;</c> in it is one
/// blank; numbers are rounded to the 14 significant digits that the wire prints; null is an unresolvable label (an empty cell there) or a
/// dimension without a value (printed as <c>0</c> there).</para>
/// </summary>
internal sealed class TruthWriter(ReportEngine engine, ReportBook book, CatalogueData catalogue, TimeProvider clock)
{
    public async Task WriteAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!int.TryParse(query["report"], out var type) || book.Find(type) is not { } report)
            throw new ArgumentException($"Report '{query["report"]}' is not computed here; computed are: {string.Join(", ", book.ComputedTypes)}.");
        var node = ParamNode.Map();
        node.Set("objectType", ParamNode.Of("KalturaEndUserReportInputFilter"));
        foreach (var (name, value) in query)
        {
            var field = name switch { "from" => "fromDate", "to" => "toDate", "tz" => "timeZoneOffset", _ => name };
            node.Set(field, ParamNode.Of(value.ToString()));
        }
        ReportResult result;
        try
        {
            var request = new ReportRequest
            {
                Type = type,
                Filter = ReportFilter.Read(node, catalogue, clock.GetUtcNow().ToUnixTimeSeconds()),
                ObjectIds = query["objectIds"],
            };
            result = query["total"] == "1" ? engine.Total(report, request) : engine.Table(report, request);
        }
        catch (ApiException error)
        {
            throw new ArgumentException(error.Message, error);
        }

        var groups = report.IsDateTable || query["total"] == "1" ? result.OrderByKey() : result.OrderBy(Default(result), descending: true);
        await RowLines.WriteAsync(context, [.. result.Labels, .. result.MetricNames], groups.Select(result.Row)).ConfigureAwait(false);
    }

    /// <summary>The same for a realtime report, in unix seconds: <c>report</c>, <c>from</c>, <c>to</c>, <c>interval</c> and filter fields.</summary>
    public async Task WriteRealtimeAsync(HttpContext context, RealtimeReports realtime)
    {
        var query = context.Request.Query;
        if (!int.TryParse(query["report"], out var type) || !realtime.Computes(type))
            throw new ArgumentException($"Report '{query["report"]}' is not a realtime report that is computed here.");
        var node = ParamNode.Map();
        foreach (var (name, value) in query)
            node.Set(name switch { "from" => "fromDate", "to" => "toDate", _ => name }, ParamNode.Of(value.ToString()));
        var request = new ReportRequest { Type = type, Filter = ReportFilter.Read(node, catalogue, clock.GetUtcNow().ToUnixTimeSeconds()), ObjectIds = query["objectIds"] };
        var (header, rows) = realtime.Rows(request);
        await RowLines.WriteAsync(context, header, rows).ConfigureAwait(false);
    }

    private static Metric Default(ReportResult result) =>
        result.Metrics[Math.Max(0, result.MetricNames.ToList().IndexOf("count_plays"))];
}

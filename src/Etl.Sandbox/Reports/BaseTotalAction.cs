using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>report.getBaseTotal: what the running totals of 17 and 18 begin with, as numbers; no other type has it (wire facts 3.1).</summary>
internal sealed class BaseTotalAction(ReportEngine engine, ReportBook book)
{
    private static readonly int[] Types = [17, 18];

    // The metrics that run on from date to date; which of them the service names, and in which order, is ours.
    private static readonly string[] Ids = ["total_entries", "total_storage_mb", "total_msecs"];

    public List<object?> Run(ReportRequest request) =>
        [.. Compute(request).Select(value => new ApiObject("KalturaReportBaseTotal", ("id", value.Id), ("data", value.Value)))];

    /// <summary>Name and value of what was held when the range begins.</summary>
    public List<(string Id, double Value)> Compute(ReportRequest request)
    {
        if (Array.IndexOf(Types, request.Type) < 0 || book.Find(request.Type) is not { } report)
            throw ApiException.Internal();
        var before = engine.Base(report, request);
        return [.. Ids.Select(id => (id, report.Metric(id)!.Value(before, default)))];
    }
}

using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>report.getTotal: one row, no terminator, nothing replaced; empty cells when nothing was found (wire facts 3.2).</summary>
internal sealed class TotalAction(ReportEngine engine, ReportBook book)
{
    public ApiObject Run(ReportRequest request)
    {
        var (header, cells) = Compute(request);
        return new ApiObject("KalturaReportTotal",
            ("header", string.Join(request.Delimiter, header)),
            ("data", string.Join(request.Delimiter, cells)));
    }

    /// <summary>Columns and cells before they are glued together.</summary>
    public (IReadOnlyList<string> Header, string[] Cells) Compute(ReportRequest request)
    {
        var report = book.Find(request.Type);
        if (report is null || !report.Declared.SupportsTotal)
            throw ApiException.Internal();
        var result = engine.Total(report, request);
        var empty = request.SkipEmptyDates ? "" : "0";
        var cells = result.Groups == 0
            ? result.Metrics.Select(_ => empty)
            : result.Row(0).Select(TableReply.Print);
        return (result.MetricNames, [.. cells]);
    }
}

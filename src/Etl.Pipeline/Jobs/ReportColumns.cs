using Etl.Core.Catalog;

namespace Etl.Pipeline.Jobs;

/// <summary>The column names that a report can answer with.</summary>
internal static class ReportColumns
{
    private static readonly string[] s_dates = ["date_id", "month_id", "year_id"];

    /// <summary>The columns of a source as far as the catalogue has the full list; null where only its rows will tell.</summary>
    public static IReadOnlyList<string>? OfSource(SourceDraft source) => source.Report is not { ColumnsComplete: true } report ? null : source.Spec?.Action switch
    {
        "total" or "base-total" => report.Totals,
        "table" or "csv" => Of(report),
        "graphs" => OfGraphs(report),
        _ => null,
    };

    /// <summary>Columns of graphs: what a point is at, and the graphs.</summary>
    public static IReadOnlyList<string> OfGraphs(ReportType report) => [.. s_dates, "label", .. report.Graphs];

    /// <summary>Label and metric columns of table and total; the date column of a series changes its name with the interval.</summary>
    public static IReadOnlyList<string> Of(ReportType report) =>
        [.. report.Dimensions.Concat(report.Metrics).Concat(report.Totals).Concat(report.TimeSeries ? s_dates : []).Distinct(StringComparer.Ordinal)];
}

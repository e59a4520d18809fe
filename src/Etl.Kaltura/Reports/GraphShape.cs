using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Kaltura.Catalog;

namespace Etl.Kaltura.Reports;

/// <summary>What the points of a report's graphs are (wire facts 3.2 and E6).</summary>
internal enum GraphShape
{
    /// <summary>The report has no graphs that can be read.</summary>
    None,
    /// <summary>x is a date.</summary>
    Dates,
    /// <summary>x is a day and y holds several lines: <c>name:value,name:value</c>.</summary>
    Lines,
    /// <summary>x is a value of the report's dimension.</summary>
    Labels,
    /// <summary>x is the name of a metric.</summary>
    Metrics,
}

/// <summary>What the catalogue says of a report's graphs.</summary>
internal static class GraphFacts
{
    /// <summary>Column that holds the labels of points.</summary>
    public const string LabelColumn = "label";

    /// <summary>The shape of a report's graphs. Object ids turn several lines per date into one point per label (wire facts 3.2).</summary>
    public static GraphShape ShapeOf(ReportType report, SourceSpec spec) => !report.SupportsGraphs ? GraphShape.None : report.GraphShape switch
    {
        "date points" => GraphShape.Dates,
        "points labelled by dimension value" => GraphShape.Labels,
        "points labelled by metric name" => GraphShape.Metrics,
        { } words when words.StartsWith("date points holding a comma list", StringComparison.Ordinal) => spec.ObjectIds.Count > 0 ? GraphShape.Labels : GraphShape.Lines,
        _ => GraphShape.None,
    };

    /// <summary>True for shapes whose points carry a date.</summary>
    public static bool HasDates(this GraphShape shape) => shape is GraphShape.Dates or GraphShape.Lines;

    /// <summary>The interval to ask: the job's, or what fits the window. Several lines per date are daily whatever is asked (wire facts 3.4).</summary>
    public static string IntervalOf(SourceSpec spec, ReportType report, WindowUnit unit) => spec.Interval ?? (unit, ShapeOf(report, spec)) switch
    {
        (WindowUnit.Month, GraphShape.Dates) => "months",
        (WindowUnit.Hour, GraphShape.Dates) => "hours",
        _ => "days",
    };

    /// <summary>
    /// Why graphs by date cannot be asked with an interval, or null. Reports whose parts are joined know days, months and
    /// years only and answer finer ones with zeros; several lines per date are days only, so that hours would fall on one date (wire facts 3.4).
    /// </summary>
    public static string? FaultOf(ReportType report, GraphShape shape, string interval) => shape switch
    {
        GraphShape.Lines when interval != "days" => $"The graphs of report {report.Id} ({report.Name}) have several lines per date, which are right by the day only. Use interval days.",
        GraphShape.Dates when report.FormOf(interval) is null || report.HasNote("With intervals finer than days every series value comes back as zero") && !s_coarse.Contains(interval, StringComparer.Ordinal) =>
            $"The graphs of report {report.Id} ({report.Name}) have no points by {interval}. Use interval days or months.",
        _ => null,
    };

    /// <summary>Name of the date column of graphs: where the form is the same for every interval, it is not the interval's.</summary>
    public static string DateColumnOf(ReportType report, string interval) =>
        report.TimeKeyFormats.ContainsKey("any") ? "date_id" : ReportFacts.DateColumn(interval);

    private static readonly string[] s_coarse = ["days", "months", "years"];

    private static string? FormOf(this ReportType report, string interval) =>
        report.TimeKeyFormats.GetValueOrDefault(interval) ?? report.TimeKeyFormats.GetValueOrDefault("any");
}

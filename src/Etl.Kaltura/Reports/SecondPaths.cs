using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Live;

namespace Etl.Kaltura.Reports;

/// <summary>Which other way leads to the rows of a source. Pure: asks nobody.</summary>
internal static class SecondPaths
{
    /// <summary>The other way, or why there is none.</summary>
    public static (SecondPath? Path, string? Fault) Find(SourceSpec spec, SecondPathKind kind, ICatalog catalog)
    {
        if (kind == SecondPathKind.Same) return Again(spec, catalog);
        if (spec.Action is not (SourceSpecRules.Table or SourceSpecRules.Csv))
            return (null, $"Action '{spec.Action}' has no second path: {WhyNone(spec.Action)}. Only sources with 'action: table' or 'action: csv' have one.");
        if (catalog.FindReport(spec.Report ?? "") is not { } report) return (null, $"Report '{spec.Report}' is not in the catalogue.");
        if (report.Family == "realtime")
            return (null, Moves(report));
        return kind switch
        {
            SecondPathKind.Csv when spec.Action == SourceSpecRules.Csv => (null, "The source is a csv already. Expected 'table' or 'order'."),
            SecondPathKind.Table when spec.Action == SourceSpecRules.Table => (null, "The source is a table already. Expected 'csv' or 'order'."),
            SecondPathKind.Csv when !report.SupportsCsv || !report.Actions.Contains("getUrlForReportAsCsv") => (null, $"Report {report.Id} ({report.Name}) has no 'csv'."),
            SecondPathKind.Order => Reordered(spec, report, catalog),
            _ when !TableTextForm.Suits(spec.Delimiter) => (null,
                $"Texts of a table with the delimiter '{spec.Delimiter}' cannot be compared with those of a file, which guards texts by their first character. Use '|' or '|~|', or 'order' here."),
            // A file has one page; the size is left as it is by default for a source that becomes one.
            SecondPathKind.Csv => (Path(spec with { Action = SourceSpecRules.Csv, PageSize = SourceSpec.DefaultPageSize }, "csv", report, catalog), null),
            _ => (Path(spec with { Action = SourceSpecRules.Table }, "table", report, catalog), null),
        };
    }

    /// <summary>The same way once more, which all sources have but those that show what goes on now.</summary>
    private static (SecondPath? Path, string? Fault) Again(SourceSpec spec, ICatalog catalog)
    {
        if (LiveRules.Actions.Contains(spec.Action)) return (null, $"Action '{spec.Action}' shows what goes on now: it cannot be asked again.");
        return catalog.FindReport(spec.Report ?? "") is { Family: "realtime" } report ? (null, Moves(report)) : (new SecondPath { Source = spec, Name = "the same way once more" }, null);
    }

    private static string Moves(ReportType report) => $"Report {report.Id} ({report.Name}) shows what goes on now: its rows move between two pulls.";

    private static SecondPath Path(SourceSpec other, string name, ReportType report, ICatalog catalog) => new()
    {
        Source = other,
        Name = name,
        LeftOut = RelativeColumns(report, catalog),
        Texts = new TableTextForm(other.Delimiter),
    };

    private static (SecondPath? Path, string? Fault) Reordered(SourceSpec spec, ReportType report, ICatalog catalog)
    {
        if (report.TimeSeries)
            return (null, $"The rows of report {report.Id} ({report.Name}) are dates, which come in one order on one page.{Instead(spec, report)}");
        if (report.HasNote("The server always uses this order") || OppositeOrder(spec, report) is not { } order)
            return (null, $"Report {report.Id} ({report.Name}) has one order only.{Instead(spec, report)}");
        var other = spec with { Order = order };
        if (spec.Action == SourceSpecRules.Table) other = other with { PageSize = (Math.Min(spec.PageSize, PullContext.ServiceCap) + 1) / 2 };
        var pages = spec.Action == SourceSpecRules.Table ? string.Create(CultureInfo.InvariantCulture, $", pages of {other.PageSize}") : "";
        return (new SecondPath { Source = other, Name = $"order {order}{pages}", LeftOut = RelativeColumns(report, catalog) }, null);
    }

    private static string Instead(SourceSpec spec, ReportType report) =>
        spec.Action == SourceSpecRules.Csv ? " Use 'table'." : report.SupportsCsv ? " Use 'csv'." : "";

    /// <summary>
    /// The opposite of the order that the server follows. No sign is descending; an unknown column, and a label, which sorts a page after it was
    /// chosen, fall back to plays, else to the first metric (wire facts 3.6).
    /// </summary>
    private static string? OppositeOrder(SourceSpec spec, ReportType report)
    {
        var asked = spec.Order ?? report.DefaultOrder ?? "";
        var column = asked.TrimStart('+', '-');
        if (report.Metrics.Contains(column, StringComparer.Ordinal)) return (asked[0] == '+' ? "-" : "+") + column;
        return report.Metrics.Contains("count_plays", StringComparer.Ordinal) ? "+count_plays"
            : report.Metrics.Count > 0 ? "+" + report.Metrics[0] : null;
    }

    // Relative to the largest value of their own request; parts of a split lose them.
    private static List<string> RelativeColumns(ReportType report, ICatalog catalog) =>
        [.. report.Metrics.Where(m => catalog.ColumnOf(report, m) is { RelativeToQuery: true })];

    private static string WhyNone(string action) => action switch
    {
        SourceSpecRules.Total or SourceSpecRules.BaseTotal => "sums are one answer, without rows to put in another order",
        SourceSpecRules.Graphs => "the service gives curves in one form only",
        CustomRules.Action => "the service writes such a file in one way only",
        _ => "the service gives it in one way only",
    };
}

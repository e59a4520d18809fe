using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Kaltura.Reports;

namespace Etl.Cli.Commands;

/// <summary>Which surfaces of the service serve a report: the actions that a job can name for it, as the client's own rules judge them.</summary>
internal static class Surfaces
{
    // The action, and the source that would ask this report.
    private static readonly (string Action, Func<ReportType, SourceSpec?> Ask)[] s_surfaces =
    [
        ("table", r => Report(r, "table")),
        ("total", r => Report(r, "total")),
        ("graphs", r => Report(r, "graphs")),
        ("base-total", r => Report(r, "base-total")),
        ("csv", r => Report(r, "csv")),
        ("custom-csv", r => r.Custom is null ? null : new SourceSpec { Action = "custom-csv", Custom = r.Id }),
        ("microservice", r => r.Background is null ? null : new SourceSpec { Action = "microservice", Background = r.Name }),
    ];

    /// <summary>The actions, in the order of the list above; empty when no job can ask the report.</summary>
    public static IReadOnlyList<string> Of(ICatalog catalog, ReportType report)
    {
        var rules = new KalturaSourceRules(catalog);
        return [.. s_surfaces.Where(s => s.Ask(report) is { } spec && IsServed(rules, spec)).Select(s => s.Action)];
    }

    // Faults at other places (a parameter, an entry id) are met by writing more, not by another action.
    private static bool IsServed(KalturaSourceRules rules, SourceSpec spec) => !rules.Check(spec).Any(f => f.Path is "action" or "report" or "custom" or "name");

    private static SourceSpec? Report(ReportType report, string action) => report.Custom is null ? new SourceSpec { Action = action, Report = report.Id } : null;
}

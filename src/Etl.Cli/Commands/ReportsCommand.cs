using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Kaltura.Reports;

namespace Etl.Cli.Commands;

/// <summary><c>etl reports</c>: the catalogue, listed, searched or one report in full. Needs no account.</summary>
internal static class ReportsCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var report = new Argument<string?>("REPORT") { Description = "Id or name for one report in full; any other word searches.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("reports", "List and search the service's reports; with an id or name show its columns, actions, caps and quirks.") { report };
        command.SetAction(globals, (result, terminal, _) =>
        {
            var catalog = EtlHost.Catalog;
            var word = result.GetValue(report);
            if (word is null)
            {
                List(terminal, catalog, catalog.Reports);
                return Task.FromResult(ExitCode.Done);
            }
            if (catalog.FindReport(word) is { } exact)
            {
                Describe(terminal, catalog, exact);
                return Task.FromResult(ExitCode.Done);
            }
            var found = catalog.Reports.Where(r => Matches(r, word)).ToList();
            if (found.Count == 0)
            {
                var near = catalog.NearestReports(word);
                throw new EtlException(
                    FaultKind.Usage,
                    $"No report is called '{word}' and no description holds the word." + (near.Count > 0 ? $" Near: {string.Join(", ", near)}." : " 'etl reports' lists all."));
            }
            List(terminal, catalog, found);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static bool Matches(ReportType report, string word) =>
        report.Name.Contains(word, StringComparison.OrdinalIgnoreCase)
        || report.Description.Contains(word, StringComparison.OrdinalIgnoreCase)
        || report.Family.Equals(word, StringComparison.OrdinalIgnoreCase)
        || report.Dimensions.Concat(report.Metrics).Any(c => c.Equals(word, StringComparison.OrdinalIgnoreCase));

    private static void List(Terminal terminal, ICatalog catalog, IReadOnlyList<ReportType> reports)
    {
        var rows = reports.Select(r => (Report: r, Surfaces: Surfaces.Of(catalog, r))).ToList();
        foreach (var (r, surfaces) in rows) terminal.Object(new { type = "report", id = r.Id, name = r.Name, family = r.Family, surfaces, description = r.Description });
        terminal.Table(
            null,
            ["id", "name", "family", "actions in a job", "what it tells"],
            rows.Select(r => (IReadOnlyList<string>)[r.Report.Id, r.Report.Name, r.Report.Family, string.Join(' ', r.Surfaces), r.Report.Description]));
        terminal.Note($"{reports.Count} reports. 'etl reports 38' shows one in full.");
    }

    private static void Describe(Terminal terminal, ICatalog catalog, ReportType r)
    {
        var landed = LandedColumns.Of(catalog, r).ToDictionary(c => c.Name, c => TypeName(c.Type));
        terminal.Object(new { type = "report", report = r, surfaces = Surfaces.Of(catalog, r), sources = SourceForms.Of(catalog, r), crossAccount = catalog.VariantOf(r)?.Id, landed, columns = r.Dimensions.Concat(r.Metrics).Select(c => catalog.Columns.GetValueOrDefault(c)).Where(c => c is not null) });
        terminal.Line($"{r.Id}  {r.Name}  ({r.Family})");
        terminal.Line(r.Description);
        terminal.Line();
        if (r.Dimensions.Count + r.Metrics.Count > 0) terminal.Table(null, ["column", "part", "type", "unit", "adds up", "meaning"], r.Dimensions.Select(c => Row(catalog, landed, c, "label")).Concat(r.Metrics.Select(c => Row(catalog, landed, c, "metric"))));
        terminal.Line();
        var forms = SourceForms.Of(catalog, r).ToList();
        foreach (var form in forms) Fact(terminal, "source", form);
        if (forms.Count == 0) Fact(terminal, "source", "none: no job can ask it");
        if (r.Background is { } background) Fact(terminal, "takes", SourceForms.Takes(background));
        Fact(terminal, "API actions", string.Join(", ", r.Actions));
        Fact(terminal, "child accounts", ChildAccounts(catalog, r));
        if (KalturaSourceRules.IsRealtime(r)) Fact(terminal, "live", "polled every 30 s by a live job: 'action: table, interval: ten_seconds' with 'window: { every: minute }'");
        Fact(terminal, "key", r.Key.Count == 0 ? "none: rows are compared as a multiset" : string.Join(", ", r.Key));
        Fact(terminal, "totals", string.Join(", ", r.Totals));
        Fact(terminal, "graphs", string.Join(", ", r.Graphs) + (r.GraphShape is null ? "" : $" ({r.GraphShape})"));
        Fact(terminal, "cap", r.MaxRows is { } max ? $"{max:N0} rows per request" : "");
        Fact(terminal, "past the cap", Splits(r));
        Fact(terminal, "default order", r.DefaultOrder);
        Fact(terminal, "totalCount", r.TotalCount);
        Fact(terminal, "objectIds", r.ObjectIdsMeaning);
        Fact(terminal, "playback types", r.PlaybackTypes);
        Fact(terminal, "data sources", string.Join(", ", r.DataSources));
        Fact(terminal, "date ids", string.Join(", ", r.TimeKeyFormats.Select(f => $"{f.Key} {f.Value}")));
        Fact(terminal, "aliases", string.Join(", ", r.Aliases));
        if (!r.ColumnsComplete) Fact(terminal, "columns", "known from documentation only: the service may send others");
        foreach (var variant in r.Variants) Fact(terminal, "variant", variant);
        foreach (var note in r.Notes) Fact(terminal, "note", note);
    }

    private static IReadOnlyList<string> Row(ICatalog catalog, Dictionary<string, string> landed, string name, string part)
    {
        var c = catalog.Columns.GetValueOrDefault(name);
        var type = landed.GetValueOrDefault(name, "text");
        // The unit of a landed date or instant is in its type; the service's form of it is of no use here.
        var unit = type is "date" or "timestamp" ? "" : c?.Unit ?? "";
        return c is null ? [name, part, type, "", "", ""] : [name, part, type, unit, Adds(c), c.Description];
    }

    private static string TypeName(Core.Columns.ColumnType type) => type.ToString().ToLowerInvariant();

    private static string Adds(ColumnFact c) => c.Additivity switch
    {
        Core.Columns.Additivity.Full => "yes",
        Core.Columns.Additivity.Level => "a level: not over time",
        Core.Columns.Additivity.Unique => "no: distinct count",
        Core.Columns.Additivity.Ratio => "no: ratio",
        _ => c.RelativeToQuery ? "no: relative to the query" : "",
    };

    private static string Splits(ReportType r) => r.Splits.Count == 0
        ? r.SupportsTable && r.MaxRows is not null ? "cannot be split: narrow the filter or shorten the window" : ""
        : string.Join(", then ", r.Splits.Select(s => s.Kind switch
        {
            SplitKind.Range => $"ranges of {s.Filter}",
            SplitKind.Time => "shorter date ranges",
            _ => $"chunks of {s.Filter}" + (s.FromReport is null ? "" : $" (values from report {s.FromReport})"),
        })) + (r.SplitsReviewed ? "" : " (rule derived, not reviewed)");

    private static string? ChildAccounts(ICatalog catalog, ReportType r) =>
        catalog.VariantOf(r) is { } variant ? $"'crossAccount: true' asks {variant.Id} ({variant.Name}) over all of them"
        : catalog.BaseOf(r) is { } of ? $"looks at all of them: the variant of {of.Id} ({of.Name})"
        : r.AccountColumn is not null ? $"lists them: 'accounts: {{ report: {r.Id} }}'" : null;

    private static void Fact(Terminal terminal, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value)) terminal.Line($"{name,-16} {value}");
    }
}

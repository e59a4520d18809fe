using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Text;

namespace Etl.Kaltura.Exports;

/// <summary>
/// What can be wrong with a <c>custom-csv</c> source. The string of parameters has no escapes (wire facts 4.3), and a
/// parameter that the report does not know is dropped without a word: the file would hold more than was asked for.
/// </summary>
internal static class CustomRules
{
    public const string Action = "custom-csv";

    private static readonly string[] s_dates = ["from_date", "to_date", "from_date_id", "to_date_id", "timezone_offset"];

    /// <summary>What is known of a custom report; null for ids that the catalogue does not list.</summary>
    public static CustomRequest? FactsOf(SourceSpec spec, ICatalog catalog) => spec.Custom is { } id ? catalog.FindReport(id)?.Custom : null;

    /// <summary>True when the dates go as day ids.</summary>
    public static bool DatesAsIds(SourceSpec spec, CustomRequest? facts) => spec.Dates is { } form ? form == "ids" : facts?.DatesAsIds == true;

    /// <summary>The source's own privileges, and the one that its report needs.</summary>
    public static IReadOnlyList<string> PrivilegesOf(SourceSpec spec, CustomRequest? facts) =>
        facts?.Privilege is { } name && !Has(spec, name) && spec.Params.GetValueOrDefault(name) is { } value ? [.. spec.Privileges, $"{name}:{value}"] : spec.Privileges;

    /// <summary>Checks the source.</summary>
    public static void Check(SourceSpec spec, ICatalog catalog, Action<string, string> add)
    {
        if (spec.Custom is not { Length: > 0 } id || !id.All(char.IsAsciiDigit))
        {
            add("custom", "The id of a custom report is needed, such as 3007.");
            return;
        }
        var report = catalog.FindReport(id);
        if (report is not null && report.Custom is null)
        {
            add("custom", $"Report {report.Id} ({report.Name}) is no custom report. Write 'report: {report.Id}' and 'action: table'.");
            return;
        }
        if (spec.Dates is not (null or "ids" or "unix")) add("dates", $"'{spec.Dates}' is not a form of dates; expected ids or unix.");
        foreach (var (name, value) in spec.Params) CheckParam(spec, report, name, value, add);
        foreach (var name in report?.Custom?.Required ?? [])
            if (!spec.Params.ContainsKey(name)) add("params", $"Report {id} ({report!.Name}) needs the parameter '{name}'; without it the service fails.");
        CheckPrivilege(spec, report, add);
        for (var i = 0; i < spec.Exclude.Count; i++) CheckExcluded(report, spec.Exclude[i], $"exclude[{i}]", add);
    }

    private static void CheckParam(SourceSpec spec, ReportType? report, string name, string value, Action<string, string> add)
    {
        var path = $"params.{name}";
        if (name.Length == 0 || name.Any(c => c is ';' or '=' || char.IsWhiteSpace(c) || char.IsControl(c)))
            add(path, $"'{name}' is not the name of a parameter.");
        else if (s_dates.Contains(name, StringComparer.Ordinal))
            add(path, $"'{name}' is filled in from the window; leave it out.");
        else if (name == "partner_id")
            add(path, "The account is the caller's own; the service drops this parameter. Use 'accounts'.");
        else if (name == "limit")
            add(path, "A limit would cut the file without a mark; leave it out.");
        else if (report?.Custom is { } facts && spec.Dates is null && !facts.Params.Concat(facts.Required).Contains(name, StringComparer.Ordinal))
            add(path, $"'{name}' is not a parameter that is known of report {report.Id} ({report.Name}); the service would silently drop a wrong one.{Nearest.Hint(name, [.. facts.Params, .. facts.Required])} If the deployment's definition has it, say so by writing 'dates: {(facts.DatesAsIds ? "ids" : "unix")}'.");
        if (value.Contains(';', StringComparison.Ordinal)) add(path, "The value holds ';', which ends a parameter; the service has no way to escape it.");
        else if (value.Any(char.IsControl)) add(path, "The value holds a control character, which the service refuses.");
        else if (value.Length == 0 || value.Trim() != value) add(path, "The value is empty or has blanks at its ends, which the service takes off.");
    }

    private static void CheckPrivilege(SourceSpec spec, ReportType? report, Action<string, string> add)
    {
        if (report?.Custom?.Privilege is not { } name || Has(spec, name)) return;
        if (!spec.Params.TryGetValue(name, out var value)) return;
        if (value.Contains(',', StringComparison.Ordinal))
            add($"params.{name}", $"The session needs the privilege '{name}' for one value; write the privileges yourself under 'privileges'.");
    }

    private static void CheckExcluded(ReportType? report, string name, string path, Action<string, string> add)
    {
        if (name.Length == 0 || name.Contains(',', StringComparison.Ordinal) || name.Any(char.IsControl))
        {
            add(path, $"'{name}' cannot be excluded: names are separated by commas.");
            return;
        }
        if (report is not { ColumnsComplete: true }) return;
        string[] columns = [.. report.Dimensions, .. report.Metrics];
        if (!columns.Contains(name, StringComparer.Ordinal))
            add(path, $"Report {report.Id} ({report.Name}) has no column '{name}'; the service compares exactly and would leave nothing out.{Nearest.Hint(name, columns)}");
    }

    private static bool Has(SourceSpec spec, string privilege) => spec.Privileges.Any(p => p.StartsWith(privilege + ":", StringComparison.OrdinalIgnoreCase));
}

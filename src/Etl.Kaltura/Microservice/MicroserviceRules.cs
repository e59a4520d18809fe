using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Text;

namespace Etl.Kaltura.Microservice;

/// <summary>
/// What can be wrong with a <c>microservice</c> source. Any report may be named, for a deployment may have others than the
/// guide; one that is not listed has to say how it takes its dates, so that a misspelt name is not taken for another report.
/// </summary>
internal static class MicroserviceRules
{
    public const string Action = "microservice";

    private const string FromDay = "from_date_id", ToDay = "to_date_id", FromSecond = "from_date", ToSecond = "to_date";

    private static readonly string[] s_dates = ["iso", "unix", "none"];

    /// <summary>The report in the catalogue; null for one that is not listed.</summary>
    public static ReportType? ReportOf(SourceSpec spec, ICatalog catalog) =>
        spec.Background is { } name && catalog.FindReport(name) is { Background: not null } report ? report : null;

    /// <summary>What the report takes, as far as the catalogue and the source tell.</summary>
    public static BackgroundRequest FactsOf(SourceSpec spec, ReportType? report)
    {
        var known = report?.Background ?? new BackgroundRequest(BackgroundDates.None, null, null, [], [], [], null, null, []);
        return spec.Dates switch
        {
            "none" => known with { Dates = BackgroundDates.None },
            "iso" when known.Dates != BackgroundDates.Iso => known with { Dates = BackgroundDates.Iso, From = FromDay, To = ToDay },
            "unix" when known.Dates != BackgroundDates.Unix => known with { Dates = BackgroundDates.Unix, From = FromSecond, To = ToSecond },
            _ => known,
        };
    }

    /// <summary>The source's own privileges, and the one that its report needs.</summary>
    public static IReadOnlyList<string> PrivilegesOf(SourceSpec spec, ReportType? report) =>
        report?.Background is { Privilege: { } name, PrivilegeFrom: { } from } && !Has(spec, name) && spec.Parameters.GetValueOrDefault(from) is { Values: [var value] }
            ? [.. spec.Privileges, $"{name}:{value}"]
            : spec.Privileges;

    /// <summary>Checks the source.</summary>
    public static void Check(SourceSpec spec, ICatalog catalog, Action<string, string> add)
    {
        if (spec.Background is not { Length: > 0 } name || name.Any(char.IsControl))
        {
            add("name", "The name of a report is needed, such as pollsActivity.");
            return;
        }
        var report = ReportOf(spec, catalog);
        if (report is null && spec.Dates is null)
        {
            var names = catalog.Reports.Where(r => r.Background is not null).Select(r => r.Name);
            add("name", $"'{name}' is not a listed report of the microservice.{Nearest.Hint(name, names)} To ask for it all the same, write how it takes the window's dates: 'dates: iso' ({FromDay} and {ToDay}), 'dates: unix' ({FromSecond} and {ToSecond}) or 'dates: none'.");
        }
        if (spec.Dates is { } dates && !s_dates.Contains(dates)) add("dates", $"'{dates}' is not a form of dates; expected iso, unix or none.");
        var facts = FactsOf(spec, report);
        foreach (var (parameter, value) in spec.Parameters) CheckParameter(spec, report, facts, parameter, value, add);
        foreach (var needed in facts.Required)
            if (!spec.Parameters.ContainsKey(needed)) add("parameters", $"Report {name} needs the parameter '{needed}'.");
        CheckPrivilege(spec, report, add);
    }

    private static void CheckParameter(SourceSpec spec, ReportType? report, BackgroundRequest facts, string name, FilterValue value, Action<string, string> add)
    {
        var path = $"parameters.{name}";
        if (name.Split('.').Any(step => step.Length == 0 || step.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))))
            add(path, $"'{name}' is not the name of a parameter.");
        else if (name == facts.From || name == facts.To)
            add(path, $"'{name}' is filled in from the window; leave it out.");
        else if (spec.Parameters.Keys.Append(facts.From).Append(facts.To).Any(other => other?.StartsWith(name + ".", StringComparison.Ordinal) == true))
            add(path, $"'{name}' cannot have a value: other parameters stand inside it.");
        else if (report is not null && facts.Lists.Contains(name, StringComparer.Ordinal) && !value.IsList)
            add(path, $"'{name}' takes a list; write [{string.Join(", ", value.Values)}].");
        else if (report is not null && facts.Texts.Contains(name, StringComparer.Ordinal) && value.IsList)
            add(path, $"'{name}' takes one value, not a list.");
        else if (report is not null && spec.Dates is null && !facts.Lists.Concat(facts.Texts).Contains(name, StringComparer.Ordinal))
            add(path, $"'{name}' is not known as a parameter of report {report.Name}.{Nearest.Hint(name, facts.Lists.Concat(facts.Texts))} If your deployment knows it, write 'dates: {WordOf(facts.Dates)}' beside it: then any parameter is sent.");
        for (var i = 0; i < value.Values.Count; i++)
        {
            var at = value.IsList ? $"{path}[{i}]" : path;
            if (value.Values[i].Length == 0) add(at, "The value is empty.");
            else if (value.Values[i].Any(char.IsControl)) add(at, "The value holds a control character.");
        }
    }

    private static void CheckPrivilege(SourceSpec spec, ReportType? report, Action<string, string> add)
    {
        if (report?.Background is not { Privilege: { } name, PrivilegeFrom: { } from } || Has(spec, name) || spec.Parameters.GetValueOrDefault(from) is not { } value) return;
        if (value.Values is [var only])
        {
            if (only.Any(c => c is ',' or ':' || char.IsWhiteSpace(c))) add($"parameters.{from}", $"'{only}' is not an id: the session's privilege '{name}' takes it.");
        }
        else
        {
            add($"parameters.{from}", $"The session needs the privilege '{name}' for one event, and '{from}' names {value.Values.Count}. Name one event per source, or write the privilege under 'privileges'.");
        }
    }

    private static string WordOf(BackgroundDates dates) => s_dates[dates switch { BackgroundDates.Iso => 0, BackgroundDates.Unix => 1, _ => 2 }];

    private static bool Has(SourceSpec spec, string privilege) => spec.Privileges.Any(p => p.StartsWith(privilege + ":", StringComparison.OrdinalIgnoreCase));
}

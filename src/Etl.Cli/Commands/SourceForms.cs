using Etl.Core.Catalog;

namespace Etl.Cli.Commands;

/// <summary>How a report is written as a source of a job: which surface of the service serves it.</summary>
internal static class SourceForms
{
    /// <summary>One form per surface, as text of a job file.</summary>
    public static IEnumerable<string> Of(ICatalog catalog, ReportType report)
    {
        if (report.Background is { } background) yield return Microservice(report, background);
        if (report.Custom is { } custom)
            yield return $"{{ custom: {report.Id}, action: custom-csv{Group("params", custom.Required.Select(p => $"{p}: …"))} }}";
        string[] actions = [.. Surfaces.Of(catalog, report).Where(a => report.Custom is null && report.Background is null)];
        if (actions.Length > 0) yield return $"{{ report: {report.Id}, action: {string.Join(" | ", actions)} }}";
    }

    /// <summary>What the dates of a background report are made of, and its other parameters, in words.</summary>
    public static string Takes(BackgroundRequest background)
    {
        var dates = background.Dates switch
        {
            BackgroundDates.Iso => $"{background.From} and {background.To} (days as YYYY-MM-DD, filled in from the window)",
            BackgroundDates.Unix => $"{background.From} and {background.To} (unix seconds, filled in from the window)",
            _ => "no dates",
        };
        return string.Join("; ", background.Lists.Select(p => $"{p} (list{Needed(background, p)})").Concat(background.Texts.Select(p => $"{p} (text{Needed(background, p)})")).Append(dates));
    }

    private static string Microservice(ReportType report, BackgroundRequest background) =>
        $"{{ name: {report.Name}, action: microservice{Group("parameters", background.Lists.Select(p => $"{p}: […]").Concat(background.Texts.Select(p => $"{p}: …")))} }}";

    private static string Group(string key, IEnumerable<string> items) => string.Join(", ", items) is { Length: > 0 } text ? $", {key}: {{ {text} }}" : "";

    private static string Needed(BackgroundRequest background, string parameter) => background.Required.Contains(parameter, StringComparer.Ordinal) ? ", needed" : "";
}

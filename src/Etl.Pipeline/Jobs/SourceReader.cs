using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>A source as far as it could be read.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Node">Where it stands.</param>
/// <param name="Spec">The source, or null when a key that it must have could not be read.</param>
/// <param name="Report">Its report in the catalogue, or null.</param>
/// <param name="Named">True for an entry of <c>sources:</c>.</param>
internal sealed record SourceDraft(string Name, YamlNode Node, SourceSpec? Spec, ReportType? Report, bool Named);

/// <summary>Reads a <c>source:</c> and checks it against the catalogue, then asks the client's own rules.</summary>
internal sealed class SourceReader(ICatalog catalog, ISourceRules? rules, FaultList faults)
{
    private static readonly string[] s_keys =
        ["report", "action", "filter", "order", "pageSize", "delimiter", "objectIds", "interval", "skipEmptyDates", "privileges", "accounts", "crossAccount"];

    private static readonly string[] s_actions =
        ["table", "total", "graphs", "base-total", "csv", CustomSourceReader.Action, MicroserviceSourceReader.Action, .. ListSourceReader.Actions, .. LiveSourceReader.Actions];

    private static readonly string[] s_intervals = ["years", "months", "days", "hours", "minutes", "ten_minutes", "ten_seconds"];

    /// <summary>Reads a source.</summary>
    public SourceDraft Read(string name, YamlMap map, bool named)
    {
        if (CustomSourceReader.Reads(map) || MicroserviceSourceReader.Reads(map))
        {
            var draft = CustomSourceReader.Reads(map)
                ? new CustomSourceReader(catalog, faults).Read(name, map, named)
                : new MicroserviceSourceReader(catalog, faults).Read(name, map, named);
            if (rules is not null && draft.Spec is not null) Ask(rules.Check(draft.Spec), map);
            return draft;
        }
        if (ListSourceReader.Reads(map))
        {
            var draft = new ListSourceReader(catalog, faults).Read(name, map, named);
            if (rules is not null && draft.Spec is not null) Ask(rules.Check(draft.Spec), map);
            return draft;
        }
        if (LiveSourceReader.Reads(map))
        {
            var draft = new LiveSourceReader(catalog, faults).Read(name, map, named);
            if (rules is not null && draft.Spec is not null) Ask(rules.Check(draft.Spec), map);
            return draft;
        }
        var source = new MapFields(map, "a source", s_keys, faults);
        source.Require("action", "Write 'action: table' for rows or 'action: total' for one row of sums.");

        var action = Action(source);
        var report = Report(source, action);
        var spec = new SourceSpec
        {
            Name = name,
            Action = action ?? "",
            Report = report?.Id,
            Filter = new FilterReader(catalog, faults).Read(source),
            Order = Order(source, report),
            PageSize = source.Whole("pageSize", 1, SourceSpec.DefaultPageSize, SourceSpec.DefaultPageSize),
            Delimiter = source.Named("delimiter", IsDelimiter, "Expected a text without ';', quotes and line breaks: the service ends rows with ';'.") ?? SourceSpec.DefaultDelimiter,
            ObjectIds = source.Texts("objectIds"),
            Interval = Interval(source),
            SkipEmptyDates = source.Flag("skipEmptyDates", true),
            Privileges = source.UniqueTexts("privileges", PrivilegeFault),
        };
        spec = new AccountsReader(catalog, faults).Read(spec, source);
        if (action == "csv" && source.Find("pageSize") is { } size) faults.AtKey(size, "A file has one page of 60,000 rows; leave 'pageSize' out.");
        if (action is null || report is null) return new SourceDraft(name, map, null, report, named);
        if (rules is not null) Ask(rules.Check(spec), map);
        return new SourceDraft(name, map, spec, report, named);
    }

    /// <summary>What is wrong with an item of <c>privileges</c>, or null.</summary>
    public static string? PrivilegeFault(string item) =>
        item.Contains(',', StringComparison.Ordinal) ? $"'{item}' holds a comma, which separates privileges. Write one privilege per item." : null;

    private string? Action(MapFields source)
    {
        if (source.Text("action") is not { } action) return null;
        var actions = rules?.Actions ?? s_actions;
        if (actions.Contains(action)) return action;
        faults.At(source.Find("action")!.Value, $"'{action}' is not an action. Expected {Words.Or(actions)}.{Nearest.Hint(action, actions)}");
        return null;
    }

    private ReportType? Report(MapFields source, string? action)
    {
        source.Require("report", "Write its name or id, such as 'report: TOP_CONTENT_CREATOR' or 'report: 38'.");
        if (source.Text("report") is not { } text) return null;
        if (catalog.FindReport(text) is { } report)
        {
            if (source.Flag("crossAccount", false) && Variant(source, report) is { } variant) report = variant;
            if (action is not null && !Has(report, action))
            {
                string[] others = [.. s_actions.Where(a => Has(report, a))];
                faults.At(source.Find("action")!.Value, $"Report {report.Id} ({report.Name}) has no '{action}'.{(others.Length == 0 ? "" : $" It has {Words.Or(others)}.")}");
            }
            return report;
        }
        var near = catalog.NearestReports(text);
        faults.At(source.Find("report")!.Value, $"Report '{text}' is not in the catalogue.{(near.Count == 0 ? "" : $" Did you mean {Words.Or(near)}?")} 'etl reports' lists them all.");
        return null;
    }

    // The same report over all child accounts; null, reported, where there is none.
    private ReportType? Variant(MapFields source, ReportType report)
    {
        if (catalog.VariantOf(report) is { } variant) return variant;
        var known = catalog.Reports.Where(r => catalog.VariantOf(r) is not null).Select(r => r.Id).ToList();
        faults.At(source.Find("crossAccount")!.Value, report.CrossAccount || catalog.BaseOf(report) is not null
            ? $"Report {report.Id} ({report.Name}) looks at all child accounts already; leave 'crossAccount' out."
            : $"Report {report.Id} ({report.Name}) has no variant over child accounts.{(known.Count == 0 ? "" : $" Reports {string.Join(", ", known)} have one.")} List the accounts instead: 'accounts: [...]'.");
        return null;
    }

    private static bool Has(ReportType report, string action) => action switch
    {
        "table" => report.SupportsTable,
        "total" => report.SupportsTotal,
        "graphs" => report.SupportsGraphs,
        "base-total" => report.Actions.Contains("getBaseTotal"),
        "csv" => report.SupportsCsv && report.SupportsTable,
        CustomSourceReader.Action or MicroserviceSourceReader.Action => false,
        _ when ListSourceReader.Actions.Contains(action) => false,
        _ when LiveSourceReader.Actions.Contains(action) => false,
        _ => true,
    };

    private string? Order(MapFields source, ReportType? report)
    {
        if (source.Text("order") is not { } order) return null;
        var column = order.TrimStart('+', '-');
        if (column.Length == 0 || order.Length - column.Length > 1)
        {
            faults.At(source.Find("order")!.Value, $"'{order}' is not an order. Expected '-column' for descending or '+column' for ascending.");
            return null;
        }
        if (report is { ColumnsComplete: true })
        {
            var columns = ReportColumns.Of(report);
            // The service falls back to its default order for an unknown column, without a word.
            if (!columns.Contains(column))
                faults.At(source.Find("order")!.Value, $"'{column}' is not a column of report {report.Id} ({report.Name}).{Nearest.Hint(column, columns)}");
        }
        return order;
    }

    private string? Interval(MapFields source)
    {
        if (source.Text("interval") is not { } interval) return null;
        if (s_intervals.Contains(interval)) return interval;
        faults.At(source.Find("interval")!.Value, $"'{interval}' is not an interval. Expected {Words.Or(s_intervals)}.{Nearest.Hint(interval, s_intervals)}");
        return null;
    }

    /// <summary>Asks the client's rules whether a source fits a live job, or one that is not.</summary>
    public void AskLive(SourceDraft draft, bool live)
    {
        if (rules is not null && draft is { Spec: { } spec, Node: YamlMap map }) Ask(rules.CheckLive(spec, live), map);
    }

    private void Ask(IEnumerable<(string Path, string Message)> found, YamlMap map)
    {
        // What the reader said of a value is not said again in other words.
        var news = found
            .Select(f => (f.Path, Full: f.Path.Length == 0 ? map.Path : $"{map.Path}.{f.Path}", f.Message))
            .Where(f => !faults.Touches(f.Full, map.Path))
            .ToList();
        foreach (var (path, full, message) in news) faults.Add(PlaceOf(map, path), full, message);
    }

    private static Place PlaceOf(YamlMap map, string path)
    {
        YamlNode at = map;
        foreach (var step in path.Split('.', '[', ']').Where(s => s.Length > 0))
        {
            var next = at switch
            {
                YamlMap m => m.Entries.FirstOrDefault(e => e.Key == step)?.Value,
                YamlList l when int.TryParse(step, out var index) && index < l.Items.Count => l.Items[index],
                _ => null,
            };
            if (next is null) break;
            at = next;
        }
        return at.Place;
    }

    private static bool IsDelimiter(string text) => text.AsSpan().IndexOfAny(";\r\n\"") < 0;
}

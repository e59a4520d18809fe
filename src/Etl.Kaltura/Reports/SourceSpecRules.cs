using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Core.Windows;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Lists;
using Etl.Kaltura.Live;
using Etl.Kaltura.Microservice;

namespace Etl.Kaltura.Reports;

/// <summary>A fault of a source in a job file.</summary>
/// <param name="Path">Where in the source: <c>filter.countryIn</c>, <c>order</c>, …</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record SourceSpecFault(string Path, string Message);

/// <summary>
/// What can be wrong with a source before anything is sent. The service itself drops unknown fields, splits values on the
/// delimiter and falls back to default orders without a word (wire facts 1.2, 3.2, 3.6): each of these would widen or
/// empty a table in silence.
/// </summary>
public static class SourceSpecRules
{
    internal const string Table = "table", Total = "total", Graphs = "graphs", BaseTotal = "base-total", Csv = "csv";

    /// <summary>Actions that can be pulled, in the order in which messages list them.</summary>
    internal static readonly string[] Actions = [Table, Total, Graphs, BaseTotal, Csv, CustomRules.Action, MicroserviceRules.Action, ListRules.Entries, ListRules.Captions, ListRules.Events, .. LiveRules.Actions];

    private static readonly string[] s_intervals = ["years", "months", "days", "hours", "minutes", "ten_minutes", "ten_seconds"];
    private static readonly string[] s_fineIntervals = ["hours", "minutes", "ten_minutes", "ten_seconds"];

    private static readonly string[] s_playbackTypes = ["vod", "live", "dvr", "offline"];

    // Filled in from the window and the job.
    private static readonly string[] s_ours = ["fromDate", "toDate", "fromDay", "toDay", "timeZoneOffset", "interval"];

    /// <summary>All faults of a source; empty when it is sound.</summary>
    /// <param name="spec">The source; its report may be a name or an id.</param>
    /// <param name="catalog">What is known of reports.</param>
    /// <param name="window">Length of the job's windows, when known: some reports cannot be cut by the hour.</param>
    public static IReadOnlyList<SourceSpecFault> Check(SourceSpec spec, ICatalog catalog, WindowUnit? window = null)
    {
        List<SourceSpecFault> faults = [];
        void Add(string path, string message) => faults.Add(new SourceSpecFault(path, message));

        CheckShape(spec, Add);
        if (spec.Action == CustomRules.Action)
        {
            CustomRules.Check(spec, catalog, Add);
            return faults;
        }
        if (spec.Action == MicroserviceRules.Action)
        {
            MicroserviceRules.Check(spec, catalog, Add);
            return faults;
        }
        if (ListRules.Covers(spec.Action))
        {
            ListRules.Check(spec, Add);
            return faults;
        }
        if (LiveRules.Actions.Contains(spec.Action))
        {
            LiveRules.Check(spec, Add);
            return faults;
        }
        if (spec.Report is not { Length: > 0 } name)
        {
            Add("report", "A report is needed: a name such as TOP_CONTENT_CREATOR, or an id such as 38.");
        }
        else if (catalog.FindReport(name) is not { } report)
        {
            var near = catalog.NearestReports(name);
            Add("report", $"Report '{name}' is not known.{(near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?")}");
        }
        else
        {
            CheckAction(spec, report, Add);
            CheckOrder(spec, report, Add);
            CheckInterval(spec, report, window, Add);
        }
        foreach (var (field, value) in spec.Filter) CheckFilter(spec, field, value, catalog, Add);
        return faults;
    }

    private static void CheckShape(SourceSpec spec, Action<string, string> add)
    {
        if (spec.Delimiter.Length == 0) add("delimiter", "The delimiter is empty; cells would run together. Use '|'.");
        else if (spec.Delimiter.Contains(';', StringComparison.Ordinal)) add("delimiter", "The delimiter holds ';', which ends rows. Use '|', or several characters such as '|~|'.");
        else if (spec.Delimiter.Any(char.IsControl)) add("delimiter", "The delimiter holds a control character, which the service refuses. Use '|'.");
        if (spec.PageSize is < 1 or > PullContext.ServiceCap)
            add("pageSize", $"The page size is {spec.PageSize}; expected 1 to {PullContext.ServiceCap}, the most that the service returns.");
        for (var i = 0; i < spec.ObjectIds.Count; i++) CheckValue($"objectIds[{i}]", spec.ObjectIds[i], spec.Delimiter, add);
        for (var i = 0; i < spec.Privileges.Count; i++)
        {
            if (spec.Privileges[i].Length == 0 || spec.Privileges[i].Contains(',', StringComparison.Ordinal))
                add($"privileges[{i}]", "A privilege is one 'name' or 'name:value'; write several as several list items.");
        }
        for (var i = 0; i < spec.Accounts.Count; i++)
        {
            if (spec.Accounts[i].Length == 0 || !spec.Accounts[i].All(char.IsAsciiDigit))
                add($"accounts[{i}]", $"Account '{spec.Accounts[i]}' is not an account id; expected digits only.");
        }
    }

    private static void CheckAction(SourceSpec spec, ReportType report, Action<string, string> add)
    {
        (bool Supported, string Wire)? action = spec.Action switch
        {
            Table => (report.SupportsTable, "getTable"),
            Total => (report.SupportsTotal, "getTotal"),
            Graphs => (GraphFacts.ShapeOf(report, spec) != GraphShape.None, "getGraphs"),
            BaseTotal => (true, "getBaseTotal"),
            // The labels of a file are learnt from the table.
            Csv => (report.SupportsCsv && report.SupportsTable, "getUrlForReportAsCsv"),
            _ => null,
        };
        if (action is not var (supported, wire))
        {
            add("action", $"Action '{spec.Action}' is not available here; expected {string.Join(", ", Actions)}.{Nearest.Hint(spec.Action, Actions)}");
            return;
        }
        if (!supported || !report.Actions.Contains(wire, StringComparer.Ordinal))
        {
            var others = report.Actions.Count == 0 ? "nothing that is known" : string.Join(", ", report.Actions);
            add("action", $"Report {report.Id} ({report.Name}) has no action '{spec.Action}'; the service offers {others} for it.");
        }
        // Constants of the server that its enumeration does not hold (wire facts 3.1).
        if (report.Family == "internal")
            add("report", $"Report {report.Id} ({report.Name}) is internal to the service: it is not in the public enumeration, and every call of it is refused.");
        if (spec.Action is Table or Csv && report.HasNote("Works only with fromDay/toDay"))
            add("report", $"Report {report.Id} ({report.Name}) always looks at its own last 30 days and fails with the dates of a window.");
        if (spec.Action == Total && report.HasNote("getTotal needs objectIds to be a single entry ID") && spec.ObjectIds.Count != 1)
            add("objectIds", $"The totals of report {report.Id} ({report.Name}) need exactly one entry id here.");
    }

    private static void CheckOrder(SourceSpec spec, ReportType report, Action<string, string> add)
    {
        if (spec.Order is not { } order) return;
        if (spec.Action is Graphs or BaseTotal)
        {
            add("order", $"Action '{spec.Action}' has no order; leave it out.");
            return;
        }
        var column = order.TrimStart('+', '-');
        if (order.Length - column.Length > 1 || column.Length == 0)
        {
            add("order", $"Order '{order}' is not one; write '-count_plays' (descending) or '+count_plays'.");
            return;
        }
        if (!report.ColumnsComplete) return;
        string[] columns = [.. report.Metrics, .. report.Dimensions, "month_id", "year_id"];
        if (columns.Contains(column, StringComparer.Ordinal)) return;
        add("order", $"Report {report.Id} ({report.Name}) has no column '{column}'; the service would silently use its default order.{Nearest.Hint(column, columns)}");
    }

    private static void CheckInterval(SourceSpec spec, ReportType report, WindowUnit? window, Action<string, string> add)
    {
        if (spec.Interval is { } interval)
        {
            if (!s_intervals.Contains(interval, StringComparer.Ordinal))
                add("interval", $"Interval '{interval}' is not one; expected one of {string.Join(", ", s_intervals)}.{Nearest.Hint(interval, s_intervals)}");
            else if (interval == "years" && spec.Action != Graphs && report.DropsYears())
                add("interval", $"Report {report.Id} ({report.Name}) loses its date column with years, a defect of the service. Use months.");
        }
        var effective = spec.Interval ?? (window is { } unit ? ReportQuery.IntervalOf(spec, report, unit) : "days");
        if (spec.Action == Graphs)
        {
            if (GraphFacts.FaultOf(report, GraphFacts.ShapeOf(report, spec), effective) is { } fault) add(spec.Interval is null ? "window.every" : "interval", fault);
            return;
        }
        if (report.HasDateRows() && s_fineIntervals.Contains(effective, StringComparer.Ordinal)
            && (report.HasNote("With intervals finer than days the rows stay daily") || report.HasNote("With intervals finer than days every series value comes back as zero")))
        {
            add(spec.Interval is null ? "window.every" : "interval", $"Report {report.Id} ({report.Name}) has no rows finer than days. Use interval days and day windows.");
        }
    }

    private static void CheckFilter(SourceSpec spec, string name, FilterValue value, ICatalog catalog, Action<string, string> add)
    {
        var path = $"filter.{name}";
        if (s_ours.Contains(name, StringComparer.Ordinal))
        {
            add(path, $"'{name}' is filled in from the window; leave it out{(name == "interval" ? " of the filter and write 'interval' beside it" : "")}.");
            return;
        }
        if (!catalog.Filters.TryGetValue(name, out var field))
        {
            add(path, $"Filter field '{name}' is not known; the service would silently ignore it.{Nearest.Hint(name, catalog.Filters.Keys)}");
            return;
        }
        if (field.Deprecated) add(path, $"Filter field '{name}' is no longer read by the service.");
        if (field.Type == "object") add(path, $"Filter field '{name}' is an object, which job files cannot write. Use other fields.");
        if (value.Values.Count == 0) add(path, "The list is empty; the service would ignore the field. Leave it out or give values.");
        if (value.Values.Count > 1 && !field.MultiValue) add(path, $"Filter field '{name}' takes one value, not a list.");
        for (var i = 0; i < value.Values.Count; i++)
        {
            var at = value.IsList ? $"{path}[{i}]" : path;
            if (field.MultiValue) CheckValue(at, value.Values[i], field.CommaSeparated ? "," : spec.Delimiter, add, IsListOf(name));
            else CheckScalar(at, field, value.Values[i], add);
            CheckWord(at, name, value.Values[i], add);
        }
    }

    // Values that no row has empty the table in silence; of these fields it is known what rows have (wire facts 3.5).
    private static void CheckWord(string path, string name, string value, Action<string, string> add)
    {
        if (name == "playbackTypeIn" && !value.Contains(',', StringComparison.Ordinal) && !s_playbackTypes.Contains(value, StringComparer.Ordinal))
            add(path, $"'{value}' is not a playback type; expected {string.Join(", ", s_playbackTypes)}.{Nearest.Hint(value, s_playbackTypes)}");
        if (name == "countryIn" && (value.Length == 2 || (value.Length == 3 && value.All(char.IsAsciiLetterUpper))))
            add(path, $"'{value}' looks like the code of a country; the service takes English names, such as 'United States', as the column country of report 36 has them.");
    }

    // The delimiter also splits lists: a value that holds it would be taken for several (anchors: G1).
    private static void CheckValue(string path, string value, string separator, Action<string, string> add, Func<string, bool>? isItem = null)
    {
        if (value.Length == 0)
        {
            add(path, "The value is empty.");
        }
        else if (separator.Length > 0 && value.Contains(separator, StringComparison.Ordinal))
        {
            add(path, $"Value '{value}' holds '{separator}', which separates values in the request: the service would take it for several. "
                + (separator == "," ? "This field cannot hold commas; write several values as a list." : "Write several values as a list, or choose a delimiter that no value holds, such as '|~|'."));
        }
        else if (separator != "," && value.Split(',') is { Length: > 1 } items && Array.TrueForAll(items, i => (isItem ?? IsId)(i.Trim())))
        {
            add(path, $"Value '{value}' looks like several ids joined with commas; under the delimiter '{separator}' it is one id that does not exist. Write a list.");
        }
        else if (value.Any(char.IsControl))
        {
            add(path, "The value holds a control character, which the service refuses.");
        }
    }

    private static void CheckScalar(string path, FilterField field, string value, Action<string, string> add)
    {
        if (field.Type == "bool" && value is not ("true" or "false"))
            add(path, $"'{value}' is not true or false.");
        if (field.Type != "int64") return;
        if (!long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            add(path, $"'{value}' is not a whole number of unix seconds.");
        else if (seconds <= ReportQuery.LargestRelativeTime)
            add(path, $"{seconds} would be taken as relative to now by the service (anything up to {ReportQuery.LargestRelativeTime} is), so no window could be pulled twice alike. Write an absolute unix time.");
    }

    // What an item of a comma-joined list would look like in this field. Names of countries, cities or categories may hold
    // commas; ids and kinds never do, and users' ids are most often mail addresses.
    private static Func<string, bool> IsListOf(string field) =>
        field is "userIds" or "ownerIdsIn" ? item => item.Contains('@', StringComparison.Ordinal)
        : field.EndsWith("IdIn", StringComparison.Ordinal) || field.EndsWith("IdsIn", StringComparison.Ordinal) || field.EndsWith("TypeIn", StringComparison.Ordinal) ? _ => true
        : IsId;

    // Entry ids such as 0_abc12345, and plain numbers.
    private static bool IsId(string item) =>
        item.Length > 0 && (item.All(char.IsAsciiDigit)
            || (item.Length is >= 8 and <= 12 && item[1] == '_' && char.IsAsciiDigit(item[0]) && item[2..].All(char.IsAsciiLetterOrDigit)));
}

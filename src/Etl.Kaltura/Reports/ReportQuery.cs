using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Api;
using Etl.Kaltura.Catalog;

namespace Etl.Kaltura.Reports;

/// <summary>One question to a report: filter, range and order, without pages. A part of a split is the same with a narrower filter.</summary>
internal sealed record ReportQuery
{
    /// <summary>Smaller times are taken as relative to now by the service: ten years in seconds (wire facts 1.2).</summary>
    public const long LargestRelativeTime = 315_360_000;

    private const string PlainFilter = "KalturaReportInputFilter", EndUserFilter = "KalturaEndUserReportInputFilter";

    public required ReportType Report { get; init; }
    public required IReadOnlyDictionary<string, FilterField> Fields { get; init; }
    public required IReadOnlyDictionary<string, FilterValue> Filter { get; init; }
    public required DateTimeOffset From { get; init; }
    public required DateTimeOffset To { get; init; }
    public required int OffsetMinutes { get; init; }
    public required string Interval { get; init; }
    public required string Delimiter { get; init; }
    public required bool SkipEmptyDates { get; init; }
    public IReadOnlyList<string> ObjectIds { get; init; } = [];
    public string? Order { get; init; }

    /// <summary>Account that is asked when it is not the session's own.</summary>
    public string? ActAs { get; init; }

    /// <summary>The question of a window.</summary>
    public static ReportQuery Of(SourceSpec spec, ReportType report, ICatalog catalog, PullRequest request, string? actAs)
    {
        var query = new ReportQuery
        {
            Report = report,
            Fields = catalog.Filters,
            Filter = spec.Filter,
            From = request.Window.From,
            To = request.Window.To,
            OffsetMinutes = request.TimeZoneOffsetMinutes,
            Interval = IntervalOf(spec, report, request.Window.Unit),
            Delimiter = spec.Delimiter,
            SkipEmptyDates = spec.SkipEmptyDates,
            ObjectIds = spec.ObjectIds,
            Order = spec.Order,
            ActAs = actAs,
        };
        if (query.From.ToUnixTimeSeconds() <= LargestRelativeTime)
            throw new EtlException(FaultKind.Usage, $"The window {request.Window.Label} lies before 1980: the service takes such times as relative to now. Choose a later window.") { Code = "bad-window" };
        return query;
    }

    /// <summary>The interval of a request: the job's, or what fits the window. Only date rows follow it (wire facts 3.4).</summary>
    public static string IntervalOf(SourceSpec spec, ReportType report, WindowUnit unit) => spec.Action == SourceSpecRules.Graphs ? GraphFacts.IntervalOf(spec, report, unit) : spec.Interval ?? unit switch
    {
        WindowUnit.Month when report.HasDateRows() => "months",
        WindowUnit.Hour when report.HasDateRows() => "hours",
        _ => "days",
    };

    /// <summary>The same with one filter field more, or another value of it.</summary>
    public ReportQuery With(string field, params IReadOnlyList<string> values) =>
        this with { Filter = new Dictionary<string, FilterValue>(Filter) { [field] = new FilterValue(values, values.Count != 1) } };

    /// <summary>One page of the table.</summary>
    public ApiRequest Table(int page, int size)
    {
        var fields = Common();
        fields.Add(new("pager[objectType]", "KalturaFilterPager"));
        fields.Add(new("pager[pageSize]", Text(size)));
        fields.Add(new("pager[pageIndex]", Text(page)));
        if (Order is { } order) fields.Add(new("order", order));
        return new ApiRequest("report", "getTable", fields) { Page = page };
    }

    /// <summary>
    /// The table as a file (wire facts 4.1). Without a pager the service writes 30 rows; beyond the cap of 60,000 it refuses.
    /// </summary>
    /// <param name="title">Stands in the file's first line.</param>
    /// <param name="labels"><c>TOTALS;TABLE</c>, each a list with commas.</param>
    /// <param name="rows">Rows asked.</param>
    public ApiRequest Csv(string title, string labels, int rows)
    {
        var fields = Common();
        fields.AddRange([
            new("reportTitle", title), new("reportText", "etl"), new("headers", labels),
            new("pager[objectType]", "KalturaFilterPager"), new("pager[pageSize]", Text(rows)), new("pager[pageIndex]", "1"),
        ]);
        if (Order is { } order) fields.Add(new("order", order));
        return new ApiRequest("report", "getUrlForReportAsCsv", fields);
    }

    /// <summary>The totals of the same question.</summary>
    public ApiRequest Total() => new("report", "getTotal", Common());

    /// <summary>The graphs of the same question.</summary>
    public ApiRequest Graphs() => new("report", "getGraphs", Common());

    /// <summary>What the running totals of the same question begin with.</summary>
    public ApiRequest BaseTotal() => new("report", "getBaseTotal", Common());

    private List<KeyValuePair<string, string>> Common()
    {
        const string F = "reportInputFilter", R = "responseOptions";
        var endUser = Filter.Keys.Any(k => Fields.TryGetValue(k, out var f) && f.EndUserOnly);
        List<KeyValuePair<string, string>> fields =
        [
            new("reportType", Report.Id),
            // The plain type tells totalCount far more often; the other is needed for its own fields only (wire facts 3.5).
            new($"{F}[objectType]", endUser ? EndUserFilter : PlainFilter),
            new($"{F}[fromDate]", Text(From.ToUnixTimeSeconds())),
            new($"{F}[toDate]", Text(To.ToUnixTimeSeconds())),
            new($"{F}[timeZoneOffset]", Text(OffsetMinutes)),
            new($"{F}[interval]", Interval),
        ];
        foreach (var (name, value) in Filter.OrderBy(f => f.Key, StringComparer.Ordinal))
        {
            var comma = Fields.TryGetValue(name, out var field) && field.CommaSeparated;
            fields.Add(new($"{F}[{name}]", string.Join(comma ? "," : Delimiter, value.Values)));
        }
        if (ObjectIds.Count > 0) fields.Add(new("objectIds", string.Join(Delimiter, ObjectIds)));
        fields.Add(new($"{R}[objectType]", "KalturaReportResponseOptions"));
        fields.Add(new($"{R}[delimiter]", Delimiter));
        fields.Add(new($"{R}[skipEmptyDates]", SkipEmptyDates ? "true" : "false"));
        if (ActAs is { } account) fields.Add(new("partnerId", account));
        return fields;
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

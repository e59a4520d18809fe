using System.Globalization;
using System.Text.Json;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Text;
using Etl.Testing;

namespace Etl.Pipeline.Tests.Jobs;

/// <summary>A catalogue for tests: three reports by hand, or the project's own files read in the plainest way.</summary>
internal sealed class TestCatalog(IReadOnlyList<ReportType> reports, IEnumerable<FilterField> filters, IEnumerable<ColumnFact> columns) : ICatalog
{
    /// <summary>Reports 38, 34 and 99 (totals only, columns not complete) and six filter fields.</summary>
    public static readonly TestCatalog Small = new(
        [
            new ReportType
            {
                Id = "38", Name = "TOP_CONTENT_CREATOR", Aliases = ["topContentCreator"], Dimensions = ["object_id", "entry_name"],
                Metrics = ["count_plays"], Totals = ["count_plays"], Key = ["object_id"], SupportsTable = true, SupportsTotal = true, SupportsCsv = true, ColumnsComplete = true,
            },
            new ReportType
            {
                Id = "34", Name = "USER_ENGAGEMENT_TIMELINE", Dimensions = ["date_id"], Metrics = ["count_plays"],
                TimeSeries = true, SupportsTable = true, SupportsTotal = true, ColumnsComplete = true,
            },
            new ReportType { Id = "99", Name = "ONLY_TOTALS", SupportsTotal = true },
        ],
        [
            Field("playbackTypeIn", "string", multi: true), Field("entryIdIn", "string", multi: true), Field("keywords", "string"),
            Field("searchInTags", "bool"), Field("entryCreatedAtLessThanOrEqual", "int64"), Field("entryOperator", "object"),
            Field("fromDate", "int64"), Field("searchInAdminTags", "bool", deprecated: true),
        ],
        []);

    public IReadOnlyList<ReportType> Reports { get; } = reports;
    public IReadOnlyDictionary<string, FilterField> Filters { get; } = filters.ToDictionary(f => f.Name);
    public IReadOnlyDictionary<string, ColumnFact> Columns { get; } = columns.ToDictionary(c => c.Name);

    public ReportType? FindReport(string nameOrId) =>
        Reports.FirstOrDefault(r => r.Id == nameOrId || string.Equals(r.Name, nameOrId, StringComparison.OrdinalIgnoreCase) || r.Aliases.Contains(nameOrId));

    public IReadOnlyList<string> NearestReports(string nameOrId, int count = 3) => Nearest.Of(nameOrId, Reports.Select(r => r.Name), count);

    /// <summary>Reads <c>schemas/*.json</c>.</summary>
    public static TestCatalog FromSchemas()
    {
        using var reports = Open("reports.json");
        using var filters = Open("filters.json");
        using var columns = Open("columns.json");
        return new TestCatalog(
            [.. reports.RootElement.EnumerateArray().Select(Report)],
            [.. filters.RootElement.GetProperty("fields").EnumerateArray().Select(f => new FilterField(
                Text(f, "name")!, Text(f, "type")!, Text(f, "meaning")!, Flag(f, "multi_value"),
                Text(f, "declared_in") == "KalturaEndUserReportInputFilter", Text(f, "value_separator") == "comma", Flag(f, "deprecated")))],
            [.. columns.RootElement.EnumerateArray().Select(c => new ColumnFact(
                Text(c, "name")!, Text(c, "type")!, Text(c, "storage")!, Text(c, "unit"), Text(c, "description")!, Text(c, "kind") == "metric",
                Text(c, "additivity") == "full" ? Additivity.Full : Additivity.None, Flag(c, "relative_to_query")))]);
    }

    private static FilterField Field(string name, string type, bool multi = false, bool deprecated = false) =>
        new(name, type, "", multi, EndUserOnly: false, CommaSeparated: false, deprecated);

    private static ReportType Report(JsonElement r) => new()
    {
        Id = r.GetProperty("id").ValueKind == JsonValueKind.Number
            ? r.GetProperty("id").GetInt32().ToString(CultureInfo.InvariantCulture)
            : Text(r, "id")!,
        Name = Text(r, "name")!,
        Aliases = Texts(r, "aliases"),
        Dimensions = Texts(r, "dimensions"),
        Metrics = Texts(r, "metrics"),
        Totals = Texts(r, "totals"),
        Key = Texts(r, "key"),
        TimeSeries = Flag(r, "time_series"),
        ColumnsComplete = Flag(r, "columns_complete"),
        CrossAccount = Flag(r, "cross_account"),
        SupportsTable = r.TryGetProperty("supports", out var supports) && Flag(supports, "table"),
        SupportsTotal = r.TryGetProperty("supports", out supports) && Flag(supports, "total"),
        SupportsGraphs = r.TryGetProperty("supports", out supports) && Flag(supports, "graphs"),
        Graphs = Texts(r, "graphs"),
        Actions = r.TryGetProperty("api", out var api) ? Texts(api, "actions") : [],
        SupportsCsv = r.TryGetProperty("supports", out supports) && Flag(supports, "csv"),
    };

    private static JsonDocument Open(string name) => JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("schemas", name)));

    private static string? Text(JsonElement e, string name) => e.TryGetProperty(name, out var v) ? v.GetString() : null;

    private static bool Flag(JsonElement e, string name) => e.TryGetProperty(name, out var v) && v.ValueKind == JsonValueKind.True;

    private static string[] Texts(JsonElement e, string name) =>
        e.TryGetProperty(name, out var v) ? [.. v.EnumerateArray().Select(i => i.GetString()!)] : [];
}

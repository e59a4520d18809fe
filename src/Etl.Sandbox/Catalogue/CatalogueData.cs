using System.Text.Json;

namespace Etl.Sandbox.Catalogue;

/// <summary>A report type as the catalogue declares it; column order is the order of the answers.</summary>
internal sealed record CatalogueReport(
    int Id,
    string Name,
    IReadOnlyList<string> Dimensions,
    IReadOnlyList<string> Metrics,
    IReadOnlyList<string> Totals,
    IReadOnlyList<string> Graphs,
    IReadOnlyList<string> DataSources,
    bool SupportsTable,
    bool SupportsTotal,
    bool SupportsGraphs,
    bool InPublicEnum);

/// <summary>A field of the report filter and the data sources that hold its dimension.</summary>
internal sealed record CatalogueField(string Name, string DeclaredIn, string ApiType, IReadOnlyList<string> DataSources);

/// <summary>The catalogue files, read from the assembly by the sandbox's own loader.</summary>
internal sealed class CatalogueData
{
    private static readonly Lazy<CatalogueData> Embedded = new(Read);

    private readonly Dictionary<int, CatalogueReport> _reports = [];
    private readonly Dictionary<string, CatalogueField> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _columnTypes = new(StringComparer.Ordinal);

    private CatalogueData()
    {
    }

    /// <summary>The embedded catalogue; read once.</summary>
    public static CatalogueData Load() => Embedded.Value;

    public IReadOnlyDictionary<string, CatalogueField> Fields => _fields;

    public IEnumerable<CatalogueReport> Reports => _reports.Values;

    public CatalogueReport? Find(int id) => _reports.GetValueOrDefault(id);

    public CatalogueReport Require(int id) => Find(id) ?? throw new InvalidOperationException($"Report type {id} is not in the embedded catalogue.");

    /// <summary>The catalogue's type of a column, <c>string</c> when it is not listed.</summary>
    public string ColumnType(string column) => _columnTypes.GetValueOrDefault(column, "string");

    private static CatalogueData Read()
    {
        var data = new CatalogueData();
        using (var reports = Parse("reports.json"))
        {
            foreach (var report in reports.RootElement.EnumerateArray())
            {
                // Reports with a name instead of a number (quizzes, live service, microservice) are not types of this enumeration.
                if (report.GetProperty("id").ValueKind == JsonValueKind.Number)
                {
                    var read = ReadReport(report);
                    data._reports[read.Id] = read;
                }
            }
        }
        using (var columns = Parse("columns.json"))
        {
            foreach (var column in columns.RootElement.EnumerateArray())
                data._columnTypes[column.GetProperty("name").GetString()!] = column.GetProperty("type").GetString()!;
        }
        using var filters = Parse("filters.json");
        foreach (var field in filters.RootElement.GetProperty("fields").EnumerateArray())
        {
            var name = field.GetProperty("name").GetString()!;
            data._fields[name] = new(name, field.GetProperty("declared_in").GetString()!, field.GetProperty("api_type").GetString()!,
                Names(field, "effective_data_sources"));
        }
        return data;
    }

    private static CatalogueReport ReadReport(JsonElement report)
    {
        var supports = report.GetProperty("supports");
        return new(
            report.GetProperty("id").GetInt32(),
            report.GetProperty("name").GetString()!,
            Names(report, "dimensions"),
            Names(report, "metrics"),
            Names(report, "totals"),
            Names(report, "graphs"),
            Names(report, "data_sources"),
            Flag(supports, "table"),
            Flag(supports, "total"),
            Flag(supports, "graphs"),
            Flag(report, "in_public_enum"));
    }

    private static string[] Names(JsonElement owner, string property) =>
        owner.TryGetProperty(property, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(item => item.GetString()!)]
            : [];

    private static bool Flag(JsonElement owner, string property) =>
        owner.TryGetProperty(property, out var flag) && flag.ValueKind == JsonValueKind.True;

    internal static JsonDocument Parse(string resource)
    {
        using var stream = typeof(CatalogueData).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The catalogue file '{resource}' is not embedded in the assembly.");
        return JsonDocument.Parse(stream);
    }
}

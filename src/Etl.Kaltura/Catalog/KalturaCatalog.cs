using Etl.Core.Catalog;
using Etl.Core.Text;

namespace Etl.Kaltura.Catalog;

/// <summary>
/// The service's reports, columns and filter fields as embedded data. Each of the three files is read on its first use
/// and kept; an instance costs nothing until then. Safe for concurrent use.
/// </summary>
public sealed class KalturaCatalog : ICatalog
{
    private readonly Lazy<IReadOnlyList<ReportType>> _reports = new(() => Read("catalog/reports.json", ReportsFile.Read));
    private readonly Lazy<IReadOnlyDictionary<string, ColumnFact>> _columns = new(() => Read("catalog/columns.json", ColumnsFile.Read));
    private readonly Lazy<IReadOnlyDictionary<string, FilterField>> _filters = new(() => Read("catalog/filters.json", FiltersFile.Read));
    private readonly Lazy<Dictionary<string, ReportType>> _byName;

    /// <summary>Makes a catalogue that reads nothing yet.</summary>
    public KalturaCatalog() => _byName = new(() => Index(Reports));

    /// <summary>The one that a process shares.</summary>
    public static KalturaCatalog Shared { get; } = new();

    /// <inheritdoc/>
    public IReadOnlyList<ReportType> Reports => _reports.Value;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, ColumnFact> Columns => _columns.Value;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, FilterField> Filters => _filters.Value;

    /// <inheritdoc/>
    public ReportType? FindReport(string nameOrId) => _byName.Value.GetValueOrDefault(nameOrId.Trim());

    /// <inheritdoc/>
    public IReadOnlyList<string> NearestReports(string nameOrId, int count = 3) =>
        Nearest.Of(nameOrId, Reports.Select(r => r.Name).Concat(Reports.SelectMany(r => r.Aliases)), count);

    // Ids win over names, names over aliases; of two reports with one name the first stands.
    private static Dictionary<string, ReportType> Index(IReadOnlyList<ReportType> reports)
    {
        var index = new Dictionary<string, ReportType>(StringComparer.OrdinalIgnoreCase);
        foreach (var report in reports) index.TryAdd(report.Id, report);
        foreach (var report in reports) index.TryAdd(report.Name, report);
        foreach (var report in reports)
            foreach (var alias in report.Aliases) index.TryAdd(alias, report);
        return index;
    }

    private static T Read<T>(string resource, Func<Stream, T> read)
    {
        using var stream = typeof(KalturaCatalog).Assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource '{resource}'.");
        return read(stream);
    }
}

using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;

namespace Etl.Kaltura.Reports;

/// <summary>The columns that a report's table lands with, for showing them before anything was pulled.</summary>
public static class LandedColumns
{
    /// <summary>Names and types under the catalogue's own names, dates as by the day.</summary>
    public static IReadOnlyList<Column> Of(ICatalog catalog, ReportType report)
    {
        var binder = new TableBinder(catalog, report, "days", SchemaPolicy.Evolve, 0);
        return binder.Table([.. report.Dimensions.Concat(report.Metrics).Distinct(StringComparer.Ordinal)]).Schema.Columns;
    }
}

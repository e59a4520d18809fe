using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Catalog;

/// <summary>What the columns of a report's CSV file are, for files that somebody has at hand: dates by the day, in UTC.</summary>
public static class ReportFilePlan
{
    /// <summary>The columns of a header; names that the catalogue does not know are text.</summary>
    /// <exception cref="Core.Errors.EtlException">A name is empty or stands twice.</exception>
    public static TablePlan Of(ICatalog catalog, ReportType report, IReadOnlyList<string> header) => Binder(catalog, report).Table(header).Plan;

    /// <summary>The columns that the catalogue expects, for a file without a table.</summary>
    public static TablePlan Expected(ICatalog catalog, ReportType report) => Binder(catalog, report).ExpectedTable().Plan;

    private static TableBinder Binder(ICatalog catalog, ReportType report) => new(catalog, report, "days", SchemaPolicy.Evolve, offsetMinutes: 0);
}

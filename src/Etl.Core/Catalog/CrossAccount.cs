namespace Etl.Core.Catalog;

/// <summary>
/// Variants of reports that a parent account asks over all its child accounts at once (20001 to 20023). They carry the name of
/// their report with a suffix; there is no rule for the ids, and most reports have none.
/// </summary>
public static class CrossAccount
{
    private const string Suffix = "_VPAAS";

    /// <summary>The variant of a report; null where there is none.</summary>
    public static ReportType? VariantOf(this ICatalog catalog, ReportType report) => catalog.FindReport(report.Name + Suffix);

    /// <summary>The report that a variant belongs to; null for reports that are no variant.</summary>
    public static ReportType? BaseOf(this ICatalog catalog, ReportType variant) =>
        variant.Name.EndsWith(Suffix, StringComparison.Ordinal) ? catalog.FindReport(variant.Name[..^Suffix.Length]) : null;
}

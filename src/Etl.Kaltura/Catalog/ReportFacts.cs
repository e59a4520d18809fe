using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;

namespace Etl.Kaltura.Catalog;

/// <summary>Facts that depend on the report: what its notes say of single columns, and what its rows are.</summary>
internal static class ReportFacts
{
    private const string ViewersNote = "unique_known_users is bound to users who played";

    // Rows of these reports do not add up to the total: a dimension with several values per event, or a roll-up row.
    private static readonly string[] s_notAdditive = ["Rows overlap", "a roll-up row is added"];

    private static readonly string[] s_dateColumns = ["date_id", "month_id", "year_id"];

    /// <summary>What is known of a column in this report; null when the catalogue does not know it.</summary>
    public static ColumnFact? ColumnOf(this ICatalog catalog, ReportType report, string name)
    {
        if (!catalog.Columns.TryGetValue(name, out var fact)) return null;
        if (name == "unique_known_users" && report.HasNote(ViewersNote))
            fact = fact with { Unit = "viewers", Description = "Unique viewers, anonymous ones included; other reports call it unique_viewers." };
        if (fact.Additivity == Additivity.Full && s_notAdditive.Any(report.HasNote)) fact = fact with { Additivity = Additivity.None };
        // Of a name alone nobody knows what it holds where columns are not published.
        if (report.Background?.TextColumns.Contains(name, StringComparer.Ordinal) == true)
            fact = fact with { Type = "string", Storage = "string", Unit = null, IsMetric = false, Additivity = Additivity.None };
        // The floor is that of report tables. How a custom report computes its percentages is not public: a fraction is no fault there.
        if (report.Custom is not null && fact is { Type: "percent", Storage: "int64" }) fact = fact with { Storage = "double" };
        return fact;
    }

    /// <summary>True when rows carry a date, alone or with labels: only these follow <c>interval</c> (wire facts 3.4).</summary>
    public static bool HasDateRows(this ReportType report) => report.Dimensions.Any(IsDateColumn);

    /// <summary>True for <c>date_id</c>, <c>month_id</c> and <c>year_id</c>.</summary>
    public static bool IsDateColumn(string name) => s_dateColumns.Contains(name, StringComparer.Ordinal);

    /// <summary>The date column that an interval gives (wire facts 3.4).</summary>
    public static string DateColumn(string interval) => interval switch { "months" => "month_id", "years" => "year_id", _ => "date_id" };

    /// <summary>True when the server leaves the year column out, so that rows could not be told apart.</summary>
    public static bool DropsYears(this ReportType report) =>
        report.Variants.Any(v => v.StartsWith("interval=years", StringComparison.Ordinal) && v.Contains("defect", StringComparison.Ordinal));

    /// <summary>True when a request gets other columns than the report's own.</summary>
    public static bool HasVariant(this ReportType report, SourceSpec spec, string interval)
    {
        return (spec.ObjectIds.Count > 0 && Has("objectIds set"))
            || (spec.Filter.ContainsKey("entryIdIn") && Has("entryIdIn set"))
            || report.Variants.Any(v => v.StartsWith($"interval={interval}", StringComparison.Ordinal) && v.Contains("defect", StringComparison.Ordinal));

        bool Has(string condition) => report.Variants.Any(v => v.StartsWith(condition, StringComparison.Ordinal));
    }

    /// <summary>True when a note of the catalogue holds these words.</summary>
    public static bool HasNote(this ReportType report, string words) => report.Notes.Any(n => n.Contains(words, StringComparison.Ordinal));
}

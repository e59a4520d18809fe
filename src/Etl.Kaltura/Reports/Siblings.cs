using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Reports;

/// <summary>What other sources of the job ask for the same window, as far as it is small: totals and graphs.</summary>
internal static class Siblings
{
    /// <summary>The calls of those that use the same session.</summary>
    public static IReadOnlyList<ApiRequest> Of(SourceSpec spec, ICatalog catalog, PullRequest request, string? actAs) =>
        [.. request.Together
            .Where(s => s.Action is SourceSpecRules.Total or SourceSpecRules.Graphs && s.Privileges.SequenceEqual(spec.Privileges, StringComparer.Ordinal))
            .Select(s => (Spec: s, Query: ReportQuery.Of(s, catalog.FindReport(s.Report!)!, catalog, request, actAs)))
            .Select(s => s.Spec.Action == SourceSpecRules.Total ? s.Query.Total() : s.Query.Graphs())];
}

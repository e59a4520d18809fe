using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Kaltura.Live;

namespace Etl.Kaltura.Reports;

/// <summary>The client's rules for sources, for readers of job files.</summary>
public sealed class KalturaSourceRules(ICatalog catalog) : ISourceRules
{
    /// <summary>True for a report whose table a live job can poll.</summary>
    public static bool IsRealtime(ReportType report) => LiveRules.Realtime.Contains(report.Id);

    /// <inheritdoc/>
    public IReadOnlyList<string> Actions => SourceSpecRules.Actions;

    /// <inheritdoc/>
    public IEnumerable<(string Path, string Message)> Check(SourceSpec spec) =>
        SourceSpecRules.Check(spec, catalog).Select(f => (f.Path, f.Message));

    /// <inheritdoc/>
    public IEnumerable<(string Path, string Message)> CheckLive(SourceSpec spec, bool live) => LiveRules.CheckLive(spec, live);

    /// <inheritdoc/>
    public string? FindSecondPathFault(SourceSpec spec, SecondPathKind kind) => SecondPaths.Find(spec, kind, catalog).Fault;
}

using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Pulls a custom report (<c>action: custom-csv</c>): reports that a deployment defines for itself, so ids, columns and
/// parameters beyond those of the guides are taken as they come, and a column that is not known follows the job's schema policy.
/// </summary>
internal sealed class CustomCsvSource : ISource
{
    private readonly KalturaConnection _connection;
    private readonly ICatalog _catalog;
    private readonly SourceSpec _spec;
    private readonly ReportType _report;
    private readonly string _account;

    public CustomCsvSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account)
    {
        (_connection, _catalog, _spec, _account) = (connection, catalog, spec, account);
        var known = catalog.FindReport(spec.Custom!) ?? new ReportType { Id = spec.Custom!, Name = "custom report" };
        bool Asked(string column) => !spec.Exclude.Contains(column, StringComparer.Ordinal);
        _report = known with { Dimensions = [.. known.Dimensions.Where(Asked)], Metrics = [.. known.Metrics.Where(Asked)] };
    }

    private bool DatesAsIds => CustomRules.DatesAsIds(_spec, _report.Custom);

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        if (DatesAsIds && request.Window.Unit is not (WindowUnit.Day or WindowUnit.Month))
        {
            throw new EtlException(FaultKind.Usage, $"Report {_report.Id} ({_report.Name}) takes whole days only, and the window {request.Window.Label} is shorter. Write 'window: {{ every: day }}'.")
            { Code = "bad-window" };
        }
        var pull = PullContext.Of(_connection, _catalog, _spec, _report, request, sink, _account, fileCap: CustomChain.Cap);
        var query = CustomQuery.Of(_spec, DatesAsIds, request, _connection.ActAs(_account));
        var chain = new CustomChain(pull);
        var whole = await chain.RunAsync(query, new SinkTarget(sink), "", cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(whole.Proof);
        return whole.End == ChainEnd.Capped
            ? await new CustomSplit(pull, chain, whole.Table!).RunAsync(query, cancellation).ConfigureAwait(false)
            : new PullOutcome(whole.Table!.Schema, whole.Rows, null, pull.Proof(whole.End == ChainEnd.Empty));
    }

    public PullForecast Forecast(PullRequest request) => new(1, _report.Custom?.DateColumn is { } column && request.Window.Unit == WindowUnit.Month
        ? $"a window of {CustomChain.Cap} rows is split by days, if all columns beside '{column}' are known and add up"
        : $"a window of {CustomChain.Cap} rows cannot be split and fails");
}

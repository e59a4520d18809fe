using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Catalog;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Pulls a report's table (<c>action: table</c>) for one window: one page chain, or parts whose row keys cannot overlap when
/// the table is larger than one request can reach.
/// </summary>
internal sealed class TableSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, string account) : ISource
{
    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var actAs = connection.ActAs(account);
        var query = ReportQuery.Of(spec, report, catalog, request, actAs);
        var pull = PullContext.Of(
            connection, catalog, spec, report, request, sink, account, query.Interval, siblings: Siblings.Of(spec, catalog, request, actAs));
        pull.PageSize = Math.Min(spec.PageSize, pull.Cap);

        var runner = new ChainRunner(pull);
        var days = new DateSpill(request, query.Interval);
        var whole = await runner.RunAsync(query, new DatedTarget(new SinkTarget(sink), days), "", cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(whole.Proof);
        if (whole.End == ChainEnd.Capped)
            return await new SplitPull(pull, catalog, runner, days).RunAsync(query, whole, cancellation).ConfigureAwait(false);

        var repeated = whole.Keys.RepeatedInPage;
        if (repeated > 0) pull.Note($"{repeated} key(s) stand twice within one page.");
        days.Tell(pull);
        // Asked last, so that the sums are compared with what the service says when all rows are here.
        var totals = whole.Totals ?? (report.SupportsTotal ? await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false) : null);
        var schema = whole.Table?.Schema ?? pull.Binder.ExpectedTable().Schema;
        return new PullOutcome(schema, whole.Rows, totals?.Numbers, pull.Proof(whole.End == ChainEnd.Empty));
    }

    public PullForecast Forecast(PullRequest request)
    {
        var cap = report.MaxRows ?? PullContext.ServiceCap;
        var risk = report.HasDateRows() && report.TimeSeries
            ? "none: one row per date"
            : report.Splits.Count == 0
                ? $"a window of {cap} rows or more cannot be split and fails"
                : $"a window of {cap} rows or more is split by {string.Join(", then ", report.Splits.Select(SplitPull.Describe))}";
        return new PullForecast(1, risk);
    }
}

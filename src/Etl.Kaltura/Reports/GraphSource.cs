using System.Security.Cryptography;
using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Completeness;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Pulls a report's graphs (<c>action: graphs</c>) as rows: the date or label of the points, then one column per graph.
/// One call brings everything, since graphs have no pages and the service asks its engine for all groups; what is held in
/// memory is one answer, at most <see cref="MaxBytes"/>.
/// </summary>
internal sealed class GraphSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, string account) : ISource
{
    // A month by the minute: 44,640 points of about 25 bytes in 10 graphs are 11 MB.
    private const int MaxBytes = 64 << 20;

    private readonly GraphShape _shape = GraphFacts.ShapeOf(report, spec);

    // Totals prove rows that are parts of them: points by metric name are not, and labels are proven by being all groups.
    private bool HasTotals => report.SupportsTotal && _shape.HasDates();

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var query = ReportQuery.Of(spec, report, catalog, request, connection.ActAs(account));
        if (GraphFacts.FaultOf(report, _shape, query.Interval) is { } fault)
            throw new EtlException(FaultKind.Usage, fault) { Code = "bad-source" };
        var pull = PullContext.Of(
            connection, catalog, spec, report, request, sink, account, query.Interval, siblings: Siblings.Of(spec, catalog, request, connection.ActAs(account)));
        var (table, join, totals, page) = await AskAsync(pull, query, cancellation).ConfigureAwait(false);

        foreach (var note in table.Notes) pull.Note(note);
        await sink.StartAsync(table.Schema, cancellation).ConfigureAwait(false);
        var days = new DateSpill(request, query.Interval);
        await join.WriteAsync(sink, days, cancellation).ConfigureAwait(false);
        days.Tell(pull);
        pull.Log.Chains.Add(new ChainProof("", [page], join.Rows == 0 ? "known-empty" : _shape.HasDates() ? "date-rows" : "label-rows"));
        pull.Log.Rows = join.Rows;
        pull.Progress("graphs");
        return new PullOutcome(table.Schema, join.Rows, HasTotals ? totals?.Numbers : null, pull.Proof(join.Rows == 0));
    }

    public PullForecast Forecast(PullRequest request) => new(1, _shape switch
    {
        GraphShape.Dates => "none: one row per date",
        GraphShape.Lines => "none: one row per date and label",
        GraphShape.Labels => "none: one row per label",
        _ => "none: one row per metric",
    });

    /// <summary>
    /// Asks the graphs, and then the totals: for the check, and because no points at all are believed only if the totals
    /// are empty or zero as well. Graphs without points and totals with values are asked again, as a table is.
    /// </summary>
    private async Task<(BoundTable Table, GraphJoin Join, TotalReply? Totals, PageProof Page)> AskAsync(PullContext pull, ReportQuery query, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (reply, page) = await GraphsAsync(pull, query, HasTotals, cancellation).ConfigureAwait(false);
            var table = pull.Binder.Graphs(reply.Graphs, _shape);
            var join = new GraphJoin(pull, table, _shape, query.Delimiter);
            join.Add(reply);
            page = page with { Rows = join.Rows };
            var totals = report.SupportsTotal && (HasTotals || join.Rows == 0) ? await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false) : null;
            if (join.Rows > 0) return (table, join, totals, page);
            if (totals is not null && TotalsFacts.Of(totals).ProveEmpty) return (table, join, totals, page);
            if (totals is null && attempt > 0)
            {
                pull.Note($"Report {report.Id} has no totals; its empty graphs were asked twice.");
                return (table, join, totals, page);
            }
            var fault = pull.Fault("empty-unproven", "the graphs have no points, but the totals do not say so: the query of the graphs failed inside the service.", transient: true);
            if (totals is not null && attempt >= connection.Settings.Retry.MaxRestarts) throw fault;
            pull.Log.Restarts.Add(totals is null ? "The graphs have no points; asked again, since the report has no totals." : fault.Message);
            await Task.Delay(connection.Retry.Wait(attempt, fault), connection.Clock, cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<(GraphReply Reply, PageProof Page)> GraphsAsync(PullContext pull, ReportQuery query, bool asksTotals, CancellationToken cancellation)
    {
        PageProof page = null!;
        IReadOnlyList<ApiRequest> along = [.. pull.Siblings.Prepend(query.Total()).Skip(asksTotals ? 0 : 1).DistinctBy(r => r.Signature).Take(Multirequest.MaxParts - 1)];
        var reply = await SmallCall.AskAsync(pull, query.Graphs(), MaxBytes, bytes =>
        {
            page = new PageProof(1, 0, 0, null, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
            return ReportGraphReader.Read(bytes, query.Delimiter);
        }, r => r.Error, cancellation, along).ConfigureAwait(false);
        return (reply, page);
    }
}

using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Pulls a report's table as a file (<c>action: csv</c>): five times the rows of a table request in one snapshot, and cells
/// that keep quotes, line breaks and semicolons, which a table answer loses. Past 60,000 rows it is split like a table.
/// </summary>
internal sealed class CsvSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, string account) : ISource
{
    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var query = ReportQuery.Of(spec, report, catalog, request, connection.ActAs(account));
        var pull = PullContext.Of(connection, catalog, spec, report, request, sink, account, query.Interval, CsvChain.Cap);
        // Of the table requests that list the values of another report.
        pull.PageSize = PullContext.ServiceCap;
        var (labels, none) = await new CsvHead(pull).AskAsync(query, cancellation).ConfigureAwait(false);
        if (labels is null) return await EmptyAsync(pull, none!, cancellation).ConfigureAwait(false);

        var runner = new CsvChain(pull, labels);
        var days = new DateSpill(request, query.Interval);
        var whole = await runner.RunAsync(query, new DatedTarget(new SinkTarget(sink), days), "", cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(whole.Proof);
        if (whole.End == ChainEnd.Capped)
            return await new SplitPull(pull, catalog, runner, days).RunAsync(query, whole, cancellation).ConfigureAwait(false);

        if (whole.Keys.RepeatedInPage > 0) pull.Note($"{whole.Keys.RepeatedInPage} key(s) stand twice within the file.");
        days.Tell(pull);
        // The file's own totals are of the same snapshot as its rows.
        var totals = whole.Totals ?? (report.SupportsTotal ? await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false) : null);
        var schema = whole.Table?.Schema ?? pull.Binder.ExpectedTable().Schema;
        return new PullOutcome(schema, whole.Rows, totals?.Numbers, pull.Proof(whole.End == ChainEnd.Empty));
    }

    public PullForecast Forecast(PullRequest request) => new(
        3,
        report.TimeSeries ? "none: one row per date"
        : report.Splits.Count == 0 ? $"a window of {CsvChain.Cap} rows or more cannot be split and fails"
        : $"a window of {CsvChain.Cap} rows or more is split by {string.Join(", then ", report.Splits.Select(SplitPull.Describe))}");

    private static async Task<PullOutcome> EmptyAsync(PullContext pull, EmptyHead none, CancellationToken cancellation)
    {
        var table = pull.Binder.ExpectedTable();
        await pull.Sink.StartAsync(table.Schema, cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(new ChainProof("", [none.Page], "known-empty"));
        return new PullOutcome(table.Schema, 0, none.Totals?.Numbers, pull.Proof(knownEmpty: true));
    }
}

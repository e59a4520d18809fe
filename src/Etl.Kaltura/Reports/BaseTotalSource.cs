using System.Security.Cryptography;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Pulls what the running totals of a usage report begin with (<c>action: base-total</c>; types 17 and 18): one row per
/// name, with columns <c>id</c> and <c>value</c>.
/// </summary>
internal sealed class BaseTotalSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, string account) : ISource
{
    private const int MaxBytes = 4 << 20;

    // Values of several metrics stand in one column, so nothing is added up.
    private static readonly TableSchema s_schema = new(
        [new Column("id", ColumnType.Text), new Column("value", ColumnType.Double, ColumnRole.Metric)], ["id"]);

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var query = ReportQuery.Of(spec, report, catalog, request, connection.ActAs(account));
        var pull = PullContext.Of(connection, catalog, spec, report, request, sink, account, query.Interval);
        var sha = "";
        var reply = await SmallCall.AskAsync(pull, query.BaseTotal(), MaxBytes, bytes =>
        {
            sha = Convert.ToHexStringLower(SHA256.HashData(bytes));
            return ReportBaseTotalReader.Read(bytes);
        }, r => r.Error, cancellation).ConfigureAwait(false);
        // An account without anything has zeros; nothing at all says nothing.
        if (reply.Values.Count == 0) throw pull.Fault("no-data", "the base totals came without values.", transient: true);

        await sink.StartAsync(s_schema, cancellation).ConfigureAwait(false);
        var batch = new RowBatch(s_schema);
        HashSet<string> ids = new(StringComparer.Ordinal);
        foreach (var (id, value) in reply.Values)
        {
            if (!ids.Add(id)) throw pull.Fault("duplicate-key", $"base total '{id}' came twice.");
            TextCell.TryAppend(batch[0], CellFormat.Text, id, 0);
            if (TextCell.TryAppend(batch[1], CellFormat.Number, value, 0)) continue;
            batch.Refuse(new RefusedRow(batch.RowCount - 1, batch.RowCount, RawRow.Of([("id", id), ("value", value)]), [TextCell.Refused("value", CellFormat.Number, value)]));
        }
        await sink.WriteAsync(batch, cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(new ChainProof("", [new PageProof(1, 0, ids.Count, null, pull.Log.Bytes, sha)], "base-total"));
        pull.Log.Rows = ids.Count;
        pull.Progress("base totals");
        return new PullOutcome(s_schema, ids.Count, null, pull.Proof(knownEmpty: false));
    }

    public PullForecast Forecast(PullRequest request) => new(1, "none: one row per value");
}

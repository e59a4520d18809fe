using System.Globalization;
using System.Text;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>Pulls a report's totals (<c>action: total</c>): one row per window, mapped by header.</summary>
internal sealed class TotalSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, ReportType report, string account) : ISource
{
    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var query = ReportQuery.Of(spec, report, catalog, request, connection.ActAs(account));
        var pull = PullContext.Of(connection, catalog, spec, report, request, sink, account, query.Interval);
        var reply = await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false);
        if (reply.Header is null || reply.Cells is null)
            throw pull.Fault("no-data", "the totals came without header; the query failed inside the service.", transient: true);

        var table = pull.Binder.Total(reply.Header);
        foreach (var note in table.Notes) pull.Note(note);
        await sink.StartAsync(table.Schema, cancellation).ConfigureAwait(false);
        // Nothing found: empty cells under the full header (wire facts 3.2). Zeros are a row.
        var empty = reply.Cells.All(c => c.Length == 0);
        if (!empty)
        {
            var batch = new RowBatch(table.Schema);
            Fill(batch, table, reply.Cells);
            await sink.WriteAsync(batch, cancellation).ConfigureAwait(false);
        }
        var rows = empty ? 0 : 1;
        pull.Log.Chains.Add(new ChainProof("", [new PageProof(1, 1, rows, null, pull.Log.Bytes, "")], empty ? "known-empty" : "total"));
        pull.Log.Rows = rows;
        pull.Progress("totals");
        return new PullOutcome(table.Schema, rows, reply.Numbers, pull.Proof(empty));
    }

    public PullForecast Forecast(PullRequest request) => new(1, "none: one row");

    private static void Fill(RowBatch batch, BoundTable table, IReadOnlyList<string> cells)
    {
        List<RefusedCell> refused = [];
        var sideMap = table.Plan.Extra < 0 ? null : new SideMap(table.Header);
        for (var i = 0; i < cells.Count; i++)
        {
            var target = table.Plan.Targets[i];
            if (target < 0)
            {
                sideMap?.Put(i, cells[i]);
                continue;
            }
            var column = batch[target];
            var cell = cells[i];
            switch (column)
            {
                case TextBuffer text:
                    text.Append(Encoding.UTF8.GetBytes(cell));
                    break;
                case FixedBuffer<long> whole when Number(cell) is { } value && Math.Floor(value) == value && Math.Abs(value) < 1L << 53:
                    whole.Append((long)value);
                    break;
                case FixedBuffer<long> whole when long.TryParse(cell, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value):
                    whole.Append(value);
                    break;
                case FixedBuffer<double> real when Number(cell) is { } value:
                    real.Append(value);
                    break;
                default:
                    column.AppendNull();
                    if (cell.Length > 0) refused.Add(TextCell.Refused(table.Header[i], $"is not a {table.Schema.Columns[target].Type}", cell));
                    break;
            }
        }
        sideMap?.EndRow(batch.Text(table.Plan.Extra));
        if (refused.Count > 0) batch.Refuse(new RefusedRow(0, 1, RawRow.Of(cells.Select((c, i) => (table.Header[i], (string?)c))), refused));
    }

    private static double? Number(string cell) =>
        double.TryParse(cell, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
            && double.IsFinite(value) ? value : null;
}

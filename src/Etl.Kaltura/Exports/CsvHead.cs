using Etl.Core.Sources;
using Etl.Kaltura.Completeness;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Exports;

/// <summary>A table that is empty before any file was written.</summary>
/// <param name="Page">The table request that found nothing.</param>
/// <param name="Totals">The totals that say so too; null where the report has none.</param>
internal sealed record EmptyHead(PageProof Page, TotalReply? Totals);

/// <summary>
/// Learns the columns of a report's table and totals, by asking for one row of it with the same filter: the labels of the
/// file stand by position, so the catalogue's columns would not do where a server has others.
/// </summary>
internal sealed class CsvHead(PullContext pull)
{
    private readonly PageReader _pages = new(pull);

    /// <summary>The labels, or the proof that there are no rows.</summary>
    public async Task<(CsvLabels? Labels, EmptyHead? None)> AskAsync(ReportQuery query, CancellationToken cancellation)
    {
        for (var before = 0; ; before++)
        {
            var table = await _pages.ReadAsync(query, 1, 1, pull.Report.SupportsTotal ? [query.Total()] : [], (_, _, _, _) => ValueTask.CompletedTask, cancellation).ConfigureAwait(false);
            var totals = pull.Report.SupportsTotal ? await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false) : null;
            if (table.Header is { Count: > 0 } header)
            {
                return CsvLabels.TryMake(totals?.Header, header, out var unusable) is { } labels ? (labels, null)
                    : throw pull.Fault("bad-header", $"the column '{unusable}' cannot be asked for in a file: labels are separated by commas and semicolons. Use 'action: table'.");
            }
            // A label table without rows has no header either. Without totals it is asked twice.
            if (totals is null ? before > 0 : TotalsFacts.Of(totals).ProveEmpty)
            {
                if (totals is null) pull.Note($"Report {pull.Report.Id} has no totals; its empty table was asked twice.");
                return (null, new EmptyHead(new PageProof(1, 1, 0, table.TotalCount, table.Bytes, table.Sha256), totals));
            }
            if (totals is null) continue;
            var fault = pull.Fault("empty-unproven", "the table is empty, but the totals do not say so: the table query failed inside the service.", transient: true);
            if (before >= pull.Connection.Settings.Retry.MaxRestarts) throw fault;
            pull.Log.Restarts.Add(fault.Message);
            await Task.Delay(pull.Connection.Retry.Wait(before, fault), pull.Connection.Clock, cancellation).ConfigureAwait(false);
        }
    }
}

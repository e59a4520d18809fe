using System.Text;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Raw;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Kaltura.Reports;

/// <summary>The accounts that a report of their parent lists: its table, pulled whole like any other.</summary>
internal static class AccountList
{
    /// <summary>Asks the report for a range of time.</summary>
    /// <exception cref="EtlException">The table could not be pulled whole, or names no account.</exception>
    public static async Task<IReadOnlyList<string>> FindAsync(
        KalturaConnection connection, ICatalog catalog, AccountReport from, DateTimeOffset first, DateTimeOffset end, CancellationToken cancellation)
    {
        // What is added up does not matter here, so the totals are not asked.
        var report = catalog.FindReport(from.Report)! with { SupportsTotal = false };
        var spec = new SourceSpec { Action = SourceSpecRules.Table, Report = report.Id };
        var window = new Window(first, end, "accounts", WindowUnit.Month);
        var request = new PullRequest(new WindowKey("accounts", SourceSpec.MainName, connection.Settings.PartnerId, window.Label), window, 0, "UTC", "accounts");
        var collector = new Collector(report.AccountColumn!);
        await new TableSource(connection, catalog, spec, report, connection.Settings.PartnerId).PullAsync(request, collector, cancellation).ConfigureAwait(false);
        string[] accounts = [.. collector.Values.Where(IsAccount).Except(from.Except, StringComparer.Ordinal).OrderBy(a => a.Length).ThenBy(a => a, StringComparer.Ordinal)];
        return accounts.Length > 0 ? accounts : throw new EtlException(
            FaultKind.Window,
            $"Report {report.Id} ({report.Name}) lists no account from {first:yyyy-MM-dd} to {end:yyyy-MM-dd}{(from.Except.Count > 0 ? " beside those that the job excepts" : "")}. Only a parent account has child accounts; write their ids as 'accounts: [...]', or leave the key out.")
        { Code = "no-accounts" };
    }

    // Rows that the service could not resolve carry no id.
    private static bool IsAccount(string id) => id.Length > 0 && id[0] != '0' && id.All(char.IsAsciiDigit);

    /// <summary>Keeps one text column.</summary>
    private sealed class Collector(string column) : IPullSink
    {
        private int _index;

        public HashSet<string> Values { get; } = new(StringComparer.Ordinal);

        public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
        {
            Values.Clear();
            _index = schema.IndexOf(column);
            return _index >= 0 && schema.Columns[_index].Type == ColumnType.Text ? ValueTask.CompletedTask
                : throw new EtlException(FaultKind.Window, $"The report that lists the accounts came without the column '{column}'.") { Code = "bad-header" };
        }

        public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
        {
            var cells = batch.Text(_index);
            for (var row = 0; row < batch.RowCount; row++)
                if (!cells.IsNull(row)) Values.Add(Encoding.UTF8.GetString(cells[row]));
            return ValueTask.CompletedTask;
        }

        public IRawReply OpenRaw(RawRequest request) => NoCapture.Instance;

        public void Report(PullProgress progress)
        {
        }
    }
}

using System.Collections.Concurrent;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Sql.Ledger;
using Etl.Landing.Stores;
using Etl.Landing.Stores.Local;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>
/// <c>etl_pulls</c> and <c>etl_windows</c> beside the datasets of a store: how each landed pull came about, and which pull each window shows.
/// Rows of the data join by their <c>_pull</c>.
/// <code>
/// etl_pulls/dataset=&lt;dataset&gt;/[account=&lt;id&gt;/]month=2026-11/data.parquet        days and months
/// etl_pulls/dataset=&lt;dataset&gt;/[account=&lt;id&gt;/]date=2026-11-19/data.parquet     hours and live minutes
/// </code>
/// Written after the rows are published, and also by a landing that finds its pull published: what a kill in between left out is made good
/// by the next landing. A row that is there stays as it is.
/// </summary>
internal sealed class ParquetLineage(IObjectStore store, string dataset, bool severalAccounts, TimeProvider time, Action<string> warn)
{
    private const int MonthLength = 7, DateLength = 10;

    private static readonly TableSchema s_pulls = new(
        [
            Text("pull"), Text("job"), Text("source"), Text("account"), Text("window"), Instant("from_utc"), Instant("to_utc"), Instant("started_at"), Instant("ended_at"),
            Number("fence"), Number("rows"), Text("content_hash"), Text("definition_hash"), Number("quarantined"), Text("schema"), Text("proof"), Text("checks"),
        ],
        ["pull"]);

    private static readonly TableSchema s_windows = new(
        [
            Text("job"), Text("source"), Text("account"), Text("window"), Instant("from_utc"), Instant("to_utc"), Text("dataset"), Text("pull"), Number("fence"), Number("rows"),
            Text("content_hash"), Instant("landed_at"),
        ],
        ["window"]);

    // Windows of a month are landed side by side: inside a process they queue instead of overtaking one another.
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> s_turns = new(StringComparer.Ordinal);

    private readonly RewrittenObject _object = new(store, ParquetCodec.Snappy, warn);

    /// <summary>Writes the pull of a landing and what its window shows now; nothing where the landing brings no record.</summary>
    public async Task PutAsync(LandingOrder order, CancellationToken cancellation)
    {
        if (order.Record is not { } pull) return;
        await PutAsync("etl_pulls", s_pulls, order, row => Fill(row, order, pull), pull.Pull, replaces: null, cancellation);
        await PutAsync("etl_windows", s_windows, order, row => Fill(row, order), order.Key.Label, replaces: order.Stamp.Pull, cancellation);
    }

    private async Task PutAsync(
        string table, TableSchema schema, LandingOrder order, Action<RowBatch> fill, string key, string? replaces, CancellationToken cancellation)
    {
        var name = NameOf(table, order);
        var turn = s_turns.GetOrAdd(store.Locate(name), _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellation);
        try
        {
            await _object.ChangeAsync(name, order, there => Put(there, schema, fill, key, replaces), cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The rows with one more, ordered by window and then by pull, whose ids begin with their time; null when it is there already.</summary>
    /// <param name="there">What is there.</param>
    /// <param name="schema">The columns that this build writes.</param>
    /// <param name="fill">Appends the row.</param>
    /// <param name="key">Its value in the key column.</param>
    /// <param name="replaces">The pull that a row of the same key must have to stay; null when any may stay.</param>
    private static NewContent? Put(ThereAlready? there, TableSchema schema, Action<RowBatch> fill, string key, string? replaces)
    {
        // A later build may have more columns.
        var all = there is null ? schema : CommonColumns.Of(schema, there.Record.Schema);
        var rows = new RowBatch(all);
        var (keyAt, pullAt, windowAt) = (all.IndexOf(schema.Key[0]), all.IndexOf("pull"), all.IndexOf("window"));
        if (there is not null)
        {
            var cast = new ColumnCast(there.Record.Schema, all);
            foreach (var batch in there.Read())
            {
                var old = cast.Cast(batch);
                for (var row = 0; row < old.RowCount; row++)
                {
                    if (Of(old, keyAt, row) == key)
                    {
                        if (replaces is null || Of(old, pullAt, row) == replaces) return null;
                        continue;
                    }
                    for (var column = 0; column < all.Columns.Count; column++) rows[column].AppendFrom(old[column], row);
                }
            }
        }
        fill(rows);
        for (var column = schema.Columns.Count; column < all.Columns.Count; column++) rows[column].AppendNull();
        var sorted = new RowBatch(all);
        foreach (var row in Enumerable.Range(0, rows.RowCount).OrderBy(r => Of(rows, windowAt, r), StringComparer.Ordinal).ThenBy(r => Of(rows, pullAt, r), StringComparer.Ordinal))
            for (var column = 0; column < all.Columns.Count; column++) sorted[column].AppendFrom(rows[column], row);
        return new NewContent(all, [sorted]);
    }

    private static void Fill(RowBatch row, LandingOrder order, PullRecord pull) => Append(
        row, pull.Pull, order.Key.Job, order.Key.Source, order.Key.Account, order.Key.Label, order.Window.From, order.Window.To, pull.StartedAt, pull.EndedAt,
        pull.Fence, pull.Rows, pull.ContentHash, pull.DefinitionHash, pull.Quarantined, pull.SchemaJson, pull.ProofJson, LedgerText.Of(pull.Checks));

    private void Fill(RowBatch row, LandingOrder order) => Append(
        row, order.Key.Job, order.Key.Source, order.Key.Account, order.Key.Label, order.Window.From, order.Window.To, dataset, order.Stamp.Pull, order.Stamp.Fence,
        order.Stamp.Rows, order.Stamp.ContentHash, time.GetUtcNow());

    private static void Append(RowBatch row, params object[] values)
    {
        for (var column = 0; column < values.Length; column++)
        {
            if (values[column] is string text) row.Text(column).Append(Encoding.UTF8.GetBytes(text));
            else row.Fixed<long>(column).Append(values[column] is DateTimeOffset at ? (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond : (long)values[column]);
        }
    }

    private string NameOf(string table, LandingOrder order)
    {
        var label = PathNames.Check("window label", order.Key.Label);
        var account = severalAccounts ? $"account={PathNames.Check("account", order.Key.Account)}/" : "";
        var part = order.Window.Unit is WindowUnit.Hour or WindowUnit.Minute ? $"date={label[..DateLength]}" : $"month={label[..MonthLength]}";
        return $"{table}/dataset={dataset}/{account}{part}/{DatasetLayout.FileName}";
    }

    private static string Of(RowBatch batch, int column, int row) => Encoding.UTF8.GetString(batch.Text(column)[row]);

    private static Column Text(string name) => new(name, ColumnType.Text);

    private static Column Number(string name) => new(name, ColumnType.Int64, ColumnRole.Metric);

    private static Column Instant(string name) => new(name, ColumnType.Timestamp);
}

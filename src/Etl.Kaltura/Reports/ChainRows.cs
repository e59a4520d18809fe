using System.Text;
using Etl.Core.Columns;

namespace Etl.Kaltura.Reports;

/// <summary>
/// The rows of one chain on their way to its target: their keys, sums, and those that the service could not resolve. Rows that cannot be
/// typed are among them, marked: what proves a chain complete counts all that came.
/// </summary>
internal sealed class ChainRows(PullContext pull, IRowTarget target, string part)
{
    private bool _started;

    public RowKeys Keys { get; } = new();
    public ColumnSums Sums { get; } = new();

    /// <summary>Rows handed on.</summary>
    public long Count { get; private set; }

    /// <summary>Rows whose key the service could not resolve; null when there are none.</summary>
    public RowBatch? Unresolved { get; private set; }

    /// <summary>Takes a batch; false, and nothing handed on, when a key stood on an earlier page.</summary>
    public async ValueTask<bool> TryKeepAsync(BoundTable table, RowBatch batch, int page, CancellationToken cancellation)
    {
        batch.Review(r => Judge(table, batch, r, page));
        if (!Keys.Add(batch, table.Key, page)) return false;
        Sums.Add(batch, table.Additive);
        if (table.Key.Length > 0) KeepUnresolved(table, batch);
        await StartAsync(table, cancellation).ConfigureAwait(false);
        await target.WriteAsync(batch, cancellation).ConfigureAwait(false);
        Count += batch.RowCount;
        pull.Log.Rows += batch.RowCount;
        return true;
    }

    /// <summary>Begins the target, once: for a chain that ends without rows too.</summary>
    public async ValueTask StartAsync(BoundTable table, CancellationToken cancellation)
    {
        if (_started) return;
        _started = true;
        await target.StartAsync(table, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// A key that the service could not look up, <c>Unknown</c> or <c>Error</c>, is copied into all looked-up columns of its row, dates and
    /// numbers too (wire facts 3.2): such cells are null, and the row lands.
    /// </summary>
    private RefusedRow? Judge(BoundTable table, RowBatch batch, RefusedRow row, int page)
    {
        foreach (var column in table.Key)
        {
            if (batch[column] is not TextBuffer text || text[row.Index].IsEmpty || !RowKeys.IsUnresolved(text[row.Index])) continue;
            var word = Encoding.UTF8.GetString(text[row.Index]);
            if (row.Cells.Any(c => c.Text != word || table.Additive.Any(a => table.Schema.Columns[a].Name == c.Column))) continue;
            pull.Note($"Rows whose key is '{word}' have that word in dates or numbers too; such cells are null.");
            return null;
        }
        return row with { Page = page, Part = part };
    }

    private void KeepUnresolved(BoundTable table, RowBatch batch)
    {
        for (var row = 0; row < batch.RowCount; row++)
            if (RowKeys.IsUnresolved(batch, table.Key, row))
                HeldRows.Append(Unresolved ??= new RowBatch(table.Schema), table, batch, row);
    }
}

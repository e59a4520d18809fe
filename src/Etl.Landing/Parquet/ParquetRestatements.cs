using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Stores;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>
/// The dataset <c>&lt;dataset&gt;_restatements</c>: in the same folders one object per window, with all that was restated of it so far, in the
/// order of the landings. A landing writes it right before it commits the rows, so that restated rows are never without their difference.
/// A landing that dies between the two leaves a difference whose base is still published: the next landing of the window drops it.
/// The object carries the fence of the landing that wrote it; a landing with an older one leaves it alone.
/// </summary>
internal sealed class ParquetRestatements(IObjectStore store, string dataset, bool severalAccounts, ParquetCodec codec, Action<string> warn)
{
    private const string PreviousPull = "previous_pull";

    private readonly DatasetLayout _layout = new(store, dataset + "_restatements", severalAccounts);
    private readonly RewrittenObject _object = new(store, codec, warn);

    /// <summary>The object of a window.</summary>
    public string NameOf(WindowKey key, Window window) => _layout.NameOf(key, window);

    /// <summary>
    /// Drops what a landing left that never published, and adds the difference of this one. Safe to repeat. False when a newer landing was
    /// here: this one is superseded.
    /// </summary>
    /// <param name="order">The landing.</param>
    /// <param name="published">What is published now.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="EtlException">The difference starts from another pull than the published one, code <c>restatement-base</c>.</exception>
    public async Task<bool> PutAsync(LandingOrder order, PublishedPull? published, CancellationToken cancellation)
    {
        // A minute that lands again has no difference.
        if (order.Window.Unit == WindowUnit.Minute) return true;
        if (order.Restatement is { } restatement && restatement.PreviousPull != published?.Pull) throw BaseChanged(order, restatement, published);
        if (published is null) return true;
        return await ChangeAsync(order, order.Restatement, published.Pull, cancellation);
    }

    /// <summary>Takes the difference of a landing back that was overtaken before it could publish.</summary>
    public Task TakeBackAsync(LandingOrder order, CancellationToken cancellation) =>
        order.Restatement is null ? Task.CompletedTask : ChangeAsync(order, null, "", cancellation);

    private async Task<bool> ChangeAsync(LandingOrder order, IRestatement? added, string published, CancellationToken cancellation)
    {
        var isNewest = true;
        await _object.ChangeAsync(
            NameOf(order.Key, order.Window),
            order,
            there =>
            {
                // Another job's file, from before the job was renamed, has fences of another count and differences of other rows.
                if (there is not null && there.Record.Key != order.Key) there = null;
                isNewest = there is null || there.Record.Stamp.Fence <= order.Stamp.Fence;
                if (!isNewest) return null;
                if (there is null) return added is null ? null : new NewContent(added.Schema, added.Read());
                if (added is null && !HasLeftover(there)) return null;
                var schema = added is null ? there.Record.Schema : CommonColumns.Of(added.Schema, there.Record.Schema);
                return new NewContent(schema, Kept(there, schema).Concat(added is null ? [] : Cast(added, schema)));
            },
            cancellation);
        return isNewest;

        // Only the landing that wrote last can have died: every landing drops what it finds.
        bool HasLeftover(ThereAlready there) => there.Record.Stamp.Pull != published && there.Read().Any(b => Enumerable.Range(0, b.RowCount).Any(r => IsLeftover(b, r)));

        bool IsLeftover(RowBatch batch, int row) =>
            IsText(batch, batch.Schema.IndexOf(PreviousPull), row, published) || IsText(batch, batch.Schema.IndexOf(SystemColumns.Pull.Name), row, order.Stamp.Pull);

        IEnumerable<RowBatch> Kept(ThereAlready there, TableSchema schema)
        {
            var cast = new ColumnCast(there.Record.Schema, schema);
            var kept = new RowBatch(schema);
            foreach (var batch in there.Read())
            {
                var rows = cast.Cast(batch);
                kept.Clear();
                for (var row = 0; row < rows.RowCount; row++)
                {
                    if (IsLeftover(rows, row)) continue;
                    for (var column = 0; column < schema.Columns.Count; column++) kept[column].AppendFrom(rows[column], row);
                }
                yield return kept;
            }
        }
    }

    private static IEnumerable<RowBatch> Cast(IRestatement added, TableSchema schema)
    {
        var cast = new ColumnCast(added.Schema, schema);
        foreach (var batch in added.Read()) yield return cast.Cast(batch);
    }

    private static bool IsText(RowBatch batch, int column, int row, string text) =>
        column >= 0 && !batch[column].IsNull(row) && Encoding.UTF8.GetString(batch.Text(column)[row]) == text;

    private static EtlException BaseChanged(LandingOrder order, IRestatement restatement, PublishedPull? published) => new(
        FaultKind.Window,
        $"Could not land window '{order.Key}': what changed was worked out against pull '{restatement.PreviousPull}', and "
        + $"{(published is null ? "nothing" : $"pull '{published.Pull}'")} is published now. Nothing was changed; run the window again.")
        { Code = "restatement-base", IsTransient = true };
}

using Etl.Core.Columns;
using Etl.Core.Runs;
using Etl.Core.Targets;

namespace Etl.Pipeline.Restating;

/// <summary>
/// The difference of two pulls of a window, row by row.
/// 1. One pass over each side finds the buckets of rows that differ (<see cref="DiffSieve"/>).
/// 2. For each part of them that fits into memory, one pass over each side takes its rows (<see cref="HeldRows"/>); they are put in order and paired.
/// Rows with a resolved key are paired by it and told by it (<c>row_id</c>); other rows are told by all their cells and only come and go.
/// Of a key that repeats, rows that are equal on both sides are left out, the others are paired in the order of their hashes; they are told by
/// all cells of the old row, or of the new one where there is no old one. So old rows and difference always give the new rows.
/// Memory: <see cref="HeldBytes"/> for the rows of a part (twice that while buffers grow), 20 MB for the buckets, and the batches of readers and writer. It does
/// not grow with the window: 2,000,000 rows that all changed take more passes, not more memory.
/// </summary>
internal sealed class RowDiff
{
    /// <summary>The most bytes that the rows of a part hold. Less means more passes over both sides.</summary>
    public const long HeldBytes = 32 << 20;

    private readonly DiffSchema _schema;
    private readonly DiffWriter _writer;
    private readonly HeldRows _held;
    private readonly List<(int Row, int Count)> _old = [], _new = [];
    private long _added, _removed, _changed;

    private RowDiff(DiffSchema schema, DiffWriter writer) => (_schema, _writer, _held) = (schema, writer, new HeldRows(schema));

    /// <summary>Writes the difference and returns how many rows came, went and changed.</summary>
    /// <param name="published">The rows that readers see.</param>
    /// <param name="pulled">The pull that replaces them.</param>
    /// <param name="schema">Columns of both sides.</param>
    /// <param name="writer">Takes the difference.</param>
    /// <param name="heldBytes">See <see cref="HeldBytes"/>.</param>
    /// <param name="cancellation">Stops it between two batches.</param>
    public static RestatedRows Write(
        IPublishedRows published, IStagedPull pulled, DiffSchema schema, DiffWriter writer, long heldBytes, CancellationToken cancellation)
    {
        var diff = new RowDiff(schema, writer);
        var sieve = new DiffSieve(pulled.Stamp.Rows);
        foreach (var (batch, rows, isPulled) in Sides(published, pulled, schema, wholeRows: true, cancellation)) sieve.Add(batch, rows, isPulled);
        foreach (var part in sieve.Parts(heldBytes, HeldRows.Overhead))
        {
            diff._held.Clear();
            foreach (var (batch, rows, isPulled) in Sides(published, pulled, schema, part.WholeRows, cancellation)) diff._held.Add(batch, rows, sieve, part, isPulled);
            diff.Compare();
        }
        writer.Flush();
        return new RestatedRows(diff._added, diff._removed, diff._changed);
    }

    private static IEnumerable<(RowBatch Batch, RowIdentity Rows, bool Pulled)> Sides(
        IPublishedRows published, IStagedPull pulled, DiffSchema schema, bool wholeRows, CancellationToken cancellation)
    {
        var identity = new RowIdentity(schema);
        foreach (var isPulled in (bool[])[false, true])
        {
            var cast = new ColumnCast(isPulled ? pulled.Schema : published.Schema, schema.Compared);
            foreach (var batch in isPulled ? pulled.Read() : published.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                var rows = cast.Cast(batch);
                identity.Look(rows, wholeRows);
                yield return (rows, identity, isPulled);
            }
        }
    }

    private void Compare()
    {
        var order = _held.InOrder();
        for (int first = 0, end; first < order.Length; first = end)
        {
            end = first + 1;
            while (end < order.Length && _held.IdOf(order[end]) == _held.IdOf(order[first])) end++;
            CompareGroup(order.AsSpan(first, end - first));
        }
    }

    // The rows of one identity: their order brings equal ones together.
    private void CompareGroup(ReadOnlySpan<int> rows)
    {
        _old.Clear();
        _new.Clear();
        var (published, pulled) = (0L, 0L);
        for (int first = 0, end; first < rows.Length; first = end)
        {
            long difference = 0;
            for (end = first; end < rows.Length && _held.HashOf(rows[end]) == _held.HashOf(rows[first]); end++)
            {
                var count = _held.CountOf(rows[end]);
                if (_held.IsPulled(rows[end])) (pulled, difference) = (pulled + count, difference + count);
                else (published, difference) = (published + count, difference - count);
            }
            if (difference != 0) (difference > 0 ? _new : _old).Add((rows[first], (int)Math.Abs(difference)));
        }
        var repeats = published > 1 || pulled > 1;
        var pairs = _held.IsKeyed(rows[0]) ? Math.Min(_old.Count, _new.Count) : 0;
        for (var i = 0; i < pairs; i++)
        {
            _writer.Change(_held.Cells, _old[i].Row, _new[i].Row, repeats ? _held.HashOf(_old[i].Row) : _held.IdOf(rows[0]));
            _changed++;
        }
        _removed += WriteWhole(_old, pairs, repeats, pulled: false);
        _added += WriteWhole(_new, pairs, repeats, pulled: true);
    }

    // Of rows that are equal, one may have been paired; the others come or go.
    private long WriteWhole(List<(int Row, int Count)> rows, int pairs, bool repeats, bool pulled)
    {
        var written = 0L;
        for (var i = 0; i < rows.Count; i++)
            for (var copy = i < pairs ? 1 : 0; copy < rows[i].Count; copy++, written++)
                _writer.Whole(_held.Cells, rows[i].Row, repeats ? _held.HashOf(rows[i].Row) : _held.IdOf(rows[i].Row), pulled);
        return written;
    }
}

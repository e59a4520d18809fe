using System.Numerics;
using Etl.Core.Columns;

namespace Etl.Pipeline.Restating;

/// <summary>
/// Finds where two tables differ in one pass over each: rows fall into buckets by identity, and a bucket whose row hashes add up to the
/// same on both sides has the same rows. Then cuts the other buckets into parts that fit into memory. 20 bytes a bucket, 20 MB at most.
/// </summary>
internal sealed class DiffSieve
{
    private const int FewestBits = 10, MostBits = 20, FewestRows = 8;

    private readonly int _shift;
    private readonly UInt128[] _sums;
    private readonly uint[] _rows;
    private long _bytes, _count;

    /// <param name="rows">About how many rows a side has.</param>
    public DiffSieve(long rows)
    {
        var bits = Math.Clamp(BitOperations.Log2((ulong)Math.Max(rows, 1)), FewestBits, MostBits);
        _shift = 64 - bits;
        _sums = new UInt128[1 << bits];
        _rows = new uint[1 << bits];
    }

    /// <summary>The bucket of a row.</summary>
    public int BucketOf(UInt128 id) => (int)((ulong)(id >> 64) >> _shift);

    /// <summary>True when the rows of a bucket are not the same on both sides.</summary>
    public bool Differs(int bucket) => _sums[bucket] != UInt128.Zero;

    /// <summary>Adds the rows of a batch.</summary>
    public void Add(RowBatch batch, RowIdentity rows, bool pulled)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            var bucket = BucketOf(rows.IdOf(row));
            if (pulled) _sums[bucket] += rows.RowOf(row);
            else _sums[bucket] -= rows.RowOf(row);
            _rows[bucket]++;
        }
        _count += batch.RowCount;
        for (var column = 0; column < batch.Schema.Columns.Count; column++) _bytes += BytesOf(batch[column]);
    }

    /// <summary>The parts in which the buckets that differ are compared, in order.</summary>
    /// <param name="bytes">The most bytes that the rows of a part may hold.</param>
    /// <param name="overhead">Bytes held for a row beside its cells.</param>
    public IEnumerable<DiffPart> Parts(long bytes, int overhead)
    {
        // A few rows always go together: the two of a pair must meet, however long they are.
        var most = Math.Max(FewestRows, bytes / (overhead + _bytes / Math.Max(1, _count)));
        var (first, held) = (0, 0L);
        for (var bucket = 0; bucket < _sums.Length; bucket++)
        {
            if (!Differs(bucket)) continue;
            if (held > 0 && held + _rows[bucket] > most)
            {
                yield return new DiffPart(first, bucket, 0, 1);
                (first, held) = (bucket, 0);
            }
            held += _rows[bucket];
            if (held <= most) continue;
            // One key stands in more rows than fit: they are compared as rows without a key.
            var pieces = (int)(held / most) + 1;
            for (var piece = 0; piece < pieces; piece++) yield return new DiffPart(bucket, bucket + 1, piece, pieces);
            (first, held) = (bucket + 1, 0);
        }
        if (held > 0) yield return new DiffPart(first, _sums.Length, 0, 1);
    }

    private static long BytesOf(ColumnBuffer cells) => cells switch
    {
        TextBuffer text => text.Bytes.Length + sizeof(int) * text.Count,
        FixedBuffer<bool> => cells.Count,
        FixedBuffer<int> => sizeof(int) * cells.Count,
        _ => sizeof(long) * cells.Count,
    };
}

/// <summary>Buckets that are compared at once.</summary>
/// <param name="First">First bucket.</param>
/// <param name="End">Bucket after the last.</param>
/// <param name="Piece">Of a single bucket that does not fit: which piece of it, by row hash.</param>
/// <param name="Pieces">How many pieces it has; 1 when it fits.</param>
internal readonly record struct DiffPart(int First, int End, int Piece, int Pieces)
{
    /// <summary>True when rows are compared whole, since a key's rows are not all in this part.</summary>
    public bool WholeRows => Pieces > 1;

    /// <summary>True when a row of one of the part's buckets belongs to this piece.</summary>
    public bool Has(UInt128 row) => Pieces == 1 || (int)Math.BigMul((ulong)row, (ulong)Pieces, out _) == Piece;
}

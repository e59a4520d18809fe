using Etl.Core.Columns;

namespace Etl.Landing.Sql.Postgres;

/// <summary>
/// Encodes rows as they come and hands them out in the order of the table's index by key, some at a time, for what <see cref="KeyOrder"/> says. A row
/// that is encoded is one piece of memory: it is moved at once, where its cells lie far from each other.
/// Memory: up to 131,072 rows or some 32 MiB of them, and their keys.
/// </summary>
/// <param name="rows">What is to come.</param>
/// <param name="key">Columns of the index.</param>
internal sealed class PostgresOrderedRows(SqlRows rows, int[] key)
{
    private const int BlockBytes = 1 << 20;

    private readonly PostgresEncoder _encoder = new(rows);
    private readonly KeySort _sort = new([.. Enumerable.Range(0, key.Length)]);
    private readonly RowBatch _keys = new(new TableSchema(key.Select(c => rows.Schema.Columns[c])));
    private readonly List<(byte[] Block, int Start, int Length)> _places = [];
    private readonly List<byte[]> _blocks = [];
    private byte[] _piece = new byte[PostgresEncoder.PieceBytes];
    private int _block, _used;
    private long _bytes;
    private long _sent;

    /// <summary>Bytes that are kept for rows, filled or not.</summary>
    internal long KeptBytes => (long)_blocks.Count * BlockBytes;

    /// <summary>All rows; each piece is good until the next.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        foreach (var batch in rows.Read())
        {
            Add(batch);
            if (_places.Count < KeyOrder.ChunkRows && _bytes < KeyOrder.ChunkBytes) continue;
            foreach (var piece in Ordered()) yield return piece;
        }
        foreach (var piece in Ordered()) yield return piece;
    }

    private void Add(RowBatch batch)
    {
        _encoder.Begin(batch);
        while (_encoder.Measure(BlockBytes - _used) is > 0 and var bytes)
        {
            var (block, start) = Room(bytes);
            _encoder.Write(block.AsSpan(start, bytes));
            var starts = _encoder.Starts;
            for (var row = 0; row + 1 < starts.Length; row++) _places.Add((block, start + starts[row], starts[row + 1] - starts[row]));
            _bytes += bytes;
        }
        for (var column = 0; column < key.Length; column++) _keys[column].AppendAll(batch[key[column]]);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Ordered()
    {
        var order = _sort.Sort(_keys);
        var length = 0;
        for (var i = 0; i < _places.Count; i++)
        {
            var (block, start, bytes) = _places[order[i]];
            if (_piece.Length - length < bytes)
            {
                if (length > 0) yield return _piece.AsMemory(0, length);
                length = 0;
                if (_piece.Length < bytes) _piece = new byte[bytes];
            }
            block.AsSpan(start, bytes).CopyTo(_piece.AsSpan(length));
            length += bytes;
            rows.AfterRow(++_sent);
        }
        if (length > 0) yield return _piece.AsMemory(0, length);
        _places.Clear();
        _keys.Clear();
        (_block, _used, _bytes) = (0, 0, 0);
    }

    // Blocks are kept and filled again; a row that takes more than one has memory of its own, which is not.
    private (byte[] Block, int Start) Room(int bytes)
    {
        if (bytes > BlockBytes) return (new byte[bytes], 0);
        if (_used + bytes > BlockBytes) (_block, _used) = (_block + 1, 0);
        if (_block == _blocks.Count) _blocks.Add(GC.AllocateUninitializedArray<byte>(BlockBytes));
        _used += bytes;
        return (_blocks[_block], _used - bytes);
    }
}

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
    private readonly PostgresEncoder _encoder = new(rows);
    private readonly KeySort _sort = new([.. Enumerable.Range(0, key.Length)]);
    private readonly RowBatch _keys = new(new TableSchema(key.Select(c => rows.Schema.Columns[c])));
    private readonly List<int> _ends = [];
    private byte[] _piece = new byte[PostgresEncoder.PieceBytes];
    private long _sent;

    /// <summary>All rows; each piece is good until the next.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        foreach (var batch in rows.Read())
        {
            Add(batch);
            if (_ends.Count < KeyOrder.ChunkRows && _encoder.Written.Length < KeyOrder.ChunkBytes) continue;
            foreach (var piece in Ordered()) yield return piece;
        }
        foreach (var piece in Ordered()) yield return piece;
    }

    private void Add(RowBatch batch)
    {
        _encoder.Begin(batch);
        for (var row = 0; row < batch.RowCount; row++)
        {
            _encoder.Add(row);
            _ends.Add(_encoder.Written.Length);
        }
        for (var column = 0; column < key.Length; column++) _keys[column].AppendAll(batch[key[column]]);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Ordered()
    {
        var order = _sort.Sort(_keys);
        var length = 0;
        for (var i = 0; i < _ends.Count; i++)
        {
            var start = order[i] == 0 ? 0 : _ends[order[i] - 1];
            var bytes = _ends[order[i]] - start;
            if (_piece.Length - length < bytes)
            {
                if (length > 0) yield return _piece.AsMemory(0, length);
                length = 0;
                if (_piece.Length < bytes) _piece = new byte[bytes];
            }
            _encoder.Written.Slice(start, bytes).CopyTo(_piece.AsSpan(length));
            length += bytes;
            rows.AfterRow(++_sent);
        }
        if (length > 0) yield return _piece.AsMemory(0, length);
        _ends.Clear();
        _keys.Clear();
        _encoder.Clear();
    }
}

using Etl.Core.Columns;

namespace Etl.Landing.Sql;

/// <summary>
/// Brings the rows of a pull into the order of the table's index by key, some at a time: neighbours go to the same page of the index, where rows in
/// any order find and change another page each, which costs a database more than all the rest. The order is one by bytes and a near one: it is for
/// speed, and nobody may count on it.
/// Memory: a chunk of at most 131,072 rows and some 32 MiB of text.
/// </summary>
internal sealed class KeyOrder
{
    /// <summary>Rows that are brought in order at once.</summary>
    internal const int ChunkRows = 1 << 17;

    /// <summary>Bytes after which fewer rows are.</summary>
    internal const int ChunkBytes = 32 << 20;

    private const int PieceRows = 4_096;

    private readonly SqlRows _rows;
    private readonly KeySort _sort;
    private int[] _order = [];
    private long _before;
    private int _count;

    private KeyOrder(SqlRows rows, int[] key) => (_rows, _sort) = (rows, new KeySort(key));

    /// <summary>The same rows in an order near that of the table's index; as they are where it has none.</summary>
    public static SqlRows Of(SqlRows rows)
    {
        var key = KeySort.KeyOf(rows.Schema, rows.Order);
        if (key.Length == 0) return rows;
        var order = new KeyOrder(rows, key);
        return rows with { Read = order.Read, RowOf = order.RowOf };
    }

    private IEnumerable<RowBatch> Read()
    {
        var (chunk, piece) = (new RowBatch(_rows.Schema), new RowBatch(_rows.Schema));
        (_before, _count) = (0, 0);
        foreach (var batch in _rows.Read())
        {
            chunk.AppendAll(batch);
            if (chunk.RowCount < ChunkRows && Bytes(chunk) < ChunkBytes) continue;
            foreach (var sorted in Pieces(chunk, piece)) yield return sorted;
        }
        foreach (var sorted in Pieces(chunk, piece)) yield return sorted;
    }

    private long RowOf(long row) => row > _before && row <= _before + _count ? _before + _order[row - _before - 1] + 1 : row;

    private IEnumerable<RowBatch> Pieces(RowBatch chunk, RowBatch piece)
    {
        (_order, _count) = (_sort.Sort(chunk), chunk.RowCount);
        for (var row = 0; row < _count; row += PieceRows)
        {
            piece.Clear();
            piece.AppendRows(chunk, _order.AsSpan(row, Math.Min(PieceRows, _count - row)));
            yield return piece;
        }
        _before += _count;
        chunk.Clear();
    }

    private static long Bytes(RowBatch chunk)
    {
        long bytes = 0;
        for (var column = 0; column < chunk.Schema.Columns.Count; column++)
            if (chunk[column] is TextBuffer text) bytes += text.Bytes.Length;
        return bytes;
    }
}

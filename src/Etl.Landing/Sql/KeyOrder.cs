using System.Buffers.Binary;
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
    private const int ChunkRows = 1 << 17, ChunkBytes = 32 << 20, PieceRows = 4_096;

    /// <summary>Rows that are equal up to here lie on one page or two, in any order.</summary>
    private const int FewRows = 64;

    private readonly SqlRows _rows;
    private readonly int[] _key;
    private ulong[] _places = [];
    private int[] _order = [];
    private long _before;
    private int _count;

    private KeyOrder(SqlRows rows, int[] key) => (_rows, _key) = (rows, key);

    /// <summary>The same rows in an order near that of the key; as they are where the table has none.</summary>
    /// <param name="rows">The rows of a pull.</param>
    /// <param name="key">Columns of the index, the first one first.</param>
    public static SqlRows Of(SqlRows rows, IReadOnlyList<string> key)
    {
        int[] columns = [.. key.Select(k => rows.Schema.Columns.ToList().FindIndex(c => c.Name.Equals(k, StringComparison.OrdinalIgnoreCase))).Where(c => c >= 0)];
        if (columns.Length == 0) return rows;
        var order = new KeyOrder(rows, columns);
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
        if (chunk.RowCount == 0) yield break;
        foreach (var sorted in Pieces(chunk, piece)) yield return sorted;
    }

    private long RowOf(long row) => row > _before && row <= _before + _count ? _before + _order[row - _before - 1] + 1 : row;

    private IEnumerable<RowBatch> Pieces(RowBatch chunk, RowBatch piece)
    {
        _count = chunk.RowCount;
        if (_order.Length < _count) (_order, _places) = (new int[_count], new ulong[_count]);
        for (var row = 0; row < _count; row++) _order[row] = row;
        Sort(chunk, 0, 0, _count);
        for (var row = 0; row < _count; row += PieceRows)
        {
            piece.Clear();
            piece.AppendRows(chunk, _order.AsSpan(row, Math.Min(PieceRows, _count - row)));
            yield return piece;
        }
        _before += _count;
        chunk.Clear();
    }

    /// <summary>Sorts a run of rows that are equal in all columns of the key before this one.</summary>
    private void Sort(RowBatch chunk, int column, int start, int count)
    {
        for (; column < _key.Length; column++)
        {
            var order = _order.AsSpan(start, count);
            var places = _places.AsSpan(start, count);
            Place(chunk[_key[column]], order, places);
            if (!places.ContainsAnyExcept(places[0])) continue;
            places.Sort(order);
            if (column + 1 == _key.Length) return;
            for (int from = 0, to; from < count; from = to)
            {
                to = from + 1;
                while (to < count && _places[start + to] == _places[start + from]) to++;
                if (to - from > FewRows) Sort(chunk, column + 1, start + from, to - from);
            }
            return;
        }
    }

    /// <summary>For each row a number that is the larger the farther back its cell sorts. Nulls are last.</summary>
    private static void Place(ColumnBuffer cells, ReadOnlySpan<int> order, Span<ulong> places)
    {
        switch (cells)
        {
            case TextBuffer text:
                var common = Common(text, order);
                for (var i = 0; i < order.Length; i++) places[i] = First(text[order[i]][Math.Min(common, text[order[i]].Length)..]);
                break;
            case FixedBuffer<long> longs:
                for (var i = 0; i < order.Length; i++) places[i] = (ulong)longs.Values[order[i]] ^ 1UL << 63;
                break;
            case FixedBuffer<int> ints:
                for (var i = 0; i < order.Length; i++) places[i] = (ulong)(long)ints.Values[order[i]] ^ 1UL << 63;
                break;
            case FixedBuffer<double> doubles:
                for (var i = 0; i < order.Length; i++) places[i] = OfBits(BitConverter.DoubleToInt64Bits(doubles.Values[order[i]]));
                break;
            case FixedBuffer<bool> bools:
                for (var i = 0; i < order.Length; i++) places[i] = bools.Values[order[i]] ? 1UL : 0;
                break;
        }
        if (cells.NullCount == 0) return;
        for (var i = 0; i < order.Length; i++)
            if (cells.IsNull(order[i])) places[i] = ulong.MaxValue;
    }

    private static ulong OfBits(long bits) => (ulong)(bits < 0 ? ~bits : bits ^ long.MinValue);

    /// <summary>How many bytes all texts begin with alike: they tell nothing.</summary>
    private static int Common(TextBuffer text, ReadOnlySpan<int> order)
    {
        var first = text[order[0]];
        foreach (var row in order)
        {
            if (text.NullCount != 0 && text.IsNull(row)) continue;
            first = first[..first.CommonPrefixLength(text[row])];
        }
        return first.Length;
    }

    private static ulong First(ReadOnlySpan<byte> text)
    {
        if (text.Length >= sizeof(ulong)) return BinaryPrimitives.ReadUInt64BigEndian(text);
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        text.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private static long Bytes(RowBatch chunk)
    {
        long bytes = 0;
        for (var column = 0; column < chunk.Schema.Columns.Count; column++)
            if (chunk[column] is TextBuffer text) bytes += text.Bytes.Length;
        return bytes;
    }
}

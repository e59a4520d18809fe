using System.Buffers.Binary;
using Etl.Core.Columns;

namespace Etl.Landing.Sql;

/// <summary>
/// Finds an order of rows near that of an index: by the bytes of its columns, but for runs of a few rows that one column does not tell apart. For speed only.
/// </summary>
/// <param name="key">Columns of the index in the batches to come, the first one first.</param>
internal sealed class KeySort(int[] key)
{
    /// <summary>Rows that are equal up to here lie on one page or two, in any order.</summary>
    private const int FewRows = 64;

    private ulong[] _places = [];
    private int[] _order = [];

    /// <summary>The columns of an index by key that rows have; empty where they have none.</summary>
    public static int[] KeyOf(TableSchema schema, IReadOnlyList<string> names) =>
        [.. names.Select(k => schema.Columns.ToList().FindIndex(c => c.Name.Equals(k, StringComparison.OrdinalIgnoreCase))).Where(c => c >= 0).Distinct()];

    /// <summary>The numbers of the rows, from zero, in that order; good until the next call.</summary>
    public int[] Sort(RowBatch rows)
    {
        var count = rows.RowCount;
        if (_order.Length < count) (_order, _places) = (new int[count], new ulong[count]);
        for (var row = 0; row < count; row++) _order[row] = row;
        if (count > 0) Sort(rows, 0, 0, count);
        return _order;
    }

    /// <summary>Sorts a run of rows that are equal in all columns of the key before this one.</summary>
    private void Sort(RowBatch rows, int column, int start, int count)
    {
        for (; column < key.Length; column++)
        {
            var order = _order.AsSpan(start, count);
            var places = _places.AsSpan(start, count);
            Place(rows[key[column]], order, places);
            if (!places.ContainsAnyExcept(places[0])) continue;
            places.Sort(order);
            if (column + 1 == key.Length) return;
            for (int from = 0, to; from < count; from = to)
            {
                to = from + 1;
                while (to < count && _places[start + to] == _places[start + from]) to++;
                if (to - from > FewRows) Sort(rows, column + 1, start + from, to - from);
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
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Etl.Parsing;

/// <summary>
/// Finds where the cells of unescaped table text end. Grammar: row = cell (delimiter cell)* ';' with no quoting; the service
/// has replaced delimiters and semicolons inside cells by spaces.
/// </summary>
internal static unsafe class CellIndex
{
    /// <summary>Readable bytes needed behind the text, and slots behind the last end: 64 bytes are looked at together.</summary>
    internal const int Slack = 64;

    /// <summary>
    /// Writes the place of every <paramref name="mark"/> and every semicolon, in order.
    /// One 64-byte block costs two compares; most of the time goes into writing the places.
    /// </summary>
    /// <returns>How many there are; <paramref name="rows"/> counts the semicolons among them.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Build(byte* text, int length, byte mark, int* ends, out int rows)
    {
        var next = ends;
        var semicolons = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            var marks = Vector512.Create(mark);
            var terminators = Vector512.Create((byte)';');
            for (var i = 0; i < length; i += 64)
            {
                var block = Vector512.Load(text + i);
                var row = Vector512.Equals(block, terminators).ExtractMostSignificantBits();
                var all = row | Vector512.Equals(block, marks).ExtractMostSignificantBits();
                if (length - i < 64) Cut(length - i, ref row, ref all);
                semicolons += BitOperations.PopCount(row);
                next = Write(next, all, i);
            }
        }
        else
        {
            var marks = Vector256.Create(mark);
            var terminators = Vector256.Create((byte)';');
            for (var i = 0; i < length; i += 64)
            {
                var low = Vector256.Load(text + i);
                var high = Vector256.Load(text + i + 32);
                var row = Vector256.Equals(low, terminators).ExtractMostSignificantBits()
                    | ((ulong)Vector256.Equals(high, terminators).ExtractMostSignificantBits() << 32);
                var all = row | Vector256.Equals(low, marks).ExtractMostSignificantBits()
                    | ((ulong)Vector256.Equals(high, marks).ExtractMostSignificantBits() << 32);
                if (length - i < 64) Cut(length - i, ref row, ref all);
                semicolons += BitOperations.PopCount(row);
                next = Write(next, all, i);
            }
        }
        rows = semicolons;
        return (int)(next - ends);
    }

    /// <summary>
    /// Keeps of the places of the delimiter's first byte those where the whole delimiter stands, reading from the left.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Its length.</param>
    /// <param name="delimiter">Two bytes or more.</param>
    /// <param name="ends">Places, packed in this call.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="doubtful">
    /// Place where two delimiters overlap, or -1: a cell that ends or begins with a part of a delimiter such as <c>|~|</c>
    /// cannot be told from its neighbour.
    /// </param>
    /// <returns>How many are left.</returns>
    internal static int Confirm(byte* text, int length, ReadOnlySpan<byte> delimiter, int* ends, int count, out int doubtful)
    {
        var kept = 0;
        var last = -delimiter.Length;
        doubtful = -1;
        for (var i = 0; i < count; i++)
        {
            var place = ends[i];
            if (text[place] != (byte)';')
            {
                if (length - place < delimiter.Length || !new ReadOnlySpan<byte>(text + place, delimiter.Length).SequenceEqual(delimiter)) continue;
                if (place < last + delimiter.Length)
                {
                    doubtful = last;
                    return kept;
                }
                last = place;
            }
            ends[kept++] = place;
        }
        return kept;
    }

    private static void Cut(int left, ref ulong row, ref ulong all)
    {
        var mask = (1UL << left) - 1;
        row &= mask;
        all &= mask;
    }

    // Writes in fours and moves on by the true count: fewer branches than one per bit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int* Write(int* next, ulong bits, int start)
    {
        var end = next + BitOperations.PopCount(bits);
        while (bits != 0)
        {
            for (var k = 0; k < 4; k++)
            {
                next[k] = start + BitOperations.TrailingZeroCount(bits);
                bits &= bits - 1;
            }
            next += 4;
        }
        return end;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace Etl.Parquet.Encodings;

/// <summary>Bit ranges in <c>ulong</c> words, least significant bit first.</summary>
internal static class Bitmap
{
    /// <summary>Words that hold <paramref name="bits"/> bits.</summary>
    public static int Words(int bits) => (int)(((uint)bits + 63) >> 6);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Get(ReadOnlySpan<ulong> words, int bit) => (words[bit >> 6] >> bit & 1) != 0;

    /// <summary>The <paramref name="count"/> (0 to 64) bits from <paramref name="bit"/> on, in the low end of the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Read(ReadOnlySpan<ulong> words, int bit, int count)
    {
        if (count == 0)
            return 0;
        var word = bit >> 6;
        var shift = bit & 63;
        var value = words[word] >> shift;
        if (shift + count > 64)
            value |= words[word + 1] << (64 - shift);
        return count == 64 ? value : value & ((1UL << count) - 1);
    }

    /// <summary>Bits set in a range.</summary>
    public static int Count(ReadOnlySpan<ulong> words, int bit, int count)
    {
        var set = 0;
        for (; count >= 64; bit += 64, count -= 64)
            set += BitOperations.PopCount(Read(words, bit, 64));
        return set + BitOperations.PopCount(Read(words, bit, count));
    }

    /// <summary>Copies a range. Bits of the target's last word behind the range are cleared. The target may be the source if it starts at or before it.</summary>
    public static void Copy(ReadOnlySpan<ulong> source, int sourceBit, Span<ulong> target, int targetBit, int count)
    {
        while (count > 0)
        {
            var take = Math.Min(count, 64 - (targetBit & 63));
            Put(target, targetBit, Read(source, sourceBit, take));
            sourceBit += take;
            targetBit += take;
            count -= take;
        }
    }

    /// <summary>Sets a range to ones. Bits of the target's last word behind the range are cleared.</summary>
    public static void Fill(Span<ulong> target, int targetBit, int count)
    {
        while (count > 0)
        {
            var take = Math.Min(count, 64 - (targetBit & 63));
            Put(target, targetBit, take == 64 ? ulong.MaxValue : (1UL << take) - 1);
            targetBit += take;
            count -= take;
        }
    }

    /// <summary>Clears a range, and the bits behind it in its last word.</summary>
    public static void Clear(Span<ulong> target, int targetBit, int count)
    {
        while (count > 0)
        {
            var take = Math.Min(count, 64 - (targetBit & 63));
            Put(target, targetBit, 0);
            targetBit += take;
            count -= take;
        }
    }

    /// <summary>The offset, from <paramref name="bit"/>, of the set bit number <paramref name="ordinal"/> (from zero). There must be one.</summary>
    public static int Select(ReadOnlySpan<ulong> words, int bit, int ordinal)
    {
        for (var offset = 0; ; offset++)
        {
            if (Get(words, bit + offset) && ordinal-- == 0)
                return offset;
        }
    }

    /// <summary>Copies the values whose bit is set to the front of <paramref name="dense"/> and returns how many.</summary>
    public static int Compact<T>(ReadOnlySpan<T> values, ReadOnlySpan<ulong> words, int bit, Span<T> dense)
    {
        var count = 0;
        for (var row = 0; row < values.Length; row += 64)
        {
            var take = Math.Min(64, values.Length - row);
            var bits = Read(words, bit + row, take);
            if (bits == ulong.MaxValue)
            {
                values.Slice(row, 64).CopyTo(dense[count..]);
                count += 64;
                continue;
            }

            for (; bits != 0; bits &= bits - 1)
                dense[count++] = values[row + BitOperations.TrailingZeroCount(bits)];
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(Span<ulong> target, int bit, ulong value)
    {
        var shift = bit & 63;
        ref var word = ref target[bit >> 6];
        word = (word & ((1UL << shift) - 1)) | (value << shift);
    }
}

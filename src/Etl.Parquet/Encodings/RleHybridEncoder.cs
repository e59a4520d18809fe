using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Etl.Parquet.Encodings;

/// <summary>Writes small non-negative integers of one fixed bit width.</summary>
/// <remarks>
/// Grammar, for a bit width w:
/// <code>
/// data       := run*
/// run        := repeated | packed
/// repeated   := varint(count * 2) value             value: the low ceil(w / 8) bytes, little endian
/// packed     := varint(groups * 2 + 1) byte[groups * w]   a group is 8 values; bits fill bytes from the low end
/// </code>
/// Only the last packed run may end inside a group; it is padded with zeros.
/// Format: https://github.com/apache/parquet-format/blob/master/Encodings.md (RLE / bit-packing hybrid).
/// </remarks>
internal static class RleHybridEncoder
{
    /// <summary>Bits that a value up to <paramref name="max"/> needs; at least 1, because some readers refuse a width of 0.</summary>
    public static int BitWidth(int max) => Math.Max(1, 32 - BitOperations.LeadingZeroCount((uint)max));

    /// <summary>Appends <paramref name="values"/>, each below 2^<paramref name="bitWidth"/>.</summary>
    public static void Encode(ReadOnlySpan<int> values, int bitWidth, ByteBuffer output)
    {
        // A repeated run costs 2 to 5 bytes and splits the packed run around it (1 to 2 bytes more);
        // a group of 8 costs bitWidth bytes. So narrow values need longer runs before repeating pays.
        var minRun = bitWidth >= 8 ? 8 : bitWidth >= 4 ? 16 : 64;
        var pending = 0; // first value that is not written yet
        var at = 0;
        while (at + 8 <= values.Length)
        {
            if (!Uniform(values, at))
            {
                at += 8;
                continue;
            }

            var end = RunEnd(values, at + 8, values[at]);
            if (end - at < minRun)
            {
                // Stay on the grid of groups that the packed run started.
                at += (end - at) & ~7;
                continue;
            }

            Pack(values[pending..at], bitWidth, output);
            output.AppendVarint((ulong)(end - at) << 1);
            AppendValue(values[at], bitWidth, output);
            at = end;
            pending = end;
        }

        Pack(values[pending..], bitWidth, output);
    }

    private static bool Uniform(ReadOnlySpan<int> values, int at)
    {
        var group = Vector256.Create(values.Slice(at, 8));
        return Vector256.EqualsAll(group, Vector256.Create(values[at]));
    }

    private static int RunEnd(ReadOnlySpan<int> values, int at, int value)
    {
        var different = values[at..].IndexOfAnyExcept(value);
        return different < 0 ? values.Length : at + different;
    }

    private static void AppendValue(int value, int bitWidth, ByteBuffer output)
    {
        for (var shift = 0; shift < bitWidth; shift += 8)
            output.AppendByte((byte)(value >> shift));
    }

    /// <summary>One packed run; a length that is no multiple of 8 is allowed only at the end of the data.</summary>
    private static void Pack(ReadOnlySpan<int> values, int bitWidth, ByteBuffer output)
    {
        if (values.IsEmpty)
            return;
        var groups = (values.Length + 7) / 8;
        output.AppendVarint(((ulong)groups << 1) | 1);
        var bytes = groups * bitWidth;
        // 8 bytes of slack: the last word may be written whole.
        var target = output.Reserve(bytes + 8);
        ref var d = ref MemoryMarshal.GetReference(target);
        var written = 0;
        ulong word = 0;
        var bits = 0;
        foreach (var value in values)
        {
            word |= (ulong)(uint)value << bits;
            bits += bitWidth;
            if (bits < 32)
                continue;
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref d, written), (uint)word);
            written += 4;
            word >>= 32;
            bits -= 32;
        }

        // Flush what is left and zero the padding of the last group.
        BinaryPrimitives.WriteUInt64LittleEndian(target[written..], word);
        if (written + 8 < bytes)
            target[(written + 8)..bytes].Clear();
        output.SetLength(output.Length + bytes);
    }
}

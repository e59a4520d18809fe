using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Etl.Parquet.Encodings;

/// <summary>Definition levels of a flat optional column: one bit per row, 1 = a value is present. Hybrid runs of bit width 1.</summary>
/// <remarks>Works on whole bytes: 8 rows are one group and one byte, so packing is a copy and a run is a stretch of 0x00 or 0xFF.</remarks>
internal static class LevelEncoder
{
    // A repeated run costs 2 to 4 bytes and may split a packed run (2 bytes more).
    private const int MinRunBytes = 8;

    /// <summary>The most bytes that <see cref="Encode"/> writes for so many rows, length prefix included.</summary>
    public static int MaxBytes(int rows) => 4 + 8 + (rows + 7) / 8 + (rows / 8 / MinRunBytes + 1) * 8;

    /// <summary>Appends the levels of <paramref name="rows"/> rows with their 4-byte length. Bits behind the last row must be zero; <paramref name="present"/> are set.</summary>
    public static void Encode(ReadOnlySpan<ulong> validity, int rows, int present, ByteBuffer output)
    {
        var start = output.Length;
        output.AppendInt32(0);
        if (present == rows || present == 0)
        {
            output.AppendVarint((ulong)rows << 1);
            output.AppendByte(present == 0 ? (byte)0 : (byte)1);
        }
        else
        {
            // The words are little endian on every platform .NET 10 runs on.
            EncodeMixed(MemoryMarshal.AsBytes(validity)[..((rows + 7) / 8)], rows, output);
        }

        BinaryPrimitives.WriteInt32LittleEndian(output.Written[start..], output.Length - start - 4);
    }

    private static void EncodeMixed(ReadOnlySpan<byte> bytes, int rows, ByteBuffer output)
    {
        var pending = 0;
        var at = 0;
        while (at < bytes.Length)
        {
            var value = bytes[at];
            if (value is not (0 or 0xFF))
            {
                at++;
                continue;
            }

            var different = bytes[at..].IndexOfAnyExcept(value);
            var end = different < 0 ? bytes.Length : at + different;
            if (end - at >= MinRunBytes)
            {
                Pack(bytes[pending..at], output);
                // Only the last byte can stand for fewer than 8 rows, and only as zeros (padding is zero).
                output.AppendVarint((ulong)(Math.Min(rows, end * 8) - at * 8) << 1);
                output.AppendByte((byte)(value & 1));
                pending = end;
            }

            at = end;
        }

        Pack(bytes[pending..], output);
    }

    private static void Pack(ReadOnlySpan<byte> bytes, ByteBuffer output)
    {
        if (bytes.IsEmpty)
            return;
        output.AppendVarint(((ulong)bytes.Length << 1) | 1);
        output.Append(bytes);
    }
}

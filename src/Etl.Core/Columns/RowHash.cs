using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Core.Columns;

/// <summary>
/// Hashes rows of batches, 128 bits a row. A row's hash is the sum over its cells of a hash of (column name, value),
/// so neither the order of columns nor a column that is null everywhere changes it. Not cryptographic: it finds
/// repeated keys and changed content; it does not resist someone who builds collisions.
/// </summary>
public static class RowHash
{
    private const ulong PrimeA = 0x9E3779B97F4A7C15, PrimeB = 0xC2B2AE3D27D4EB4F, PrimeC = 0x165667B19E3779F9;

    /// <summary>Writes the hash of every row into <paramref name="hashes"/> (one slot per row of the batch).</summary>
    public static void Compute(RowBatch batch, ReadOnlySpan<int> columns, Span<UInt128> hashes)
    {
        hashes[..batch.RowCount].Clear();
        foreach (var column in columns) Add(batch, column, hashes);
        // Bind the cells of a row together: without this step a sum over rows could not see two rows swapping cells.
        for (var row = 0; row < batch.RowCount; row++)
        {
            var hash = hashes[row];
            hashes[row] = Finish(Mix((ulong)(hash >> 64), PrimeB), Mix((ulong)hash ^ (ulong)(hash >> 64), PrimeC));
        }
    }

    /// <summary>The hash of a row and a number together: for the second and later rows of one key.</summary>
    public static UInt128 With(UInt128 hash, long number) =>
        Finish(Mix((ulong)(hash >> 64) ^ PrimeA, (ulong)number + PrimeB), Mix((ulong)hash ^ PrimeC, (ulong)number + PrimeA) ^ (ulong)(hash >> 64));

    /// <summary>A seed that depends on a name only, equal on every machine.</summary>
    internal static ulong Seed(string name) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    private static void Add(RowBatch batch, int column, Span<UInt128> hashes)
    {
        var seed = batch.Schema.Seeds[column];
        switch (batch[column])
        {
            case TextBuffer text:
                AddText(text, seed, hashes);
                break;
            case FixedBuffer<long> longs:
                for (var row = 0; row < longs.Count; row++)
                    if (!longs.IsNull(row)) hashes[row] += Word((ulong)longs.Values[row], seed);
                break;
            case FixedBuffer<int> ints:
                for (var row = 0; row < ints.Count; row++)
                    if (!ints.IsNull(row)) hashes[row] += Word((ulong)ints.Values[row], seed);
                break;
            case FixedBuffer<double> doubles:
                for (var row = 0; row < doubles.Count; row++)
                    if (!doubles.IsNull(row)) hashes[row] += Word(BitConverter.DoubleToUInt64Bits(doubles.Values[row]), seed);
                break;
            case FixedBuffer<bool> bools:
                for (var row = 0; row < bools.Count; row++)
                    if (!bools.IsNull(row)) hashes[row] += Word(bools.Values[row] ? 1UL : 0UL, seed);
                break;
        }
    }

    private static void AddText(TextBuffer text, ulong seed, Span<UInt128> hashes)
    {
        for (var row = 0; row < text.Count; row++)
            if (!text.IsNull(row)) hashes[row] += Text(text[row], seed);
    }

    private static UInt128 Word(ulong value, ulong seed) => Finish(Mix(value ^ seed, PrimeA), Mix(value + PrimeC, seed | 1));

    private static UInt128 Text(ReadOnlySpan<byte> utf8, ulong seed)
    {
        ulong a = seed ^ PrimeA, b = seed + PrimeB + (ulong)utf8.Length;
        while (utf8.Length >= 8)
        {
            var word = BinaryPrimitives.ReadUInt64LittleEndian(utf8);
            a = Mix(a ^ word, PrimeB);
            b = Mix(b + word, PrimeC);
            utf8 = utf8[8..];
        }
        var tail = Tail(utf8);
        return Finish(Mix(a ^ tail, PrimeC), Mix(b + tail, PrimeA));
    }

    // Fewer than 8 bytes as a little-endian number; two reads that overlap give the same bits as one read of each byte.
    private static ulong Tail(ReadOnlySpan<byte> utf8)
    {
        var length = utf8.Length;
        if (length >= 4) return BinaryPrimitives.ReadUInt32LittleEndian(utf8) | (ulong)BinaryPrimitives.ReadUInt32LittleEndian(utf8[(length - 4)..]) << (8 * (length - 4));
        if (length == 0) return 0;
        return utf8[0] | (ulong)utf8[length >> 1] << (8 * (length >> 1)) | (ulong)utf8[length - 1] << (8 * (length - 1));
    }

    private static ulong Mix(ulong x, ulong y)
    {
        var high = Math.BigMul(x, y, out var low);
        return high ^ low ^ (x << 7) ^ (y >> 3);
    }

    private static UInt128 Finish(ulong a, ulong b)
    {
        a ^= a >> 29;
        a *= PrimeB;
        a ^= a >> 32;
        b ^= b >> 31;
        b *= PrimeA;
        b ^= b >> 30;
        return new UInt128(a, b);
    }
}

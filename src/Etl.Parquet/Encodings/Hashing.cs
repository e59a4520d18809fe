using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace Etl.Parquet.Encodings;

/// <summary>The hash of the dictionaries: multiply pairs of 64-bit words, fold the 128-bit products.</summary>
/// <remarks>
/// Keyed per process, so that nobody can prepare values that collide. Codes are given in order of first appearance, so the key never
/// shows in a file. A loop takes <see cref="Current"/> into a variable of its own, which keeps the keys in registers.
/// </remarks>
internal readonly struct Hashing
{
    /// <summary>So many bytes from a text's first one are read at once and must be readable, however short it is.</summary>
    public const int ReadAhead = 32;

    /// <summary>The hash of this process.</summary>
    public static readonly Hashing Current = new(RandomNumberGenerator.GetBytes(32));

    private readonly ulong _key0, _key1, _key2, _key3;

    private Hashing(byte[] keys)
    {
        _key0 = BitConverter.ToUInt64(keys, 0) | 1;
        _key1 = BitConverter.ToUInt64(keys, 8) | 1;
        _key2 = BitConverter.ToUInt64(keys, 16) | 1;
        _key3 = BitConverter.ToUInt64(keys, 24) | 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Number(ulong value) => (uint)Mix(value ^ _key0, _key1);

    /// <summary>The hash of <paramref name="length"/> bytes. <see cref="ReadAhead"/> bytes from <paramref name="p"/> must be readable whatever the length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe uint Text(byte* p, int length)
    {
        if (length > ReadAhead)
            return LongText(p, length);
        // One way for all short texts: lengths of a column vary, and a branch on them is guessed wrong every other time.
        var words = (Vector256.Load(p) & Mask(length)).AsUInt64();
        return (uint)Fold(words[0], words[1], words[2], words[3], (uint)length);
    }

    /// <summary>Ones in the first <paramref name="length"/> bytes, 0 to <see cref="ReadAhead"/>; zeros behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Mask(int length) =>
        Vector256.GreaterThan(Vector256.Create((sbyte)length), Vector256<sbyte>.Indices).AsByte();

    /// <summary>Up to eight leading bytes as a little-endian number, zero where the text is shorter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ulong First(byte* p, int length) =>
        length >= 8 ? Load(p) : Load(p) & ((1UL << (length * 8)) - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe ulong Load(byte* p) => Unsafe.ReadUnaligned<ulong>(p);

    private unsafe uint LongText(byte* p, int length)
    {
        ulong hash = (uint)length;
        var last = p + length - ReadAhead;
        for (; p < last; p += ReadAhead)
            hash = Fold(Load(p), Load(p + 8), Load(p + 16), Load(p + 24), hash);
        return (uint)Fold(Load(last), Load(last + 8), Load(last + 16), Load(last + 24), hash);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Fold(ulong a, ulong b, ulong c, ulong d, ulong seed) =>
        Mix(a ^ _key0 ^ seed, b ^ _key1) ^ Mix(c ^ _key2, d ^ _key3 ^ seed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}

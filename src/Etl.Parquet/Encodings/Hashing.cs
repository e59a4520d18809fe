using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Etl.Parquet.Encodings;

/// <summary>The hash of the dictionaries: multiply two 64-bit halves, fold the 128-bit product.</summary>
/// <remarks>
/// Keyed per process, so that nobody can prepare values that collide. Codes are given in order of first appearance, so the key never
/// shows in a file.
/// </remarks>
internal static class Hashing
{
    private static readonly ulong Key0 = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
    private static readonly ulong Key1 = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Number(ulong value) => (uint)Mix(value ^ Key0, Key1);

    /// <summary>The hash of <paramref name="length"/> bytes. Eight bytes from <paramref name="p"/> must be readable whatever the length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe uint Text(byte* p, int length)
    {
        if (length <= 8)
            return (uint)Mix(First(p, length) ^ Key0, (uint)length ^ Key1);
        if (length <= 16)
            return (uint)Mix(Load(p) ^ Key0, Load(p + length - 8) ^ Key1 ^ (uint)length);
        return LongText(p, length);
    }

    /// <summary>Up to eight leading bytes as a little-endian number, zero where the text is shorter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ulong First(byte* p, int length) =>
        length >= 8 ? Load(p) : Load(p) & ((1UL << (length * 8)) - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ulong Load(byte* p) => Unsafe.ReadUnaligned<ulong>(p);

    private static unsafe uint LongText(byte* p, int length)
    {
        var hash = Key1 ^ (uint)length;
        var last = p + length - 16;
        for (; p < last; p += 16)
            hash = Mix(Load(p) ^ Key0, Load(p + 8) ^ hash);
        return (uint)Mix(Load(last) ^ Key0, Load(last + 8) ^ hash);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Etl.Parsing;

/// <summary>
/// Numbers of at most 16 characters that are digits, with at most one point between them: nearly all. All digits are looked at together, so that
/// nothing has to be guessed about their count. What is not of this form is not said to be wrong: <see cref="NumberCell"/> knows.
/// </summary>
internal static unsafe class ShortNumber
{
    /// <summary>So many bytes from a number's first one are read at once and must be readable, however short it is.</summary>
    internal const int ReadAhead = 16;

    /// <summary>Reads a whole number of digits alone.</summary>
    /// <param name="text">The number; <see cref="ReadAhead"/> bytes must be readable.</param>
    /// <param name="length">Its length, 1 or more.</param>
    /// <param name="value">The number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryInt64(byte* text, int length, out long value)
    {
        value = 0;
        return length <= ReadAhead && TryDigits(Vector128.Load(text), Vector128<sbyte>.Indices + Vector128.Create((sbyte)(length - ReadAhead)), out value);
    }

    /// <summary>Reads a number, correctly rounded.</summary>
    /// <param name="text">The number; <see cref="ReadAhead"/> bytes must be readable.</param>
    /// <param name="length">Its length, 1 or more.</param>
    /// <param name="value">The number.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool TryDouble(byte* text, int length, out double value)
    {
        value = 0;
        if (length > ReadAhead) return false;
        var cell = Vector128.Load(text);
        // The place of the point, or the length. A second point is no digit.
        var dot = BitOperations.TrailingZeroCount(Vector128.Equals(cell, Vector128.Create((byte)'.')).ExtractMostSignificantBits() | (1u << length));
        if (dot == 0 || dot == length - 1) return false;
        var fraction = Math.Max(length - 1 - dot, 0);
        var digits = length - Math.Min(fraction, 1);
        // Which byte each digit comes from: those behind the point are one place farther.
        var places = Vector128<sbyte>.Indices + Vector128.Create((sbyte)(digits - ReadAhead));
        places -= Vector128.GreaterThan(places, Vector128.Create((sbyte)(dot - 1)));
        if (!TryDigits(cell, places, out var mantissa)) return false;
        // It is rounded once: 15 digits and a power of ten are exact and their quotient is rounded, 16 without a point are rounded and divided by one.
        value = mantissa / NumberCell.ExactPowers[fraction];
        return true;
    }

    // Digits come to the end of 16, zeros before them: a place below zero gives zero. Then neighbours are joined: to 2, 4, 8 and 16 digits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryDigits(Vector128<byte> cell, Vector128<sbyte> places, out long value)
    {
        value = 0;
        var digits = Vector128.ShuffleNative(cell - Vector128.Create((byte)'0'), places.AsByte());
        if (Vector128.GreaterThanAny(digits, Vector128.Create((byte)9))) return false;
        var one = digits.AsUInt16();
        var two = (((one & Vector128.Create((ushort)0xFF)) * 10) + (one >>> 8)).AsUInt32();
        var four = (((two & Vector128.Create(0xFFFFu)) * 100) + (two >>> 16)).AsUInt64();
        var (high, low) = (four.ToScalar(), four.GetElement(1));
        value = (long)(((((uint)high * 10_000UL) + (high >> 32)) * 100_000_000) + ((uint)low * 10_000UL) + (low >> 32));
        return true;
    }
}

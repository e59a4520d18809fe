using System.Globalization;

namespace Etl.Parsing;

/// <summary>
/// Numbers as PHP prints them: <c>-?digits(.digits)?(E[+-]?digits)?</c>, 14 significant digits for floats
/// (<c>36</c>, <c>0.50333333333333</c>, <c>4.0E-5</c>, <c>1.0E+15</c>). No sign in front but a minus, no words, no blanks.
/// </summary>
internal static unsafe class NumberCell
{
    private const ulong LargestExactInteger = 1UL << 53;

    /// <summary>Every power of ten that binary64 holds exactly.</summary>
    internal static ReadOnlySpan<double> ExactPowers =>
    [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];

    /// <summary>Reads a whole number; false for anything that is not exactly one, or beyond 64 bits.</summary>
    internal static bool TryInt64(byte* text, int length, out long value)
    {
        var i = 0;
        var negative = false;
        if (length > 0 && text[0] == (byte)'-')
        {
            negative = true;
            i = 1;
        }
        var digits = length - i;
        // 18 digits cannot overflow 63 bits.
        if ((uint)(digits - 1) < 18)
        {
            long sum = 0;
            for (; i < length; i++)
            {
                var digit = (uint)text[i] - '0';
                if (digit > 9) return TryWhole(new ReadOnlySpan<byte>(text, length), out value);
                sum = (sum * 10) + digit;
            }
            value = negative ? -sum : sum;
            return true;
        }
        return TryWhole(new ReadOnlySpan<byte>(text, length), out value);
    }

    /// <summary>Reads a number, correctly rounded; false for what PHP would not print, and for what overflows.</summary>
    internal static bool TryDouble(byte* text, int length, out double value)
    {
        var i = 0;
        var negative = false;
        if (length > 0 && text[0] == (byte)'-')
        {
            negative = true;
            i = 1;
        }
        value = 0;
        ulong mantissa = 0;
        var start = i;
        uint digit;
        while (i < length && (digit = (uint)text[i] - '0') <= 9)
        {
            mantissa = (mantissa * 10) + digit;
            i++;
        }
        var digits = i - start;
        if (digits == 0) return false;
        var scale = 0;
        if (i < length && text[i] == (byte)'.')
        {
            start = ++i;
            while (i < length && (digit = (uint)text[i] - '0') <= 9)
            {
                mantissa = (mantissa * 10) + digit;
                i++;
            }
            scale = start - i;
            if (scale == 0) return false;
            digits -= scale;
        }
        if (i < length)
        {
            if (!TryExponent(text, length, i, out var exponent)) return false;
            scale += exponent;
        }
        // With both factors exact, one multiplication or division rounds once and so correctly.
        // 19 digits cannot overflow 64 bits.
        if (digits <= 19 && mantissa <= LargestExactInteger && (uint)(scale + 22) <= 44)
        {
            double result = (long)mantissa;
            if (scale < 0) result /= ExactPowers[-scale];
            else if (scale > 0) result *= ExactPowers[scale];
            value = negative ? -result : result;
            return true;
        }
        const NumberStyles Styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(new ReadOnlySpan<byte>(text, length), Styles, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static bool TryExponent(byte* text, int length, int i, out int exponent)
    {
        exponent = 0;
        if ((text[i] | 0x20) != 'e') return false;
        i++;
        var negative = i < length && text[i] == (byte)'-';
        if (negative || (i < length && text[i] == (byte)'+')) i++;
        if (i == length) return false;
        for (; i < length; i++)
        {
            var digit = (uint)text[i] - '0';
            if (digit > 9) return false;
            // Far beyond the range either way; more digits change nothing.
            if (exponent < 100_000) exponent = (exponent * 10) + (int)digit;
        }
        if (negative) exponent = -exponent;
        return true;
    }

    // Any spelling of a whole number, exactly: significant digits without their trailing zeros, times a power of ten.
    private static bool TryWhole(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var negative = text.Length > 0 && text[0] == (byte)'-';
        var i = negative ? 1 : 0;
        UInt128 significant = 0;
        var zeros = 0;
        var scale = 0;
        var digits = 0;
        var point = false;
        for (; i < text.Length; i++)
        {
            var c = text[i];
            if (c == (byte)'.')
            {
                if (point || digits == 0) return false;
                point = true;
                digits = 0;
                continue;
            }
            var digit = (uint)c - '0';
            if (digit > 9) break;
            digits++;
            if (point) scale--;
            if (digit == 0)
            {
                zeros++;
                continue;
            }
            if (significant != 0)
            {
                for (; zeros >= 0; zeros--)
                {
                    significant *= 10;
                    if (significant > ulong.MaxValue) return false;
                }
            }
            significant += digit;
            zeros = 0;
        }
        if (digits == 0) return false;
        if (i < text.Length)
        {
            fixed (byte* start = text)
            {
                if (!TryExponent(start, text.Length, i, out var exponent)) return false;
                scale += exponent;
            }
        }
        if (significant == 0) return true;
        scale += zeros;
        if (scale is < 0 or > 18) return false;
        for (; scale > 0; scale--) significant *= 10;
        if (significant > (UInt128)long.MaxValue + (negative ? 1UL : 0UL)) return false;
        value = negative ? (long)(0UL - (ulong)significant) : (long)significant;
        return true;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Etl.Parsing;

/// <summary>
/// Dates as the report service writes them: date ids by interval (<c>YYYY</c>, <c>YYYYMM</c>, <c>YYYYMMDD</c>, <c>YYYYMMDDHH</c>), unix seconds,
/// and the engine's raw ISO timestamps. Days count from 1970-01-01, instants are microseconds since then.
/// </summary>
internal static unsafe class DateCell
{
    private const long SecondsPerDay = 86_400, MicrosPerSecond = 1_000_000;

    private const byte Zero = (byte)'0', Dash = (byte)'-', Colon = (byte)':';

    // Bounds of the calendar: 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
    private const long FirstSecond = -62_135_596_800, LastSecond = 253_402_300_799;

    internal static bool TryDay(byte* text, int length, out int days)
    {
        days = 0;
        return length == 8 && TryDigits(text, 4, out var year) && TryDigits(text + 4, 2, out var month) && TryDigits(text + 6, 2, out var day)
            && TryCivil(year, month, day, out days);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool TryIsoDay(byte* text, int length, out int days)
    {
        days = 0;
        // What is behind the ten characters is not read.
        return length == 10
            && TryPairs(
                Vector128.Create(*(ulong*)text, *(ushort*)(text + 8)).AsByte(), Vector128.Create(Zero, Zero, Zero, Zero, Dash, Zero, Zero, Dash, Zero, Zero, 0, 0, 0, 0, 0, 0), out var pairs)
            && TryCivil(pairs, out days);
    }

    internal static bool TryMonth(byte* text, int length, out int days)
    {
        days = 0;
        return length == 6 && TryDigits(text, 4, out var year) && TryDigits(text + 4, 2, out var month) && TryCivil(year, month, 1, out days);
    }

    internal static bool TryYear(byte* text, int length, out int days)
    {
        days = 0;
        return length == 4 && TryDigits(text, 4, out var year) && TryCivil(year, 1, 1, out days);
    }

    /// <summary>A local hour; <paramref name="offsetMinutes"/> is added to get UTC (positive = west).</summary>
    internal static bool TryHour(byte* text, int length, int offsetMinutes, out long micros)
    {
        micros = 0;
        if (length != 10 || !TryDay(text, 8, out var days) || !TryDigits(text + 8, 2, out var hour) || hour > 23) return false;
        return TrySeconds((days * SecondsPerDay) + (hour * 3600) + (offsetMinutes * 60L), out micros);
    }

    internal static bool TryUnixSeconds(byte* text, int length, out long micros)
    {
        micros = 0;
        return NumberCell.TryInt64(text, length, out var seconds) && TrySeconds(seconds, out micros);
    }

    /// <summary><c>yyyy-MM-ddTHH:mm:ss</c>, up to six digits of a second, then <c>Z</c>, <c>±HH:mm</c> or <c>±HHmm</c>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool TryIso(byte* text, int length, out long micros)
    {
        micros = 0;
        if (length < 20
            || !TryPairs(
                Vector128.Load(text), Vector128.Create(Zero, Zero, Zero, Zero, Dash, Zero, Zero, Dash, Zero, Zero, (byte)'T', Zero, Zero, Colon, Zero, Zero), out var pairs)
            || text[16] != ':' || !TryDigits(text + 17, 2, out var second))
        {
            return false;
        }
        int hour = pairs[4], minute = pairs[5];
        if (hour > 23 || minute > 59 || second > 59 || !TryCivil(pairs, out var days)) return false;
        var i = 19;
        long fraction = 0;
        if (text[i] == '.')
        {
            var scale = MicrosPerSecond;
            for (i++; i < length && (uint)text[i] - '0' <= 9; i++)
            {
                scale /= 10;
                if (scale == 0) return false;
                fraction += (text[i] - '0') * scale;
            }
            if (scale == MicrosPerSecond) return false;
        }
        if (!TryZone(text + i, length - i, out var east)) return false;
        if (!TrySeconds((days * SecondsPerDay) + (hour * 3600) + (minute * 60) + second - (east * 60L), out micros)) return false;
        micros += fraction;
        return true;
    }

    private static bool TryZone(byte* text, int length, out int east)
    {
        east = 0;
        if (length == 1) return text[0] == 'Z';
        if (length is not (5 or 6) || text[0] is not ((byte)'+' or (byte)'-') || (length == 6 && text[3] != ':')) return false;
        if (!TryDigits(text + 1, 2, out var hours) || !TryDigits(text + length - 2, 2, out var minutes) || hours > 23 || minutes > 59) return false;
        east = (hours * 60) + minutes;
        if (text[0] == '-') east = -east;
        return true;
    }

    private static bool TrySeconds(long seconds, out long micros)
    {
        micros = 0;
        if (seconds is < FirstSecond or > LastSecond) return false;
        micros = seconds * MicrosPerSecond;
        return true;
    }

    private static bool TryDigits(byte* text, int length, out int value)
    {
        value = 0;
        for (var i = 0; i < length; i++)
        {
            var digit = (uint)text[i] - '0';
            if (digit > 9) return false;
            value = (value * 10) + (int)digit;
        }
        return true;
    }

    // All characters at once: digits stand where the pattern has a zero, and its other characters where it has those. The pairs of digits are those of
    // the century, the year, the month, the day, the hour and the minute.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryPairs(Vector128<byte> text, Vector128<byte> pattern, out Vector128<ushort> pairs)
    {
        var digits = text - pattern;
        var most = Vector128.Equals(pattern, Vector128.Create(Zero)) & Vector128.Create((byte)9);
        var each = Vector128.Shuffle(digits, Vector128.Create(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 255, 255, 255, 255)).AsUInt16();
        pairs = ((each & Vector128.Create((ushort)0xFF)) * 10) + (each >>> 8);
        return Vector128.LessThanOrEqualAll(digits, most);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryCivil(Vector128<ushort> pairs, out int days) => TryCivil((pairs[0] * 100) + pairs[1], pairs[2], pairs[3], out days);

    // Days since 1970-01-01 in the proleptic Gregorian calendar.
    private static bool TryCivil(int year, int month, int day, out int days)
    {
        days = 0;
        if (year < 1 || (uint)(month - 1) > 11) return false;
        // A year that 25 divides is a century if 4 divides it, and those are leap years when 16 does.
        var isLeap = (year & (year % 25 == 0 ? 15 : 3)) == 0;
        ReadOnlySpan<short> before = isLeap
            ? [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366]
            : [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
        if (day < 1 || day > before[month] - before[month - 1]) return false;
        var years = year - 1;
        days = (years * 365) + (years / 4) - (years / 100) + (years / 400) + before[month - 1] + day - 719_163;
        return true;
    }
}

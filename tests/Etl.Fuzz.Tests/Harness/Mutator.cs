using System.Buffers;
using System.Globalization;
using System.Text;

namespace Etl.Fuzz.Tests.Harness;

/// <summary>
/// Makes a damaged input from seeds: bit flips, bytes, cuts, removed and repeated pieces, splices with another seed, words of the format, numbers at their
/// extremes, and swaps of one sign for another. One to four changes; what comes out depends on the random numbers alone.
/// </summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, IReadOnlyList<string> words)
{
    /// <summary>Larger results are cut: large inputs are the matter of the tests of time and limits.</summary>
    public const int MaxBytes = 64 << 10;

    private static readonly string[] s_extremes =
    [
        "0", "-0", "1", "-1", "2147483647", "2147483648", "-2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "9007199254740991", "9007199254740992", "1e400", "-1e-400", "0.1", "1E5", "00", "+1", " 1", "1 ", "NaN", "Infinity", "\u0661", "1_000", "0x10", "99999999999999999999999999999999",
    ];

    private static readonly string[] s_signs =
        ["\0", "\u0001", "\t", "\n", "\r\n", "\r", "\u2028", "\uFEFF", "é", "→", "😀", "\\ud800", "\\u0000", "\\", "\"", "'", ";", "|", ",", "{", "}", "[", "]", "<", ">", "&", "%", "#"];

    private static readonly byte[][] s_numbers = [.. s_extremes.Select(Encoding.UTF8.GetBytes)];

    private static readonly byte[][] s_nasty =
    [
        .. s_signs.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0xFF, 0xFE], [0x80],
    ];

    private static readonly SearchValues<byte> s_structure = SearchValues.Create("|,;\"'\n:{}[]/\\<>=.-"u8);

    private readonly byte[][] _words = [.. words.Select(Encoding.UTF8.GetBytes)];

    public byte[] Make(FuzzRandom random)
    {
        var bytes = random.Of(seeds);
        for (var changes = 1 + Math.Min(random.Below(4), random.Below(4)); changes > 0; changes--) bytes = Change(bytes, random);
        return bytes.Length <= MaxBytes ? bytes : bytes[..MaxBytes];
    }

    private byte[] Change(byte[] bytes, FuzzRandom random)
    {
        var at = random.Below(bytes.Length + 1);
        var length = Math.Min(bytes.Length - at, 1 + random.Below(random.OneIn(4) ? bytes.Length : 16));
        switch (random.Below(12))
        {
            case 0 when bytes.Length > 0:
                return With(bytes, random.Below(bytes.Length), b => (byte)(b ^ (1 << random.Below(8))));
            case 1 when bytes.Length > 0:
                return With(bytes, random.Below(bytes.Length), _ => (byte)random.Below(256));
            case 2:
                return bytes[..at];
            case 3:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 4:
                return Repeat(bytes, at, length, 1 + random.Below(random.OneIn(20) ? 200 : 4));
            case 5:
                var other = random.Of(seeds);
                return [.. bytes[..at], .. other[random.Below(other.Length + 1)..]];
            case 6:
                return Put(bytes, at, 0, random.Of(_words));
            case 7:
                return Put(bytes, at, length, random.Of(_words));
            case 8:
                return SwapWord(bytes, random);
            case 9:
                return SwapNumber(bytes, random);
            case 10:
                return SwapSigns(bytes, random);
            default:
                return Put(bytes, at, random.Below(2) * Math.Min(length, 1), random.Of(s_nasty));
        }
    }

    private static byte[] With(byte[] bytes, int at, Func<byte, byte> change)
    {
        var copy = (byte[])bytes.Clone();
        copy[at] = change(copy[at]);
        return copy;
    }

    private static byte[] Put(byte[] bytes, int at, int over, byte[] piece) => [.. bytes[..at], .. piece, .. bytes[(at + over)..]];

    private static byte[] Repeat(byte[] bytes, int at, int length, int times)
    {
        times = Math.Min(times, MaxBytes / Math.Max(length, 1));
        var piece = bytes.AsSpan(at, length);
        var repeated = new byte[bytes.Length + (length * times)];
        bytes.AsSpan(0, at).CopyTo(repeated);
        for (var i = 0; i <= times; i++) piece.CopyTo(repeated.AsSpan(at + (i * length)));
        bytes.AsSpan(at + length).CopyTo(repeated.AsSpan(at + ((times + 1) * length)));
        return repeated;
    }

    // One word of the format for another, where one stands.
    private byte[] SwapWord(byte[] bytes, FuzzRandom random)
    {
        for (var tries = 0; tries < 8; tries++)
        {
            var word = random.Of(_words);
            var from = random.Below(bytes.Length);
            var at = bytes.AsSpan(from).IndexOf(word);
            if (at >= 0) return Put(bytes, from + at, word.Length, random.Of(_words));
        }
        return bytes;
    }

    private static byte[] SwapNumber(byte[] bytes, FuzzRandom random)
    {
        var from = random.Below(bytes.Length);
        var at = bytes.AsSpan(from).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (at < 0) return bytes;
        at += from;
        var end = at;
        while (end < bytes.Length && bytes[end] is >= (byte)'0' and <= (byte)'9') end++;
        if (random.OneIn(3) && long.TryParse(bytes.AsSpan(at, Math.Min(end - at, 18)), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return Put(bytes, at, end - at, Encoding.ASCII.GetBytes((number + random.Below(3) - 1).ToString(CultureInfo.InvariantCulture)));
        return Put(bytes, at, end - at, random.Of(s_numbers));
    }

    // A sign that structures the text changes its place with another one.
    private static byte[] SwapSigns(byte[] bytes, FuzzRandom random)
    {
        var (a, b) = (FindSign(bytes, random), FindSign(bytes, random));
        if (a < 0 || b < 0) return bytes;
        var copy = (byte[])bytes.Clone();
        (copy[a], copy[b]) = (copy[b], copy[a]);
        return copy;
    }

    private static int FindSign(byte[] bytes, FuzzRandom random)
    {
        var from = random.Below(bytes.Length);
        var at = bytes.AsSpan(from).IndexOfAny(s_structure);
        return at < 0 ? -1 : from + at;
    }
}

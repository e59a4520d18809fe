using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Etl.Parsing;

/// <summary>How an attempt to unescape the inside of a JSON string ended.</summary>
internal enum UnescapeEnd
{
    /// <summary>All input used.</summary>
    Input,
    /// <summary>At the closing quote, which was not used.</summary>
    Quote,
    /// <summary>At an escape that the input cuts off, or a wrong one.</summary>
    BadEscape,
    /// <summary>At a raw control character, which JSON forbids.</summary>
    Control,
    /// <summary>At an escaped surrogate without its partner.</summary>
    LoneSurrogate,
}

/// <summary>
/// Insides of JSON strings (RFC 8259, section 7). Written by hand because the framework's reader works byte by byte after
/// the first backslash, and the service escapes every slash and every character outside ASCII.
/// </summary>
internal static unsafe class JsonText
{
    /// <summary>Readable bytes needed behind the source and writable bytes behind the destination: vectors are read and written whole.</summary>
    internal const int Slack = 64;

    /// <summary>
    /// Unescapes until the input ends or the closing quote. The text is never longer than the source, so the destination
    /// needs <paramref name="length"/> + <see cref="Slack"/> bytes. Both must have <see cref="Slack"/> bytes to spare.
    /// </summary>
    /// <param name="source">First byte inside the quotes.</param>
    /// <param name="length">Bytes there are.</param>
    /// <param name="target">Where the text goes.</param>
    /// <param name="read">Bytes used: the place of the quote or of the fault.</param>
    /// <param name="written">Bytes of text.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static UnescapeEnd Unescape(byte* source, int length, byte* target, out int read, out int written)
    {
        var quote = Vector256.Create((byte)'"');
        var backslash = Vector256.Create((byte)'\\');
        var lastControl = Vector256.Create((byte)0x1F);
        int i = 0, o = 0;
        var end = UnescapeEnd.Input;
        while (i < length)
        {
            // 1. Copy a vector and look for a byte that ends the run.
            var block = Vector256.Load(source + i);
            Vector256.Store(block, target + o);
            var special = (Vector256.Equals(block, quote) | Vector256.Equals(block, backslash)
                | Vector256.Equals(Vector256.Min(block, lastControl), block)).ExtractMostSignificantBits();
            if (special == 0)
            {
                i += 32;
                o += 32;
                continue;
            }
            var run = BitOperations.TrailingZeroCount(special);
            i += run;
            o += run;
            if (i >= length) break;

            // 2. Take the escapes that follow; in text outside Latin script they come in rows.
            var c = source[i];
            if (c == (byte)'\\')
            {
                do
                {
                    var used = Escape(source + i, length - i, target, ref o);
                    if (used <= 0)
                    {
                        end = used == 0 ? UnescapeEnd.BadEscape : UnescapeEnd.LoneSurrogate;
                        goto Stop;
                    }
                    i += used;
                }
                while (i < length && source[i] == (byte)'\\');
                continue;
            }
            end = c == (byte)'"' ? UnescapeEnd.Quote : UnescapeEnd.Control;
            goto Stop;
        }
        // The last vector may have run past the end.
        o -= i - length;
        i = length;
    Stop:
        read = i;
        written = o;
        return end;
    }

    /// <summary>
    /// Finds the closing quote. Returns its index, or -1 with <paramref name="from"/> moved to where the next search has to begin
    /// when more bytes are there. What escapes mean is not looked at.
    /// </summary>
    internal static int FindQuote(ReadOnlySpan<byte> inside, ref int from)
    {
        var i = from;
        while (true)
        {
            var hit = inside[i..].IndexOfAny((byte)'"', (byte)'\\');
            if (hit < 0)
            {
                from = inside.Length;
                return -1;
            }
            i += hit;
            if (inside[i] == (byte)'"') return i;
            if (i + 2 > inside.Length)
            {
                from = i;
                return -1;
            }
            i += 2;
        }
    }

    // Bytes used; 0 for a wrong or cut escape, -1 for a lone surrogate.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Escape(byte* source, int length, byte* target, ref int o)
    {
        if (length < 2) return 0;
        var kind = source[1];
        if (kind == (byte)'u') return Unicode(source, length, target, ref o);
        var value = kind switch
        {
            (byte)'"' or (byte)'\\' or (byte)'/' => kind,
            (byte)'b' => (byte)8,
            (byte)'f' => (byte)12,
            (byte)'n' => (byte)10,
            (byte)'r' => (byte)13,
            (byte)'t' => (byte)9,
            _ => (byte)0,
        };
        if (value == 0) return 0;
        target[o++] = value;
        return 2;
    }

    private static int Unicode(byte* source, int length, byte* target, ref int o)
    {
        if (length < 6) return 0;
        var unit = Hex(source + 2);
        if (unit < 0) return 0;
        if (unit < 0x80)
        {
            target[o++] = (byte)unit;
            return 6;
        }
        if (unit < 0x800)
        {
            target[o] = (byte)(0xC0 | (unit >> 6));
            target[o + 1] = (byte)(0x80 | (unit & 0x3F));
            o += 2;
            return 6;
        }
        if ((unit & 0xF800) != 0xD800)
        {
            target[o] = (byte)(0xE0 | (unit >> 12));
            target[o + 1] = (byte)(0x80 | ((unit >> 6) & 0x3F));
            target[o + 2] = (byte)(0x80 | (unit & 0x3F));
            o += 3;
            return 6;
        }
        if (unit >= 0xDC00 || length < 12 || source[6] != (byte)'\\' || source[7] != (byte)'u') return -1;
        var low = Hex(source + 8);
        if ((low & 0xFC00) != 0xDC00) return low < 0 ? 0 : -1;
        var point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
        target[o] = (byte)(0xF0 | (point >> 18));
        target[o + 1] = (byte)(0x80 | ((point >> 12) & 0x3F));
        target[o + 2] = (byte)(0x80 | ((point >> 6) & 0x3F));
        target[o + 3] = (byte)(0x80 | (point & 0x3F));
        o += 4;
        return 12;
    }

    private static int Hex(byte* four)
    {
        int a = s_hex[four[0]], b = s_hex[four[1]], c = s_hex[four[2]], d = s_hex[four[3]];
        return (a | b | c | d) > 15 ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
    }

    private static readonly byte[] s_hex = MakeHex();

    private static byte[] MakeHex()
    {
        var table = new byte[256];
        for (var i = 0; i < table.Length; i++)
            table[i] = char.IsAsciiHexDigit((char)i) ? Convert.ToByte(((char)i).ToString(), 16) : (byte)0xFF;
        return table;
    }
}

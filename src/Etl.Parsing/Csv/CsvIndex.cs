using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Etl.Parsing;

/// <summary>
/// Finds where cells end in CSV text, 64 bytes at a time. Grammar (RFC 4180, line ends of any system):
/// <code>
/// row  = cell ("," cell)* (CRLF | LF | CR)
/// cell = (any but quote, comma, CR, LF)*  |  quote (any but quote | quote quote)* quote
/// </code>
/// A byte is inside quotes when an odd number of quotes stand before it; a doubled quote leaves and enters at once. Whether quotes stand only
/// where the grammar has them is checked with the same masks: an opening one at the start of a cell or right behind a closing one (a doubled
/// quote), and behind a closing one the end of the cell or another quote.
/// </summary>
internal static unsafe class CsvIndex
{
    /// <summary>Readable bytes needed behind the text, and slots behind the last place: 64 bytes are looked at together.</summary>
    internal const int Slack = 64;

    private const byte Quote = (byte)'"', Comma = (byte)',', LineFeed = (byte)'\n', Return = (byte)'\r';

    /// <summary>
    /// Writes the place of every comma, line feed and carriage return outside quotes, in order. The text begins with a cell.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="length">Its length.</param>
    /// <param name="places">Room for all of them and <see cref="Slack"/> more.</param>
    /// <param name="lineEnds">Room for as many: for each place that is a line feed or carriage return, how many places there are up to it, itself among them.</param>
    /// <param name="lineCount">How many of the places are line ends.</param>
    /// <param name="state">What was found about quotes.</param>
    /// <returns>How many places there are before <see cref="QuoteState.Stray"/>.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int Build(byte* text, int length, int* places, int* lineEnds, out int lineCount, out QuoteState state)
    {
        var next = places;
        var line = lineEnds;
        // All ones inside quotes; whether the next byte may open, and whether the byte before closed.
        ulong inside = 0, mayOpen = 1, closed = 0;
        var doubled = false;
        ulong linesInside = 0;
        for (var i = 0; i < length; i += 64)
        {
            Masks(text + i, out var quotes, out var lines, out var commas);
            var ends = commas | lines;
            if (length - i < 64)
            {
                var valid = (1UL << (length - i)) - 1;
                quotes &= valid;
                lines &= valid;
                ends &= valid;
            }
            if (quotes == 0)
            {
                // Nothing to toggle: the whole block is inside or outside.
                ends &= ~inside;
                linesInside |= lines & inside;
                lines &= ~inside;
                if ((closed & ~ends) != 0)
                {
                    state = new QuoteState(i, false, doubled, linesInside != 0);
                    lineCount = (int)(line - lineEnds);
                    return (int)(next - places);
                }
                mayOpen = ends >> 63;
                closed = 0;
            }
            else
            {
                var open = PrefixXor(quotes) ^ inside;
                ends &= ~open;
                linesInside |= lines & open;
                lines &= ~open;
                var opening = quotes & open;
                var closing = quotes & ~open;
                var behindClosing = (closing << 1) | closed;
                doubled |= (opening & behindClosing) != 0;
                var stray = (opening & ~((ends << 1) | mayOpen | behindClosing)) | (behindClosing & ~(ends | opening));
                if (length - i < 64) stray &= (1UL << (length - i)) - 1;
                if (stray != 0)
                {
                    var at = BitOperations.TrailingZeroCount(stray);
                    var before = (1UL << at) - 1;
                    line = WriteLines(line, lines & before, ends, (int)(next - places));
                    next = Write(next, ends & before, i);
                    state = new QuoteState(i + at, false, doubled, linesInside != 0);
                    lineCount = (int)(line - lineEnds);
                    return (int)(next - places);
                }
                inside = (ulong)((long)open >> 63);
                mayOpen = ends >> 63;
                closed = closing >> 63;
            }
            line = WriteLines(line, lines, ends, (int)(next - places));
            next = Write(next, ends, i);
        }
        state = new QuoteState(-1, inside != 0, doubled, linesInside != 0);
        lineCount = (int)(line - lineEnds);
        return (int)(next - places);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Masks(byte* text, out ulong quotes, out ulong lines, out ulong commas)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            var block = Vector512.Load(text);
            quotes = Vector512.Equals(block, Vector512.Create(Quote)).ExtractMostSignificantBits();
            commas = Vector512.Equals(block, Vector512.Create(Comma)).ExtractMostSignificantBits();
            lines = Vector512.Equals(block, Vector512.Create(LineFeed)).ExtractMostSignificantBits()
                | Vector512.Equals(block, Vector512.Create(Return)).ExtractMostSignificantBits();
            return;
        }
        Half(Vector256.Load(text), out var lowQuotes, out var lowLines, out var lowCommas);
        Half(Vector256.Load(text + 32), out var highQuotes, out var highLines, out var highCommas);
        quotes = lowQuotes | ((ulong)highQuotes << 32);
        lines = lowLines | ((ulong)highLines << 32);
        commas = lowCommas | ((ulong)highCommas << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Half(Vector256<byte> block, out uint quotes, out uint lines, out uint commas)
    {
        quotes = Vector256.Equals(block, Vector256.Create(Quote)).ExtractMostSignificantBits();
        commas = Vector256.Equals(block, Vector256.Create(Comma)).ExtractMostSignificantBits();
        lines = (Vector256.Equals(block, Vector256.Create(LineFeed)) | Vector256.Equals(block, Vector256.Create(Return))).ExtractMostSignificantBits();
    }

    // Bit n of the result is the parity of bits 0 to n: one carry-less product with all ones, or six shifts.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong PrefixXor(ulong bits)
    {
        if (Pclmulqdq.IsSupported) return Pclmulqdq.CarrylessMultiply(Vector128.CreateScalar(bits), Vector128.Create(ulong.MaxValue), 0).ToScalar();
        for (var shift = 1; shift < 64; shift <<= 1) bits ^= bits << shift;
        return bits;
    }

    // Few blocks hold more than one line end.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int* WriteLines(int* lineEnds, ulong lines, ulong ends, int before)
    {
        for (; lines != 0; lines &= lines - 1) *lineEnds++ = before + BitOperations.PopCount(ends & (lines ^ (lines - 1)));
        return lineEnds;
    }

    // Writes in fours and moves on by the true count: fewer branches than one per bit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int* Write(int* next, ulong bits, int start)
    {
        var end = next + BitOperations.PopCount(bits);
        while (bits != 0)
        {
            for (var k = 0; k < 4; k++)
            {
                next[k] = start + BitOperations.TrailingZeroCount(bits);
                bits &= bits - 1;
            }
            next += 4;
        }
        return end;
    }
}

/// <summary>What <see cref="CsvIndex"/> found about quotes.</summary>
/// <param name="Stray">Place of the first quote where none may be, or of the first byte behind a closing quote that ends no cell; -1 when there is none.</param>
/// <param name="IsOpen">The text ends inside quotes.</param>
/// <param name="HasDoubled">A doubled quote stands in it.</param>
/// <param name="HasLines">A line feed or carriage return stands inside quotes.</param>
internal readonly record struct QuoteState(int Stray, bool IsOpen, bool HasDoubled, bool HasLines);

using System.Globalization;
using System.Text;

namespace Etl.Core.Text;

/// <summary>
/// Canonical composition (Unicode NFC): one spelling of each letter, whether its accent came with it or behind it. Our own, since the runtime leaves
/// texts as they are where it has no data of other languages (invariant globalization).
/// </summary>
public static class Nfc
{
    // The first character that composes with one before it, or comes apart, in any text.
    private const char FirstThatMatters = '\u0300';

    private const int SBase = 0xAC00, LBase = 0x1100, VBase = 0x1161, TBase = 0x11A7, LCount = 19, VCount = 21, TCount = 28, SCount = LCount * VCount * TCount;

    private static readonly Lazy<Tables> s_tables = new(Load);

    /// <summary>The text composed.</summary>
    public static string Compose(string text)
    {
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(FirstThatMatters - 1)) < 0) return text;
        var tables = s_tables.Value;
        var runes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, runes, tables);
        Order(runes, tables);
        Join(runes, tables);
        var composed = new StringBuilder(runes.Count);
        foreach (var rune in runes) composed.Append(new Rune(rune).ToString());
        return composed.ToString();
    }

    private static void Decompose(int rune, List<int> to, Tables tables)
    {
        if (rune - SBase is >= 0 and < SCount and var syllable)
        {
            to.Add(LBase + syllable / (VCount * TCount));
            to.Add(VBase + syllable % (VCount * TCount) / TCount);
            if (syllable % TCount > 0) to.Add(TBase + syllable % TCount);
        }
        else if (tables.Parts.TryGetValue(rune, out var parts)) to.AddRange(parts);
        else to.Add(rune);
    }

    /// <summary>Marks on one letter in the order of their classes; those of one class stay as they came.</summary>
    private static void Order(List<int> runes, Tables tables)
    {
        for (var i = 1; i < runes.Count; i++)
        {
            var (rune, own) = (runes[i], tables.ClassOf(runes[i]));
            if (own == 0) continue;
            var at = i;
            for (; at > 0 && tables.ClassOf(runes[at - 1]) > own; at--) runes[at] = runes[at - 1];
            runes[at] = rune;
        }
    }

    /// <summary>Puts each mark into the letter before it, unless one of its own class or higher stands between them.</summary>
    private static void Join(List<int> runes, Tables tables)
    {
        var (starter, before, end) = (-1, 0, 0);
        for (var i = 0; i < runes.Count; i++)
        {
            var (rune, own) = (runes[i], tables.ClassOf(runes[i]));
            var adjacent = starter >= 0 && starter == end - 1;
            if (starter >= 0 && (adjacent || (before != 0 && before < own)) && Pair(runes[starter], rune, tables) is { } composed)
            {
                runes[starter] = composed;
                continue;
            }
            if (own == 0) starter = end;
            before = own;
            runes[end++] = rune;
        }
        runes.RemoveRange(end, runes.Count - end);
    }

    private static int? Pair(int first, int second, Tables tables)
    {
        if (first - LBase is >= 0 and < LCount and var l && second - VBase is >= 0 and < VCount and var v) return SBase + (l * VCount + v) * TCount;
        if (first - SBase is >= 0 and < SCount and var s && s % TCount == 0 && second - TBase is > 0 and < TCount and var t) return first + t;
        return tables.Pairs.TryGetValue((first, second), out var composed) ? composed : null;
    }

    private static Tables Load()
    {
        using var stream = typeof(Nfc).Assembly.GetManifestResourceStream("Etl.Core.nfc.txt")!;
        using var lines = new StreamReader(stream, Encoding.ASCII);
        var tables = new Tables([], [], []);
        while (lines.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "D":
                    tables.Parts[Hex(fields[1])] = [.. fields[2..].Select(Hex)];
                    break;
                case "C":
                    tables.Pairs[(Hex(fields[1]), Hex(fields[2]))] = Hex(fields[3]);
                    break;
                case "K":
                    for (var rune = Hex(fields[2]); rune <= Hex(fields[3]); rune++) tables.Classes[rune] = byte.Parse(fields[1], CultureInfo.InvariantCulture);
                    break;
            }
        }
        return tables;
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    private sealed record Tables(Dictionary<int, int[]> Parts, Dictionary<(int First, int Second), int> Pairs, Dictionary<int, byte> Classes)
    {
        public int ClassOf(int rune) => rune < FirstThatMatters ? 0 : Classes.GetValueOrDefault(rune);
    }
}

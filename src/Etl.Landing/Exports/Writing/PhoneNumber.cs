namespace Etl.Landing.Exports.Writing;

/// <summary>Tells telephone numbers from formulas: both may begin with <c>+</c>.</summary>
internal static class PhoneNumber
{
    // E.164 has at most 15 digits; fewer than 7 with a country code is no number of a person.
    private const int LeastDigits = 7, MostDigits = 15;

    /// <summary>True for a text that is wholly a number: <c>+</c>, then digits with the usual marks between them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="takesExtension">In a column of phone numbers: also with an extension behind it, such as <c>x12</c> or <c>ext. 12</c>.</param>
    public static bool Is(ReadOnlySpan<char> text, bool takesExtension)
    {
        if (takesExtension) text = text[..EndWithoutExtension(text)];
        if (text.IsEmpty || text[0] != '+') return false;
        var digits = 0;
        var after = '+';
        foreach (var c in text[1..])
        {
            if (char.IsAsciiDigit(c)) digits++;
            // Two signs in a row make no number, and neither does one that a spreadsheet could read as the end of a call.
            else if (c is not (' ' or '-' or '.' or '/' or '(' or ')') || (c is '-' or '/' or '.' && after is '-' or '/' or '.' or '+')) return false;
            after = c;
        }
        return digits is >= LeastDigits and <= MostDigits && (char.IsAsciiDigit(after) || after == ')');
    }

    private static int EndWithoutExtension(ReadOnlySpan<char> text)
    {
        var end = text.Length;
        while (end > 0 && char.IsAsciiDigit(text[end - 1])) end--;
        if (end == text.Length || text.Length - end > 6) return text.Length;
        var head = text[..end].TrimEnd(' ');
        foreach (var word in (ReadOnlySpan<string>)["ext.", "ext", "x"])
            if (head.EndsWith(word, StringComparison.OrdinalIgnoreCase)) return head[..^word.Length].TrimEnd(' ').Length;
        return text.Length;
    }
}

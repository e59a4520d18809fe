using System.Globalization;

namespace Etl.Sandbox.Wire;

/// <summary>PHP casts of request parameters: garbage becomes 0 without an error (wire facts 1.2).</summary>
internal static class PhpCast
{
    /// <summary>Times with an absolute value up to ten years are relative to now.</summary>
    private const long MaxRelativeSeconds = 315_360_000;

    /// <summary>The leading number of a text, 0 without one; a fraction is cut, an exponent counts.</summary>
    public static long ToInt(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return 0;
        var span = text.AsSpan().TrimStart();
        var end = 0;
        var digits = false;
        while (end < span.Length)
        {
            var c = span[end];
            if (char.IsAsciiDigit(c))
                digits = true;
            else if (!(c is '+' or '-' && end == 0) && !(c == '.' && !span[..end].Contains('.')))
                break;
            end++;
        }
        if (!digits)
            return 0;
        // An exponent belongs to the number only with digits behind it.
        var exponent = end;
        if (exponent < span.Length && span[exponent] is 'e' or 'E')
        {
            exponent++;
            if (exponent < span.Length && span[exponent] is '+' or '-')
                exponent++;
            var first = exponent;
            while (exponent < span.Length && char.IsAsciiDigit(span[exponent]))
                exponent++;
            if (exponent > first)
                end = exponent;
        }
        if (long.TryParse(span[..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return whole;
        var number = double.Parse(span[..end], NumberStyles.Float, CultureInfo.InvariantCulture);
        return Math.Abs(number) < 9.2e18 ? (long)number : 0;
    }

    /// <summary>The word false (any case) is false, else PHP truthiness: empty and <c>0</c> are false.</summary>
    public static bool ToBool(string? text) =>
        text is not (null or "" or "0") && !text.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Unix seconds of a <c>time</c> parameter: small values are relative to <paramref name="now"/>, -1 stays, an empty text is 0 =
    /// not set.
    /// </summary>
    public static long ToTime(string? text, long now)
    {
        if (string.IsNullOrEmpty(text))
            return 0;
        var value = ToInt(text);
        if (value == -1)
            return -1;
        return Math.Abs(value) <= MaxRelativeSeconds ? now + value : value;
    }

    /// <summary>Characters that XML 1.0 forbids are refused in simple parameters.</summary>
    public static bool IsXmlText(string text)
    {
        foreach (var c in text)
        {
            if (c < ' ' && c is not ('\t' or '\n' or '\r') || c is '\uFFFE' or '\uFFFF')
                return false;
        }
        return true;
    }
}

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Etl.Core.Text;

namespace Etl.Landing.Exports.Joining;

/// <summary>
/// E-mail addresses in the one form in which they are compared: without blanks around them, display name and <c>mailto:</c>, in lower case (invariant) and
/// composed (<see cref="Nfc"/>). Tags behind a plus and dots stay: whether two such addresses are one mailbox is the receiver's to know.
/// </summary>
internal static class EmailAddress
{
    /// <summary>Longest address in bytes (RFC 5321: a path of 256 with its brackets).</summary>
    public const int MaxBytes = 254;

    private const string Scheme = "mailto:";

    // What only quoted addresses and lists of them have.
    private static readonly SearchValues<byte> s_forbidden = SearchValues.Create("\"(),:;<>[\\]"u8);

    /// <summary>Writes the form; false when the text is no address: not one <c>@</c> with something on both sides, a blank or control character, or a character that only quoted addresses have.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="to">At least <see cref="MaxBytes"/>.</param>
    /// <param name="bytes">Bytes written.</param>
    public static bool TryWrite(ReadOnlySpan<byte> text, Span<byte> to, out int bytes)
    {
        text = text.Trim(" \t\r\n\v\f"u8);
        // Nearly all are plain and short; whatever is not goes the long way.
        return text.Length > MaxBytes || text.IndexOfAnyExceptInRange((byte)'!', (byte)'~') >= 0 || text.ContainsAny(s_forbidden)
            ? TryWriteOdd(text, to, out bytes)
            : TryWritePlain(text, to, out bytes);
    }

    /// <summary>The form of an address; null when it is none.</summary>
    public static string? Of(string text)
    {
        Span<byte> to = stackalloc byte[MaxBytes];
        return TryWrite(Encoding.UTF8.GetBytes(text), to, out var bytes) ? Encoding.UTF8.GetString(to[..bytes]) : null;
    }

    private static bool TryWritePlain(ReadOnlySpan<byte> text, Span<byte> to, out int bytes)
    {
        bytes = text.Length;
        for (var i = 0; i < text.Length; i++) to[i] = text[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(text[i] | 0x20) : text[i];
        return IsAddress(to[..bytes]);
    }

    private static bool TryWriteOdd(ReadOnlySpan<byte> utf8, Span<byte> to, out int bytes)
    {
        bytes = 0;
        // Far longer than any address with any display name.
        if (utf8.Length > MaxBytes * 8 || !Utf8.IsValid(utf8)) return false;
        var text = Bare(Encoding.UTF8.GetString(utf8));
        text = Nfc.Compose(Nfc.Compose(text).ToLowerInvariant());
        if (text.EnumerateRunes().Any(IsInvisible) || Encoding.UTF8.GetByteCount(text) > MaxBytes) return false;
        bytes = Encoding.UTF8.GetBytes(text, to);
        return !to[..bytes].ContainsAny(s_forbidden) && IsAddress(to[..bytes]);
    }

    /// <summary>What is left of <c>Jane Doe &lt;jane@example.com&gt;</c> and <c>mailto:jane@example.com?subject=x</c>.</summary>
    private static string Bare(string text)
    {
        text = Trim(text);
        if (text.EndsWith('>') && text.LastIndexOf('<') is >= 0 and var open) text = Trim(text[(open + 1)..^1]);
        if (!text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return text;
        text = text[Scheme.Length..];
        var query = text.IndexOf('?', StringComparison.Ordinal);
        return Trim(query < 0 ? text : text[..query]);
    }

    // Marks of byte order and blanks of no width come along when addresses are copied from pages.
    private static string Trim(string text) => text.Trim().Trim('\uFEFF', '\u200B').Trim();

    private static bool IsInvisible(Rune rune) =>
        Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format || rune.Value == 0xFFFD;

    private static bool IsAddress(ReadOnlySpan<byte> text)
    {
        var at = text.IndexOf((byte)'@');
        if (at <= 0) return false;
        var domain = text[(at + 1)..];
        return domain.Length > 0 && domain[0] != '.' && domain[^1] != '.' && domain.IndexOf((byte)'@') < 0 && domain.IndexOf(".."u8) < 0;
    }
}

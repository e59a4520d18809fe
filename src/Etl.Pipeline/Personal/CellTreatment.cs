using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Text;

namespace Etl.Pipeline.Personal;

/// <summary>Treats the cells of one column. Empty ones and the service's words for nobody (<c>Unknown</c>, <c>Error</c>) stay: they are nobody's data.</summary>
/// <param name="rule">A rule that masks or hashes.</param>
/// <param name="key">The key, for a hash.</param>
internal sealed class CellTreatment(PersonalRule rule, byte[]? key)
{
    private readonly byte[] _prefix = Encoding.UTF8.GetBytes($"{rule.Key}:");
    private readonly TextBuffer _scratch = new();

    /// <summary>Appends a treated cell.</summary>
    public void Append(ColumnBuffer cells, ColumnType type, int row, TextBuffer to)
    {
        if (cells.IsNull(row))
        {
            to.AppendNull();
            return;
        }
        _scratch.Clear();
        CellText.Append(cells, type, row, _scratch);
        Append(_scratch[0], to);
    }

    /// <summary>The treated form of a text.</summary>
    public string Of(string text)
    {
        var to = new TextBuffer();
        Append(Encoding.UTF8.GetBytes(text), to);
        return Encoding.UTF8.GetString(to[0]);
    }

    private void Append(ReadOnlySpan<byte> utf8, TextBuffer to)
    {
        if (utf8.IsEmpty || utf8.SequenceEqual("Unknown"u8) || utf8.SequenceEqual("Error"u8)) to.Append(utf8);
        else if (rule.Treatment == Treatment.Mask) to.Append(Masked(utf8));
        else Hash(utf8, to);
    }

    private static byte[] Masked(ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8);
        var first = Rune.GetRuneAt(text, 0).ToString();
        // One letter of a name of two would be half of it.
        var shown = text.EnumerateRunes().Take(4).Count() < 4 ? "" : first;
        var at = text.LastIndexOf('@');
        return Encoding.UTF8.GetBytes(at > 0 ? $"{(at < 3 ? "" : first)}***{text[at..]}" : $"{shown}***");
    }

    private void Hash(ReadOnlySpan<byte> utf8, TextBuffer to)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key!, Encoding.UTF8.GetBytes(Normal(Encoding.UTF8.GetString(utf8))), hash);
        var room = new byte[_prefix.Length + Base64Url.GetEncodedLength(hash.Length)];
        _prefix.CopyTo(room, 0);
        Base64Url.EncodeToUtf8(hash, room.AsSpan(_prefix.Length));
        to.Append(room);
    }

    /// <summary>One form for what the service takes as one: white space around, and the case of e-mail addresses, do not count.</summary>
    private static string Normal(string text)
    {
        text = Nfc.Compose(text.Trim());
        return text.Contains('@', StringComparison.Ordinal) ? text.ToLowerInvariant() : text;
    }
}

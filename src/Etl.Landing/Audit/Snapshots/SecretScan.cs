using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Etl.Core.Columns;
using Etl.Core.Secrets;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>
/// Looks for credentials in bytes: those that are known, in every form in which they may stand in a reply, and what can only be a session token: base64 that begins as a
/// session of version 1 or 2 does, and values named <c>ks</c> in addresses and JSON. Whoever masked the bytes before may have missed one; nothing may rest on that.
/// </summary>
internal sealed partial class SecretScan
{
    // A token is told by its first characters; a cell that is shorter than the shortest is none.
    private const int ChunkBytes = 1 << 16, TokenReach = 256, ShortestSuspect = 20;

    private static readonly SearchValues<byte> s_hex = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private readonly IReadOnlyList<byte[]> _known;
    private readonly int _overlap;

    public SecretScan(IEnumerable<Secret> secrets)
    {
        _known = [.. secrets.SelectMany(s => s.Forms).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes)];
        _overlap = Math.Max(TokenReach, _known.Select(k => k.Length).DefaultIfEmpty().Max());
    }

    /// <summary>What is found first in a stream, in words without the secret itself: <c>a session token at byte 120</c>; null when there is none.</summary>
    public string? Find(Stream bytes)
    {
        var buffer = new byte[_overlap + ChunkBytes];
        var (filled, start) = (0, 0L);
        while (true)
        {
            var read = bytes.ReadAtLeast(buffer.AsSpan(filled), buffer.Length - filled, throwOnEndOfStream: false);
            filled += read;
            if (Find(buffer.AsSpan(0, filled)) is { } hit) return string.Create(CultureInfo.InvariantCulture, $"{hit.What} at byte {start + hit.At}");
            if (filled < buffer.Length) return null;
            // What begins near the end may end in the next chunk.
            start += filled - _overlap;
            buffer.AsSpan(filled - _overlap, _overlap).CopyTo(buffer);
            filled = _overlap;
        }
    }

    /// <summary>The same for a text.</summary>
    public string? Find(string text) => Find(Encoding.UTF8.GetBytes(text))?.What;

    /// <summary>The same for the cells of a text column: <c>a session token in row 12</c>, rows from one.</summary>
    public string? Find(TextBuffer cells)
    {
        for (var row = 0; row < cells.Count; row++)
        {
            if (cells.IsNull(row)) continue;
            var cell = cells[row];
            if ((cell.Length < ShortestSuspect ? FindKnown(cell) : Find(cell)) is { } hit) return string.Create(CultureInfo.InvariantCulture, $"{hit.What} in row {row + 1}");
        }
        return null;
    }

    private (string What, int At)? Find(ReadOnlySpan<byte> bytes)
    {
        if (FindKnown(bytes) is { } known) return known;
        // One character a byte, whatever the text's encoding: tokens are ASCII.
        var text = Encoding.Latin1.GetString(bytes);
        foreach (var match in Named().EnumerateMatches(text)) return ("a session token", match.Index);
        foreach (var match in Encoded().EnumerateMatches(text))
            if (IsSession(text.AsSpan(match.Index, match.Length))) return ("a session token", match.Index);
        return null;
    }

    private (string What, int At)? FindKnown(ReadOnlySpan<byte> bytes)
    {
        foreach (var known in _known)
            if (bytes.IndexOf(known) is >= 0 and var at) return ("a credential of the settings", at);
        return null;
    }

    // Version 2 says "v2|" and the account; version 1 is a SHA-1 in hex and a bar. Anything else in base64 is none.
    private static bool IsSession(ReadOnlySpan<char> run)
    {
        Span<char> head = stackalloc char[56];
        head = head[..Math.Min(head.Length, run.Length & ~3)];
        for (var i = 0; i < head.Length; i++) head[i] = run[i] switch { '-' => '+', '_' => '/', var c => c };
        Span<byte> decoded = stackalloc byte[42];
        if (!Convert.TryFromBase64Chars(head, decoded, out var length)) return false;
        decoded = decoded[..length];
        if (decoded.StartsWith("v2|"u8)) return decoded.Length > 4 && decoded[3] is >= (byte)'0' and <= (byte)'9';
        return length == 42 && decoded[40] == '|' && !decoded[..40].ContainsAnyExcept(s_hex);
    }

    // /ks/… in paths, also as JSON writes them, ks=… in queries, "ks":"…" in JSON. What masks leave there is shorter.
    [GeneratedRegex(@"(?:/ks\\?/|\bks=|""ks""\s*:\s*"")[A-Za-z0-9+/_=%|-]{16}", RegexOptions.IgnoreCase)]
    private static partial Regex Named();

    [GeneratedRegex(@"djJ8[A-Za-z0-9+/_-]{16,120}|(?<![A-Za-z0-9])[A-Za-z0-9]{56,120}")]
    private static partial Regex Encoded();
}

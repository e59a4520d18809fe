using System.Text;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Passes a body on and writes a copy without our own credentials: an answer may repeat the session it was asked with
/// (wire facts 1.5), and captures never hold one. A secret that lies across two reads is found too: as many bytes as the
/// longest secret are held back. An error answer, which is short, is also cleaned of whatever looks like a token.
/// </summary>
internal sealed class MaskingTee(Stream body, Stream copy, SecretMask mask) : ReadOnlyStream
{
    // Longer than any error answer, so that those are held back whole.
    private const int ErrorBytes = 8 << 10;

    private readonly byte[][] _secrets = [.. mask.Forms()];
    private readonly int _hold = Math.Max(ErrorBytes, mask.LongestBytes);
    private readonly List<byte> _pending = [];
    private bool _wrote;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (copy != Null)
        {
            var clean = Pass(buffer.Span[..read], last: read == 0);
            if (clean.Length > 0) await copy.WriteAsync(clean, cancellationToken).ConfigureAwait(false);
        }
        return read;
    }

    /// <summary>Writes what is held back and closes the copy; the body stays open.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (copy != Null)
        {
            var rest = Pass([], last: true);
            if (rest.Length > 0) await copy.WriteAsync(rest).ConfigureAwait(false);
        }
        await copy.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    // Masks what cannot be the beginning of a secret that goes on in the next read.
    private byte[] Pass(ReadOnlySpan<byte> fresh, bool last)
    {
        _pending.AddRange(fresh);
        if (!_wrote && !last && _pending.Count <= _hold) return [];
        if (!_wrote && last && Error() is { } error) return error;
        var text = _pending.ToArray().AsSpan();
        var clean = new List<byte>(text.Length);
        while (true)
        {
            var (at, length) = First(text);
            if (at < 0) break;
            clean.AddRange(text[..at]);
            clean.AddRange("***"u8);
            text = text[(at + length)..];
        }
        var keep = last ? 0 : Math.Min(_hold, text.Length);
        clean.AddRange(text[..^keep]);
        _pending.Clear();
        _pending.AddRange(text[^keep..]);
        _wrote |= clean.Count > 0;
        return [.. clean];
    }

    // The whole body, cleaned, when it is an error answer.
    private byte[]? Error()
    {
        var text = Encoding.UTF8.GetString([.. _pending]);
        if (!text.Contains("KalturaAPIException", StringComparison.Ordinal)) return null;
        _pending.Clear();
        return Encoding.UTF8.GetBytes(mask.Clean(text, ErrorBytes));
    }

    private (int At, int Length) First(ReadOnlySpan<byte> text)
    {
        var best = (At: -1, Length: 0);
        foreach (var secret in _secrets)
        {
            var at = text.IndexOf(secret);
            if (at >= 0 && (best.At < 0 || at < best.At || (at == best.At && secret.Length > best.Length))) best = (at, secret.Length);
        }
        return best;
    }
}

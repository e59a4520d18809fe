using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Outbound;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Raw;

/// <summary>
/// Passes a body on and writes a copy without our own credentials: an answer may repeat the session it was asked with
/// (wire facts 1.5), and captures never hold one. A secret that lies across two reads is found too: as many bytes as the
/// longest secret are held back. An error answer, which is short, is also cleaned of whatever looks like a token, and an
/// answer that is an address is cut at its session, which is another one than ours.
/// </summary>
internal sealed class MaskingTee(Stream body, Stream copy, SecretMask mask) : ReadOnlyStream
{
    // Longer than any error answer and any address that is fetched, escaped, so that those are held back whole.
    private const int ShortBytes = 32 << 10;

    // Small enough for the ordinary heap; an eighth of what the reader asks for at once.
    private const int BlockBytes = 16 << 10;

    private static readonly byte[] s_stars = [.. "***"u8], s_hiddenText = [.. "\"***\""u8];
    private static readonly string[] s_addresses = ["\"https://", "\"http://", "\"https:\\/\\/", "\"http:\\/\\/"];

    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly byte[][] _secrets = [.. mask.Forms()];
    private readonly int _hold = Math.Max(ShortBytes, mask.LongestBytes);
    private byte[] _pending = [];
    private int _count;
    private bool _wrote, _hidden;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (copy == Null || _hidden) return read;
        if (read == 0) await PassAsync(last: true, cancellationToken).ConfigureAwait(false);
        for (var fresh = buffer[..read]; !fresh.IsEmpty;)
        {
            if (_pending.Length == 0) _pending = new byte[_hold + BlockBytes];
            var block = fresh[..Math.Min(fresh.Length, _pending.Length - _count)];
            block.CopyTo(_pending.AsMemory(_count));
            _count += block.Length;
            fresh = fresh[block.Length..];
            await PassAsync(last: false, cancellationToken).ConfigureAwait(false);
        }
        return read;
    }

    /// <summary>Writes what is held back and closes the copy; the body stays open.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (copy != Null && !_hidden) await PassAsync(last: true, default).ConfigureAwait(false);
        await copy.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    // Writes what cannot be the beginning of a secret that goes on in the next read, secrets masked, and keeps the rest.
    private async ValueTask PassAsync(bool last, CancellationToken cancellation)
    {
        if (!_wrote && !last && _count <= _hold) return;
        if (!_wrote && (last ? Error() ?? Text() : IsAddress() ? s_hiddenText : null) is { } clean)
        {
            (_count, _hidden) = (0, true);
            await copy.WriteAsync(clean, cancellation).ConfigureAwait(false);
            return;
        }
        var done = 0;
        for (var (at, length) = First(done); at >= 0; (at, length) = First(done))
        {
            await CopyAsync(_pending.AsMemory(done, at - done), cancellation).ConfigureAwait(false);
            await CopyAsync(s_stars, cancellation).ConfigureAwait(false);
            done = at + length;
        }
        var keep = last ? 0 : Math.Min(_hold, _count - done);
        await CopyAsync(_pending.AsMemory(done, _count - keep - done), cancellation).ConfigureAwait(false);
        Buffer.BlockCopy(_pending, _count - keep, _pending, 0, keep);
        _count = keep;
    }

    private ValueTask CopyAsync(ReadOnlyMemory<byte> clean, CancellationToken cancellation)
    {
        if (clean.IsEmpty) return ValueTask.CompletedTask;
        _wrote = true;
        return copy.WriteAsync(clean, cancellation);
    }

    // The whole body, cleaned, when it is an error answer.
    private byte[]? Error()
    {
        var text = Encoding.UTF8.GetString(_pending.AsSpan(0, _count));
        return text.Contains("KalturaAPIException", StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(mask.Clean(text, ShortBytes)) : null;
    }

    private bool IsAddress()
    {
        var head = Encoding.UTF8.GetString(_pending.AsSpan(0, Math.Min(_count, 64))).TrimStart('\uFEFF', ' ', '\t', '\r', '\n');
        return s_addresses.Any(a => head.StartsWith(a, StringComparison.OrdinalIgnoreCase));
    }

    // An answer that is one text: an address without its session, and nothing of what should have been one. Nothing either of
    // an address that broke off: where its session ends is not known.
    private byte[]? Text()
    {
        try
        {
            var text = JsonSerializer.Deserialize<string>(Encoding.UTF8.GetString(_pending.AsSpan(0, _count)).TrimStart('\uFEFF'));
            if (string.IsNullOrEmpty(text)) return null;
            return WebAddress.TryRead(text, out var uri)
                ? JsonSerializer.SerializeToUtf8Bytes(mask.HideKnown(MaskedAddress.Of(uri)), s_json)
                : s_hiddenText;
        }
        catch (JsonException)
        {
            return IsAddress() ? s_hiddenText : null;
        }
    }

    // The first secret behind a place; of several there, the longest.
    private (int At, int Length) First(int from)
    {
        var text = _pending.AsSpan(from, _count - from);
        var best = (At: -1, Length: 0);
        foreach (var secret in _secrets)
        {
            var at = text.IndexOf(secret);
            if (at >= 0 && (best.At < 0 || at < best.At || (at == best.At && secret.Length > best.Length))) best = (at, secret.Length);
        }
        return best.At < 0 ? best : (from + best.At, best.Length);
    }
}

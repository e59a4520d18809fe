using System.Text;
using System.Text.RegularExpressions;
using Etl.Core.Secrets;

namespace Etl.Kaltura.Api;

/// <summary>
/// Knows every credential of a client and takes them out of texts: the configured secrets, each session made or given,
/// and whatever looks like a session token (<c>/ks/…/</c> in paths, <c>ks=…</c>, base64 that starts with <c>v2|</c>).
/// Safe for concurrent use.
/// </summary>
internal sealed partial class SecretMask
{
    // Sessions live for hours: a long run sees few of them.
    private volatile Secret[] _secrets = [];
    private readonly Lock _lock = new();

    public SecretMask(params IEnumerable<Secret?> secrets)
    {
        foreach (var secret in secrets)
            if (secret is not null) Add(secret);
    }

    /// <summary>The longest form of any secret, in bytes; 0 when there is none.</summary>
    public int LongestBytes => Forms().Select(f => f.Length).DefaultIfEmpty(0).Max();

    /// <summary>Another mask that knows one secret more: for a token that serves one exchange only.</summary>
    public SecretMask With(Secret? secret) => new(_secrets.Append(secret));

    public void Add(Secret secret)
    {
        lock (_lock)
        {
            if (!_secrets.Contains(secret)) _secrets = [.. _secrets, secret];
        }
    }

    /// <summary>The text without credentials, cut to <paramref name="maxLength"/> characters.</summary>
    public string Clean(string text, int maxLength = 300)
    {
        text = PathToken().Replace(HideKnown(text), "/ks/***");
        text = QueryToken().Replace(text, "$1=***");
        text = Token().Replace(text, "***");
        return text.Length <= maxLength ? text : string.Concat(text.AsSpan(0, maxLength), "…");
    }

    /// <summary>The text without the secrets that are known; what only looks like one stays.</summary>
    public string HideKnown(string text) => _secrets.Aggregate(text, (t, secret) => secret.MaskIn(t));

    /// <summary>Every form in which a known secret may stand in a JSON body, as bytes.</summary>
    public IEnumerable<byte[]> Forms()
    {
        foreach (var secret in _secrets)
        {
            var value = secret.Reveal();
            yield return Encoding.UTF8.GetBytes(value);
            if (value.Contains('/', StringComparison.Ordinal))
                yield return Encoding.UTF8.GetBytes(value.Replace("/", "\\/", StringComparison.Ordinal));
            var escaped = Uri.EscapeDataString(value);
            if (escaped != value) yield return Encoding.UTF8.GetBytes(escaped);
        }
    }

    [GeneratedRegex(@"/ks/[^/\s""']+", RegexOptions.IgnoreCase)]
    private static partial Regex PathToken();

    [GeneratedRegex(@"\b(ks|secret|tokenHash)=[^&\s""']+", RegexOptions.IgnoreCase)]
    private static partial Regex QueryToken();

    // "djJ8" is base64 of "v2|"; a version 1 token is base64 of 40 hex digits and a bar, so 54 characters of one run at least.
    [GeneratedRegex(@"djJ8[A-Za-z0-9+/_=\-]{8,}|[A-Za-z0-9+/_\-]{54,}=*")]
    private static partial Regex Token();
}

using Etl.Core.Secrets;
using Etl.Kaltura.Raw;

namespace Etl.Kaltura.Exports;

/// <summary>
/// The address of a report file, admitted by <see cref="DownloadGate"/>. It embeds a session that is good for a day (wire
/// facts 4.2), so it prints as its host only and is revealed to nobody but the client that fetches it.
/// </summary>
internal sealed class DownloadUrl(Uri uri)
{
    /// <summary>Host, as the allow-list compares it.</summary>
    public string Host => uri.IdnHost;

    /// <summary>True for an address on this machine.</summary>
    public bool IsLoopback => uri.IsLoopback;

    /// <summary>Scheme, host and port: what may be seen by whoever watches connections.</summary>
    public Uri Root { get; } = new(uri.GetLeftPart(UriPartial.Authority));

    /// <summary>The session in the path; null when there is none.</summary>
    public Secret? Session
    {
        get
        {
            var steps = uri.AbsolutePath.Split('/');
            var at = Array.FindIndex(steps, s => s.Equals("ks", StringComparison.OrdinalIgnoreCase));
            return at >= 0 && at + 1 < steps.Length && steps[at + 1].Length > 0 ? new Secret(Uri.UnescapeDataString(steps[at + 1])) : null;
        }
    }

    /// <summary>The address without its session, for captures.</summary>
    public string Masked => MaskedAddress.Of(uri);

    /// <summary>The whole address, for the request. Never log, store or format it.</summary>
    public Uri Reveal() => uri;

    /// <summary>The host and no more.</summary>
    public override string ToString() => $"report file on {Host}";
}

using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Decides which addresses are fetched. The service chooses the address, so it is input like any other: https unless it is
/// this machine, a host that was named before, the standard port or the service's own, no user name. What the host resolves
/// to is checked where the connection is made (<see cref="ConnectGuard"/>).
/// </summary>
internal sealed class DownloadGate(KalturaSettings settings, SecretMask mask)
{
    private const int MaxUrlChars = 8192;

    /// <summary>Admits an address.</summary>
    /// <exception cref="ApiException">It is not one that may be fetched; code <c>csv-url-refused</c>.</exception>
    public DownloadUrl Admit(string what, string text)
    {
        if (text.Length > MaxUrlChars || !WebAddress.TryRead(text, out var uri))
            throw Refused(what, "is not a web address");
        // An empty user name is one too.
        if (uri.UserInfo.Length > 0 || uri.GetLeftPart(UriPartial.Authority).Contains('@', StringComparison.Ordinal)) throw Refused(what, "carries a user name");
        if (HostOf(uri) is not { } name) throw Refused(what, "is on a host whose name cannot be one");
        var host = mask.Clean(name, 100);
        if (!IsAllowed(name))
        {
            throw Refused(what, $"is on host '{host}', which is not the service's own ('{settings.ServiceUrl.IdnHost}')",
                $" If that host is the service's delivery network, add it to KALTURA_DOWNLOAD_HOSTS.");
        }
        if (uri.Scheme == "http" && !uri.IsLoopback) throw Refused(what, $"is http to '{host}', and the session in it would travel in the clear");
        if (!(uri.Port == settings.ServiceUrl.Port || (uri.Scheme == "https" && uri.Port == 443)))
            throw Refused(what, $"is on port {uri.Port} of '{host}'; expected 443 or the service's own port {settings.ServiceUrl.Port}");
        // Asked for by the name that was compared, in plain letters.
        return new DownloadUrl(uri.HostNameType == UriHostNameType.Dns && uri.Host != name ? new UriBuilder(uri) { Host = name }.Uri : uri);
    }

    // The framework takes some names apart that it then cannot put into the form that is resolved.
    private static string? HostOf(Uri uri)
    {
        try
        {
            return uri.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }

    // The whole name, in the form that is resolved: 'evilkaltura.com', 'kaltura.com.evil.test' and look-alike letters are others.
    private bool IsAllowed(string host) =>
        host.Equals(settings.ServiceUrl.IdnHost, StringComparison.OrdinalIgnoreCase) || settings.DownloadHosts.Contains(host, StringComparer.OrdinalIgnoreCase);

    private static ApiException Refused(string what, string found, string advice = "") =>
        new(FaultKind.Window, $"{what}: the address of the file {found}; it is not fetched.{advice}") { Code = "csv-url-refused" };
}

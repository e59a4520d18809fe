using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Etl.Core.Errors;
using Etl.Server.Who;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;

namespace Etl.Server.Doors;

/// <summary>What must hold before a server opens its doors.</summary>
internal static class DoorRules
{
    /// <summary>Refuses to serve others than this machine while nobody has to say who they are.</summary>
    /// <exception cref="EtlException">The server would be open to anybody.</exception>
    public static void Check(StatusServerOptions options, Users users)
    {
        if (options.IsLocalOnly || options.OpenId is not null || !users.IsEmpty) return;
        var why = options.Urls.FirstOrDefault(u => !HostNames.IsLoopback(u.Host)) is { } url ? $"'{url}' can be reached from other machines"
            : options.Proxies.Count > 0 ? $"{StatusServerOptions.ProxiesSetting} names a reverse proxy"
            : $"{StatusServerOptions.HostsSetting} names another host than this machine";
        throw Usage(
            $"The server does not start: {why}, and it has no users, so anybody could release and run windows. Make a user first with 'etl serve --new-user NAME --role operator' "
            + $"(a person) or 'etl serve --new-key NAME --role viewer' (a program), or set {Users.Setting}; or listen to this machine only with '--urls {StatusServerOptions.DefaultUrl}'.",
            "no-users");
    }

    /// <summary>Which proxies are believed.</summary>
    /// <exception cref="EtlException">One is neither an address nor a network.</exception>
    public static ForwardedHeadersOptions Forwarded(IReadOnlyList<string> proxies)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            if (IPAddress.TryParse(proxy, out var address)) options.KnownProxies.Add(address);
            else if (System.Net.IPNetwork.TryParse(proxy, out var network)) options.KnownIPNetworks.Add(network);
            else throw Usage($"'{proxy}' in {StatusServerOptions.ProxiesSetting} is neither an address such as '10.0.0.4' nor a network such as '10.0.0.0/24'.", "bad-proxy");
        }
        return options;
    }

    /// <summary>The certificate for https; null when none is set.</summary>
    /// <exception cref="EtlException">It cannot be read, or https is wanted and none is set.</exception>
    public static X509Certificate2? Certificate(StatusServerOptions options)
    {
        if (options.Certificate is not var (file, keyFile, password))
        {
            return options.Urls.FirstOrDefault(u => u.Scheme == Uri.UriSchemeHttps) is { } url
                ? throw Usage($"'{url}' needs a certificate: set {StatusServerOptions.CertificateSetting} to its file (PKCS#12, or PEM with {StatusServerOptions.CertificateKeySetting}).", "no-certificate")
                : null;
        }
        try
        {
            return (keyFile, password) switch
            {
                (null, _) => X509CertificateLoader.LoadPkcs12FromFile(file, password?.Reveal()),
                (_, null) => X509Certificate2.CreateFromPemFile(file, keyFile),
                _ => X509Certificate2.CreateFromEncryptedPemFile(file, password.Reveal(), keyFile),
            };
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Usage($"Could not read the certificate '{file}' ({e.GetType().Name}). Expected PKCS#12 with its password in {StatusServerOptions.CertificatePasswordSetting}, or PEM with the key's file in {StatusServerOptions.CertificateKeySetting}.", "bad-certificate", e);
        }
    }

    private static EtlException Usage(string message, string code, Exception? inner = null) => new(FaultKind.Usage, message, inner) { Code = code };
}

using System.Net;
using System.Text.RegularExpressions;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Core.Secrets;
using Etl.Landing.Connections;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// Reads what stands behind <c>azure-blob:</c> in a setting.
/// <code>
/// https://&lt;account&gt;.blob.core.windows.net/&lt;container&gt;[/&lt;prefix&gt;]           login as Azure's tools find it
/// https://&lt;account&gt;.blob.core.windows.net/&lt;container&gt;[/&lt;prefix&gt;]?sv=…&amp;sig=…  shared access signature
/// &lt;connection string as the portal shows it&gt;;Container=&lt;container&gt;[/&lt;prefix&gt;]
/// </code>
/// The value is never repeated in a message: it holds a credential.
/// </summary>
internal static partial class BlobSetting
{
    // Public knowledge: the one account of Azure's storage emulators.
    private const string EmulatorAccount = "devstoreaccount1";
    private const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    private const string EmulatorEndpoint = "http://127.0.0.1:10000/devstoreaccount1";

    /// <summary>Keys of connection strings that mean something here.</summary>
    private static readonly string[] s_used =
        ["UseDevelopmentStorage", "DefaultEndpointsProtocol", "AccountName", "AccountKey", "EndpointSuffix", "BlobEndpoint", "SharedAccessSignature", "Container"];

    /// <summary>Keys that the portal's strings carry for other services.</summary>
    private static readonly string[] s_ignored =
    [
        "QueueEndpoint", "TableEndpoint", "FileEndpoint", "BlobSecondaryEndpoint", "QueueSecondaryEndpoint", "TableSecondaryEndpoint", "FileSecondaryEndpoint",
    ];

    /// <exception cref="EtlException">The setting cannot be used; the message says why and does not show it.</exception>
    public static BlobAddress Read(ConnectionValue setting)
    {
        try
        {
            return setting.Rest.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || setting.Rest.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
                ? ReadUrl(setting.Rest)
                : ReadConnectionString(setting.Rest);
        }
        catch (BadSettingException fault)
        {
            throw new EtlException(
                FaultKind.Usage,
                $"{setting.Variable} is not a usable 'azure-blob:' setting: {fault.Message} Write 'azure-blob:https://<account>.blob.core.windows.net/<container>[/<prefix>]', "
                + "with a shared access signature or without, or 'azure-blob:<connection string>;Container=<container>[/<prefix>]'. Its value is not shown, it may hold a key.")
                { Code = "connection" };
        }
    }

    private static BlobAddress ReadUrl(string text)
    {
        if (!WebAddress.TryRead(text, out var url)) throw new BadSettingException("its URL cannot be read.");
        if (url.UserInfo.Length > 0 || url.Fragment.Length > 0) throw new BadSettingException("its URL has a user or a fragment, which no container has.");
        var parts = url.AbsolutePath.Trim('/').Split('/').Select(Uri.UnescapeDataString).ToArray();
        var (account, path) = HasAccountInPath(url) ? (parts[0] + "/", parts[1..]) : ("", parts);
        BlobCredential credential = url.Query.Length > 1 ? Sas(url.Query) : new IdentityCredential();
        if (credential is IdentityCredential && url.Scheme != Uri.UriSchemeHttps) throw new BadSettingException("a login goes over https only.");
        return Address(new Uri($"{url.Scheme}://{url.Authority}/{account}"), string.Join('/', path), credential);
    }

    private static BlobAddress ReadConnectionString(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var sign = part.IndexOf('=', StringComparison.Ordinal);
            if (sign <= 0) throw new BadSettingException("it is neither a URL nor 'key=value' pairs joined by ';'.");
            var key = part[..sign];
            if (!s_used.Concat(s_ignored).Contains(key, StringComparer.OrdinalIgnoreCase))
                throw new BadSettingException($"its part {values.Count + 1} has a key that no connection string has; known are {string.Join(", ", s_used.Select(k => $"'{k}'"))}.");
            if (!values.TryAdd(key, part[(sign + 1)..])) throw new BadSettingException($"'{s_used.Concat(s_ignored).First(k => k.Equals(key, StringComparison.OrdinalIgnoreCase))}' stands there twice.");
        }
        if (values.GetValueOrDefault("Container") is not { Length: > 0 } container) throw new BadSettingException("'Container' is missing.");
        if (string.Equals(values.GetValueOrDefault("UseDevelopmentStorage"), "true", StringComparison.OrdinalIgnoreCase))
        {
            values.TryAdd("AccountName", EmulatorAccount);
            values.TryAdd("AccountKey", EmulatorKey);
            values.TryAdd("BlobEndpoint", EmulatorEndpoint);
        }
        return Address(EndpointOf(values), container, CredentialOf(values));
    }

    private static Uri EndpointOf(Dictionary<string, string> values)
    {
        if (values.TryGetValue("BlobEndpoint", out var endpoint))
            return WebAddress.TryRead(endpoint.TrimEnd('/') + "/", out var url) && url.Query.Length == 0
                ? url
                : throw new BadSettingException("'BlobEndpoint' is not an http or https URL.");
        if (values.GetValueOrDefault("AccountName") is not { Length: > 0 } account) throw new BadSettingException("'AccountName' or 'BlobEndpoint' is missing.");
        if (!AccountForm().IsMatch(account)) throw new BadSettingException("'AccountName' is not 3 to 24 lower-case letters and digits.");
        var protocol = values.GetValueOrDefault("DefaultEndpointsProtocol") ?? "https";
        if (protocol is not ("http" or "https")) throw new BadSettingException("'DefaultEndpointsProtocol' is neither 'https' nor 'http'.");
        return WebAddress.TryRead($"{protocol}://{account}.blob.{values.GetValueOrDefault("EndpointSuffix") ?? "core.windows.net"}/", out var made)
            ? made
            : throw new BadSettingException("'EndpointSuffix' is not the end of a host name.");
    }

    private static BlobCredential CredentialOf(Dictionary<string, string> values)
    {
        if (values.GetValueOrDefault("SharedAccessSignature") is { Length: > 0 } sas) return Sas(sas);
        if (values.GetValueOrDefault("AccountKey") is not { Length: > 0 } key) throw new BadSettingException("'AccountKey' or 'SharedAccessSignature' is missing.");
        if (values.GetValueOrDefault("AccountName") is not { Length: > 0 } account) throw new BadSettingException("'AccountName' is missing.");
        if (!Convert.TryFromBase64String(key, new byte[key.Length], out _)) throw new BadSettingException("'AccountKey' is not base64: it was cut or altered.");
        return new SharedKeyCredential(account, new Secret(key));
    }

    private static SasCredential Sas(string query)
    {
        var token = query.TrimStart('?');
        return token.Contains("sig=", StringComparison.Ordinal)
            ? new SasCredential(new Secret(token))
            : throw new BadSettingException("its shared access signature has no 'sig'.");
    }

    private static BlobAddress Address(Uri endpoint, string path, BlobCredential credential)
    {
        // Without encryption everybody on the way can read the signature and the rows.
        if (endpoint.Scheme != Uri.UriSchemeHttps && !HasAccountInPath(endpoint)) throw new BadSettingException("plain http is for emulators only.");
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var (container, prefix) = slash < 0 ? (path, "") : (path[..slash], path[(slash + 1)..].TrimEnd('/'));
        if (container.Length == 0) throw new BadSettingException("it names no container.");
        if (!ContainerForm().IsMatch(container)) throw new BadSettingException("its container is not 3 to 63 lower-case letters, digits and single '-'.");
        if (prefix.Length > 0 && !ObjectName.IsGood(prefix)) throw new BadSettingException("its prefix has an empty part, a part that begins or ends with '.', or a control character.");
        return new BlobAddress(new Uri(endpoint, container), prefix.Length == 0 ? "" : prefix + "/", credential);
    }

    /// <summary>Emulators have the account in the path, since a number or a bare name has no room for it in the host.</summary>
    private static bool HasAccountInPath(Uri url) => IPAddress.TryParse(url.Host.Trim('[', ']'), out _) || !url.Host.Contains('.', StringComparison.Ordinal);

    [GeneratedRegex("^[a-z0-9]{3,24}$")]
    private static partial Regex AccountForm();

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex ContainerForm();

    private sealed class BadSettingException(string message) : Exception(message);
}

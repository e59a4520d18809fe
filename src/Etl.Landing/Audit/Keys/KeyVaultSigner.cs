using System.Net.Http;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;
using Etl.Core.Errors;
using Etl.Core.Outbound;

namespace Etl.Landing.Audit.Keys;

/// <summary>
/// A key that never leaves Azure Key Vault (or a Managed HSM): two requests of its REST interface, Get Key and Sign, over Azure.Core's pipeline. Needs the permissions
/// <c>get</c> and <c>sign</c> on keys. The address names a version: a new version is another key, and taking it into use is an entry of the log.
/// </summary>
internal sealed partial class KeyVaultSigner : IAuditSigner
{
    private const string ApiVersion = "7.4";
    private const int CoordinateBytes = 32;

    private readonly Uri _address;
    private readonly string _variable;
    private readonly HttpPipeline _pipeline;
    private AuditPublicKey? _key;

    private KeyVaultSigner(Uri address, string variable, HttpPipeline pipeline) => (_address, _variable, _pipeline) = (address, variable, pipeline);

    /// <inheritdoc/>
    public string Place => $"key vault '{_address}'";

    /// <summary>Makes the client; nothing is sent yet.</summary>
    /// <param name="url">Address of the key with its version.</param>
    /// <param name="variable">The setting that names it, for messages.</param>
    /// <param name="credential">How to log in; null as Azure's tools do.</param>
    /// <param name="transport">What carries requests, each once; null for the network, where a request is sent again when no answer comes.</param>
    /// <exception cref="EtlException">It is not such an address.</exception>
    public static KeyVaultSigner Open(string url, string variable, TokenCredential? credential = null, HttpPipelineTransport? transport = null)
    {
        if (!WebAddress.TryRead(url, out var address) || address.Scheme != Uri.UriSchemeHttps || address.UserInfo.Length > 0 || address.Query.Length > 0
            || !KeyPath().IsMatch(address.AbsolutePath) || !Host().IsMatch(address.Host))
            throw new EtlException(
                FaultKind.Usage,
                $"{variable} does not name a key in a key vault. Write 'keyvault:https://<vault>.vault.azure.net/keys/<name>/<version>': with its version, because a new version is another key.")
                { Code = "audit-key" };
        var options = new KeyVaultOptions();
        if (transport is not null) (options.Transport, options.Retry.MaxRetries) = (transport, 0);
        // The audience of a token is the service: the host without the vault's own name.
        var scope = $"https://{address.Host[(address.Host.IndexOf('.', StringComparison.Ordinal) + 1)..]}/.default";
        return new KeyVaultSigner(address, variable, HttpPipelineBuilder.Build(options, new BearerTokenAuthenticationPolicy(credential ?? new DefaultAzureCredential(), scope)));
    }

    /// <inheritdoc/>
    public async Task<AuditPublicKey> KeyAsync(CancellationToken cancellation)
    {
        if (_key is not null) return _key;
        using var message = Message(RequestMethod.Get, "");
        using var answer = await SendAsync(message, "read", cancellation);
        try
        {
            var key = answer.RootElement.GetProperty("key");
            if (key.GetProperty("kty").GetString() is "EC" or "EC-HSM" && key.GetProperty("crv").GetString() == "P-256"
                && AuditPublicKey.TryFromPoint(Bytes(key.GetProperty("x")), Bytes(key.GetProperty("y")), out var found)) return _key = found;
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Fault(FaultKind.Unreachable, "answered with something that is no key", "Try again; if it stays, check the address.", fault);
        }
        throw Fault(FaultKind.Usage, "holds another kind of key", "Audit logs are signed with EC keys on the curve P-256: make one with 'az keyvault key create --kty EC --curve P-256'.");
    }

    /// <inheritdoc/>
    public async Task<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        var key = await KeyAsync(cancellation);
        using var message = Message(RequestMethod.Post, "/sign");
        message.Request.Headers.Add("Content-Type", "application/json");
        message.Request.Content = RequestContent.Create(JsonSerializer.SerializeToUtf8Bytes(new { alg = "ES256", value = Text(SHA256.HashData(data.Span)) }));
        using var answer = await SendAsync(message, "sign with", cancellation);
        try
        {
            var raw = Bytes(answer.RootElement.GetProperty("value"));
            // The vault answers with r and s side by side (RFC 7518, 3.4).
            var signature = raw.Length == 2 * CoordinateBytes ? DerSignature.OfRaw(raw) : [];
            if (key.Verify(data.Span, signature)) return signature;
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Fault(FaultKind.Unreachable, "answered with something that is no signature", "Try again; if it stays, check the address.", fault);
        }
        throw Fault(FaultKind.Unreachable, "answered with a signature that its own key does not confirm", "Nothing was written. Try again; if it stays, check who answers at this address.");
    }

    public void Dispose() => _key?.Dispose();

    private HttpMessage Message(RequestMethod method, string operation)
    {
        var message = _pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(new Uri(_address.AbsoluteUri.TrimEnd('/') + operation));
        message.Request.Uri.AppendQuery("api-version", ApiVersion);
        message.Request.Headers.Add("Accept", "application/json");
        return message;
    }

    private async Task<JsonDocument> SendAsync(HttpMessage message, string doing, CancellationToken cancellation)
    {
        try
        {
            await _pipeline.SendAsync(message, cancellation);
            var answer = message.Response;
            if (answer.Status == 200) return JsonDocument.Parse(answer.ContentStream!);
            // The body may repeat what was sent; the status says enough.
            throw answer.Status switch
            {
                401 or 403 => Fault(FaultKind.Usage, $"does not let us {doing} the key (HTTP {answer.Status})", "Give the identity that etl runs as the key permissions 'get' and 'sign', such as the role 'Key Vault Crypto User'."),
                404 => Fault(FaultKind.Usage, "has no such key or version (HTTP 404)", "Check the address, its version too."),
                _ => Fault(FaultKind.Unreachable, $"did not {doing} the key (HTTP {answer.Status})", "Try again later."),
            };
        }
        catch (AuthenticationFailedException fault)
        {
            throw Fault(FaultKind.Usage, "could not be logged in to", "Log in with 'az login', or give the machine an identity that Azure knows.", fault);
        }
        catch (Exception fault) when (fault is RequestFailedException or HttpRequestException or IOException or JsonException || (fault is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw Fault(FaultKind.Unreachable, "did not answer", "Try again later; nothing was written.", fault);
        }
    }

    private EtlException Fault(FaultKind kind, string found, string help, Exception? inner = null) =>
        new(kind, $"The key vault '{_address}' of {_variable} {found}. {help}", inner) { Code = "audit-key", IsTransient = kind == FaultKind.Unreachable };

    private static string Text(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static byte[] Bytes(JsonElement text)
    {
        var value = text.GetString() ?? throw new FormatException("The text is null.");
        return Convert.FromBase64String(value.Replace('-', '+').Replace('_', '/').PadRight((value.Length + 3) / 4 * 4, '='));
    }

    [GeneratedRegex(@"^/keys/[A-Za-z0-9-]{1,127}/[0-9a-f]{32}/?\z")]
    private static partial Regex KeyPath();

    [GeneratedRegex(@"^[a-z0-9-]+\.(vault\.(azure\.net|azure\.cn|usgovcloudapi\.net)|managedhsm\.(azure\.net|azure\.cn|usgovcloudapi\.net))\z")]
    private static partial Regex Host();

    private sealed class KeyVaultOptions : ClientOptions
    {
        public KeyVaultOptions()
        {
            Retry.MaxRetries = 3;
            Retry.NetworkTimeout = TimeSpan.FromSeconds(30);
            Diagnostics.IsLoggingEnabled = false;
            Diagnostics.IsDistributedTracingEnabled = false;
            Diagnostics.IsTelemetryEnabled = false;
        }
    }
}

using Azure.Core;
using Etl.Core.Errors;
using Etl.Landing.Connections;

namespace Etl.Landing.Audit.Keys;

/// <summary>Opens keys by their settings: <c>file:PATH</c> or <c>keyvault:https://…/keys/name/version</c>.</summary>
internal static class AuditSigners
{
    /// <param name="setting">See <see cref="ConnectionSettings.AuditKey"/>.</param>
    /// <param name="credential">How to log in to a key vault; null as Azure's tools do.</param>
    /// <exception cref="EtlException">The key cannot be used.</exception>
    public static IAuditSigner Open(ConnectionValue setting, TokenCredential? credential = null) => setting.Kind switch
    {
        "file" => PemSigner.Open(setting.Rest, setting.Variable),
        "keyvault" => KeyVaultSigner.Open(setting.Rest, setting.Variable, credential),
        _ => throw setting.Unknown("file", "keyvault"),
    };
}

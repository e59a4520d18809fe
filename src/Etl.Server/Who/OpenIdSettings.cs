using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Core.Secrets;

namespace Etl.Server.Who;

/// <summary>Login by OpenID Connect.</summary>
/// <param name="Authority">The issuer's https address.</param>
/// <param name="Client">Our id there.</param>
/// <param name="Secret">Our secret there.</param>
/// <param name="Operators">Value of the claim <c>roles</c> or <c>groups</c> that makes an operator; null makes nobody one.</param>
public sealed record OpenIdSettings(Uri Authority, string Client, Secret Secret, string? Operators)
{
    private const string AuthorityName = "ETL_OPENID_AUTHORITY", ClientName = "ETL_OPENID_CLIENT", SecretName = "ETL_OPENID_SECRET", OperatorsName = "ETL_OPENID_OPERATORS";

    /// <summary>Reads the settings; null when none is set.</summary>
    /// <exception cref="EtlException">Some are missing or bad, or this build has no OpenID Connect.</exception>
    public static OpenIdSettings? Find(Func<string, string?> find)
    {
        var set = new[] { AuthorityName, ClientName, SecretName, OperatorsName }.Where(n => find(n) is not null).ToList();
        if (set.Count == 0) return null;
        if (!OpenIdLogin.IsBuiltIn)
            throw Usage($"{set[0]} is set, and this build has no OpenID Connect: build with 'PackageSet=full', or leave the setting out and use '--new-user'.", "no-openid");
        if (new[] { AuthorityName, ClientName, SecretName }.FirstOrDefault(n => find(n) is null) is { } missing) throw Usage($"Login by OpenID Connect needs {missing} as well.", "bad-openid");
        return WebAddress.TryRead(find(AuthorityName), out var authority) && authority.Scheme == Uri.UriSchemeHttps
            ? new OpenIdSettings(authority, find(ClientName)!, new Secret(find(SecretName)!), find(OperatorsName))
            : throw Usage($"{AuthorityName} is not an https address.", "bad-openid");
    }

    private static EtlException Usage(string message, string code) => new(FaultKind.Usage, message) { Code = code };
}

using Etl.Core.Secrets;

namespace Etl.Kaltura.Sessions;

/// <summary>Makes sessions here from the admin secret (KS version 2).</summary>
internal sealed class LocalIssuer(string partnerId, Secret adminSecret, string userId, TimeSpan lifetime, TimeProvider clock) : ISessionIssuer
{
    public bool CanIssue => true;

    public Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation)
    {
        var expires = clock.GetUtcNow() + lifetime;
        var token = KsV2.Create(partnerId, adminSecret, userId, KsV2.AdminType, expires.ToUnixTimeSeconds(), privileges);
        return Task.FromResult(new Session(token, expires));
    }
}

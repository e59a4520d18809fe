using System.Globalization;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Sessions;

/// <summary>Asks for sessions with <c>session.start</c> and the admin secret.</summary>
internal sealed class StartIssuer(
    SessionCalls calls, string partnerId, Secret adminSecret, string userId, TimeSpan lifetime, TimeProvider clock) : ISessionIssuer
{
    public bool CanIssue => true;

    public async Task<Session> IssueAsync(IReadOnlyList<string> privileges, CancellationToken cancellation)
    {
        var request = new ApiRequest("session", "start",
        [
            new("secret", adminSecret.Reveal()),
            new("userId", userId),
            new("type", KsV2.AdminType.ToString(CultureInfo.InvariantCulture)),
            new("partnerId", partnerId),
            new("expiry", SessionCalls.Seconds(lifetime)),
            new("privileges", string.Join(',', privileges)),
        ]);
        // The account may allow less than asked; a session that ends early is renewed when it is refused.
        var expires = clock.GetUtcNow() + lifetime;
        var token = await calls.CallAsync(request, null, e => calls.Token(request.What, e), cancellation).ConfigureAwait(false);
        return new Session(token, expires);
    }
}

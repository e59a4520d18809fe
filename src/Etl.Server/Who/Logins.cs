using System.Security.Claims;

namespace Etl.Server.Who;

/// <summary>Says whether somebody who was let in still may be: their user is who they were, and they have not logged out.</summary>
internal sealed class Logins(Users users, EndedLogins ended)
{
    public bool StillHolds(ClaimsPrincipal principal) => principal.Identity switch
    {
        { AuthenticationType: Schemes.Local } => users.IsEmpty,
        { AuthenticationType: Schemes.OpenId } => !IsEnded(principal),
        { Name: { } name } => users.All.FirstOrDefault(u => u.Name == name) is { } user && principal.FindFirstValue(User.StampClaim) == user.Stamp && !IsEnded(principal),
        _ => false,
    };

    private bool IsEnded(ClaimsPrincipal principal) => principal.FindFirstValue(User.SessionClaim) is { } session && ended.Has(session);
}

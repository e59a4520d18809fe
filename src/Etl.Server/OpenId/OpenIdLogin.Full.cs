using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Etl.Server.Doors;
using Etl.Server.Who;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Etl.Server;

internal static partial class OpenIdLogin
{
    private const string Done = Path + "/done";

    static partial void Ask(ref bool built) => built = true;

    static partial void AddTo(AuthenticationBuilder authentication, OpenIdSettings settings) => authentication.AddOpenIdConnect(Schemes.OpenId, o =>
    {
        o.Authority = settings.Authority.ToString();
        o.ClientId = settings.Client;
        o.ClientSecret = settings.Secret.Reveal();
        o.ResponseType = OpenIdConnectResponseType.Code;
        o.UsePkce = true;
        o.SaveTokens = false;
        o.MapInboundClaims = false;
        o.SignInScheme = Schemes.Login;
        o.CallbackPath = "/login/openid/back";
        // The issuer sends the browser here from its own site, so these two short-lived cookies cannot be strict; the login's own stays so.
        o.NonceCookie.SameSite = o.CorrelationCookie.SameSite = SameSiteMode.Lax;
        o.NonceCookie.SecurePolicy = o.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        o.ResponseMode = OpenIdConnectResponseMode.Query;
        o.Events.OnTokenValidated = context =>
        {
            context.Principal = Known(context.Principal!, settings.Operators);
            return Task.CompletedTask;
        };
        o.Events.OnRemoteFailure = context =>
        {
            // The reason may quote what the issuer sent.
            context.Response.Redirect($"{LoginEndpoints.Path}?failed=1");
            context.HandleResponse();
            return Task.CompletedTask;
        };
    });

    static partial void MapTo(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Path, (string? to) =>
            Results.Challenge(new AuthenticationProperties { RedirectUri = $"{Done}?to={Uri.EscapeDataString(to is not null && Paths.IsOfThisServer(to) ? to : "/")}" }, [Schemes.OpenId]))
            .AllowAnonymous().ExcludeFromDescription();
        // The browser comes from the issuer's site, so it keeps the strict cookie back until a page of ours sends it on.
        endpoints.MapGet(Done, (string? to) => Results.Text(
            $"<!doctype html><title>etl</title><meta http-equiv=\"refresh\" content=\"0;url={HtmlEncoder.Default.Encode(to is not null && Paths.IsOfThisServer(to) ? to : "/")}\">", "text/html"))
            .AllowAnonymous().ExcludeFromDescription();
    }

    /// <summary>Of all that the issuer says, who it is and whether they are an operator.</summary>
    private static ClaimsPrincipal Known(ClaimsPrincipal issued, string? operators)
    {
        var name = issued.FindFirstValue("preferred_username") ?? issued.FindFirstValue("email") ?? issued.FindFirstValue("sub") ?? "somebody";
        var isOperator = operators is not null && issued.Claims.Any(c => c.Type is "roles" or "groups" && c.Value == operators);
        return User.Principal(
            Schemes.OpenId, name, isOperator ? Role.Operator : Role.Viewer, new Claim(User.SessionClaim, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))));
    }
}

using Etl.Server.Doors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server.Who;

/// <summary>
/// The ways to be known, one for each request: a key when one is sent, otherwise a login; the local person while there are no users and the
/// server listens to this machine only.
/// </summary>
internal static class Schemes
{
    public const string Any = "etl", Key = "key", Login = "login", Local = "local", OpenId = "openid";

    /// <summary>How long a login lasts, whatever is done meanwhile.</summary>
    public static readonly TimeSpan LoginLasts = TimeSpan.FromHours(12);

    /// <summary>Whether whoever sits at this machine is let in while there are no users.</summary>
    public static bool KnowsLocalPerson(StatusServerOptions options) => options.IsLocalOnly && options.OpenId is null;

    public static void Add(IServiceCollection services, StatusServerOptions options)
    {
        var localPerson = KnowsLocalPerson(options);
        var authentication = services.AddAuthentication(Any)
            .AddPolicyScheme(Any, null, o => o.ForwardDefaultSelector = context =>
                context.Request.Headers.ContainsKey("Authorization") ? Key
                : localPerson && context.RequestServices.GetRequiredService<Users>().IsEmpty ? Local
                : Login)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(Key, null)
            .AddScheme<AuthenticationSchemeOptions, LocalHandler>(Local, null)
            .AddCookie(Login, Cookie);
        OpenIdLogin.Add(authentication, options.OpenId);
        services.AddAuthorization(Policies.Add);
    }

    private static void Cookie(CookieAuthenticationOptions options)
    {
        options.Cookie.Name = "etl-login";
        options.Cookie.HttpOnly = true;
        options.Cookie.SameSite = SameSiteMode.Strict;
        options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        options.ExpireTimeSpan = LoginLasts;
        options.SlidingExpiration = false;
        options.Events.OnValidatePrincipal = async context =>
        {
            if (context.HttpContext.RequestServices.GetRequiredService<Logins>().StillHolds(context.Principal!)) return;
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Login).ConfigureAwait(false);
        };
        options.Events.OnRedirectToLogin = context =>
        {
            var request = context.Request;
            if (!Paths.IsForPeople(request) || !HttpMethods.IsGet(request.Method)) context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            else context.Response.Redirect($"{LoginEndpoints.Path}?to={Uri.EscapeDataString(request.Path + request.QueryString)}");
            return Task.CompletedTask;
        };
        options.Events.OnRedirectToAccessDenied = context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        };
    }
}

using Etl.Server.Who;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server.Doors;

/// <summary>
/// Whatever changes something, and is asked for by a browser that is known by a cookie or by where it is, must carry this server's antiforgery
/// token: in the form field <see cref="Field"/> or the header <see cref="Header"/>. Requests with an API key need none, since no browser sends
/// one by itself; nor do open endpoints, which know nobody, unless they ask for it.
/// </summary>
public static class AntiforgeryGuard
{
    /// <summary>Hidden field of forms.</summary>
    public const string Field = "antiforgery";

    /// <summary>Header for scripts.</summary>
    public const string Header = "X-Antiforgery-Token";

    /// <summary>The token for a page's forms; sets its cookie when the browser has none.</summary>
    public static string Token(HttpContext context) =>
        context.RequestServices.GetRequiredService<IAntiforgery>().GetAndStoreTokens(context).RequestToken!;

    internal static void Add(IServiceCollection services) => services.AddAntiforgery(o =>
    {
        o.FormFieldName = Field;
        o.HeaderName = Header;
        o.Cookie.Name = "etl-forms";
        o.Cookie.HttpOnly = true;
        o.Cookie.SameSite = SameSiteMode.Strict;
        o.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        o.SuppressXFrameOptionsHeader = true;
    });

    internal static void Use(IApplicationBuilder application) => application.Use(async (context, next) =>
    {
        if (Needs(context) && !await IsValidAsync(context).ConfigureAwait(false))
        {
            await Problem.Of(
                StatusCodes.Status400BadRequest,
                $"The request carries no valid antiforgery token. Load the page again and repeat; programs send an API key, or the token of GET /api/v1/antiforgery in '{Header}' with its cookie.",
                "antiforgery").ExecuteAsync(context).ConfigureAwait(false);
            return;
        }
        await next(context).ConfigureAwait(false);
    });

    private static bool Needs(HttpContext context)
    {
        var method = context.Request.Method;
        if (context.GetEndpoint() is not { } endpoint || HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)) return false;
        if (context.User.Identity is { IsAuthenticated: true, AuthenticationType: Schemes.Key }) return false;
        var open = endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;
        return !open || endpoint.Metadata.GetMetadata<AsksForToken>() is not null;
    }

    private static async Task<bool> IsValidAsync(HttpContext context)
    {
        try
        {
            await context.RequestServices.GetRequiredService<IAntiforgery>().ValidateRequestAsync(context).ConfigureAwait(false);
            return true;
        }
        catch (AntiforgeryValidationException)
        {
            return false;
        }
    }
}

/// <summary>Metadata of an open endpoint that asks for an antiforgery token all the same. (The framework's own makes it look for the framework's guard.)</summary>
internal sealed record AsksForToken;

using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Etl.Core.Secrets;
using Etl.Server.Doors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Who;

/// <summary>
/// Login and logout of people: forms with the fields below and an antiforgery token, answered by a redirect. A login that fails goes back to
/// <c>GET /login</c> with <c>?failed=1</c>, one that has to wait with <c>?wait=SECONDS</c>.
/// </summary>
public static class LoginEndpoints
{
    /// <summary>Where the form is, and where it is sent to.</summary>
    public const string Path = "/login";

    /// <summary>Where a POST ends the login.</summary>
    public const string LogoutPath = "/logout";

    /// <summary>Field of the user's name.</summary>
    public const string NameField = "name";

    /// <summary>Field of the password.</summary>
    public const string PasswordField = "password";

    /// <summary>Field and query parameter of the page to go to afterwards; only one of this server is gone to.</summary>
    public const string ToField = "to";

    private const string NoName = "(none)";

    // Somebody who is not a user takes as long to refuse as somebody who is.
    private static readonly Lazy<Credential> s_nobody = new(() => Credential.OfPassword(new Secret("nobody has this password")));

    internal static void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapPost(Path, LoginAsync).AllowAnonymous().WithMetadata(new AsksForToken()).ExcludeFromDescription();
        endpoints.MapPost(LogoutPath, LogoutAsync).RequireAuthorization(Policies.Viewer).ExcludeFromDescription();
    }

    private static async Task<IResult> LoginAsync(HttpContext context, Users users, LoginThrottle throttle, HashQueue hashing)
    {
        if (!context.Request.HasFormContentType) return Problem.Of(StatusCodes.Status415UnsupportedMediaType, "A login is sent as a form.");
        var form = await context.Request.ReadFormAsync(context.RequestAborted).ConfigureAwait(false);
        var (name, password, to) = (form[NameField].ToString(), form[PasswordField].ToString(), form[ToField].ToString());
        var address = context.Connection.RemoteIpAddress;
        // What cannot be a user's name is counted as one, so that nobody fills the memory with names of their own making.
        var counted = User.IsName(name) ? name : NoName;
        if (throttle.Begin(counted, address) is { Ticks: > 0 } wait) return Wait(wait, to);

        var user = users.FindPerson(name);
        var credential = user?.Credential ?? s_nobody.Value;
        var fits = password.Length is 0 or > Credential.MostPassword ? false : await hashing.TryAsync(() => credential.Fits(password), context.RequestAborted).ConfigureAwait(false);
        if (fits is null)
        {
            throttle.TakeBack(counted, address);
            return Wait(HashQueue.ComeBack, to);
        }
        if (fits is false || user is null) return Back("failed=1", to);
        throttle.Succeeded(counted, address);
        var principal = user.Principal(Schemes.Login, new Claim(User.SessionClaim, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))));
        await context.SignInAsync(Schemes.Login, principal).ConfigureAwait(false);
        return new SeeOther(Paths.IsOfThisServer(to) ? to : "/");
    }

    private static async Task<IResult> LogoutAsync(HttpContext context, EndedLogins ended)
    {
        if (context.User.FindFirstValue(User.SessionClaim) is { } session) ended.Add(session);
        await context.SignOutAsync(Schemes.Login).ConfigureAwait(false);
        return new SeeOther(Path);
    }

    private static SeeOther Wait(TimeSpan wait, string to) => Back("wait=" + Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture), to);

    private static SeeOther Back(string why, string to) =>
        new($"{Path}?{why}{(Paths.IsOfThisServer(to) ? $"&{ToField}={Uri.EscapeDataString(to)}" : "")}");
}

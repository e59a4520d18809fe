using Etl.Server.Doors;
using Etl.Server.Who;

namespace Etl.Server.Pages;

/// <summary>Who looks at a page.</summary>
/// <param name="Name">What to call them; null for somebody who did not log in.</param>
/// <param name="IsOperator">May release, re-run and cancel.</param>
/// <param name="Token">What a form has to carry: name and value of its hidden field; null where nothing can be sent.</param>
internal sealed record Visitor(string? Name, bool IsOperator, (string Field, string Value)? Token)
{
    /// <summary>Who asks; makes a token for the forms of the page.</summary>
    public static Visitor Of(HttpContext context)
    {
        var user = context.User;
        if (user.Identity is not { IsAuthenticated: true }) return new Visitor(null, false, null);
        var isOperator = Policies.IsOperator(user);
        return new Visitor(
            user.Identity.AuthenticationType is Schemes.Login or Schemes.OpenId ? user.Identity.Name : null,
            isOperator,
            (AntiforgeryGuard.Field, AntiforgeryGuard.Token(context)));
    }
}

using Etl.Server.Pages.Look;
using Etl.Server.Who;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages;

/// <summary>Where people say who they are.</summary>
internal static class LoginPage
{
    /// <summary>The page.</summary>
    /// <param name="token">The hidden field that the form carries.</param>
    /// <param name="to">The local address to go to afterwards.</param>
    /// <param name="fault">What was wrong with the last try, or null.</param>
    public static string Render((string Field, string Value) token, string to, string? fault) => Layout.Page(
        "Log in",
        [],
        null,
        Div(
            Class("small", "login"),
            Layout.Title("Log in"),
            fault is null ? null : P(Class("message", "bad"), Attr("role", "alert"), fault),
            El(
                "form",
                Attr("method", "post"), Attr("action", Links.Login),
                Layout.Hidden(token),
                El("input", Attr("type", "hidden"), Attr("name", LoginEndpoints.ToField), Attr("value", to)),
                El("label", Attr("for", "name"), "Name"),
                El("input", Id("name"), Attr("name", LoginEndpoints.NameField), Attr("autocomplete", "username"), Attr("required"), Attr("autofocus")),
                El("label", Attr("for", "password"), "Password"),
                El("input", Id("password"), Attr("type", "password"), Attr("name", LoginEndpoints.PasswordField), Attr("autocomplete", "current-password"), Attr("required")),
                El("button", Class("button", "first"), "Log in"))));
}

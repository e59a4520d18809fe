using System.Text;
using Etl.Server.Pages.Markup;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages.Look;

/// <summary>What all pages have around them.</summary>
internal static class Layout
{
    /// <summary>A whole page as text.</summary>
    /// <param name="title">What the window of the browser is called.</param>
    /// <param name="path">Names and addresses that lead here, without the overview; the last one is this page.</param>
    /// <param name="visitor">Who looks; null where nobody is known, as on the login page.</param>
    /// <param name="content">What the page is about.</param>
    public static string Page(string title, IReadOnlyList<(string Name, string Href)> path, Visitor? visitor, params ReadOnlySpan<Node?> content)
    {
        var html = new StringBuilder("<!doctype html>\n", 32 * 1024);
        El(
            "html",
            Attr("lang", "en"),
            El(
                "head",
                El("meta", Attr("charset", "utf-8")),
                El("meta", Attr("name", "viewport"), Attr("content", "width=device-width, initial-scale=1")),
                El("meta", Attr("name", "color-scheme"), Attr("content", "light dark")),
                El("title", $"{title} · etl"),
                El("link", Attr("rel", "icon"), Attr("type", "image/svg+xml"), Attr("href", Assets.Href("icon.svg"))),
                El("link", Attr("rel", "stylesheet"), Attr("href", Assets.Href("page.css"))),
                El("script", Attr("src", Assets.Href("page.js")), Attr("defer"))),
            El(
                "body",
                A("#main", Class("skip"), "Skip to the content"),
                Header(path, visitor),
                El("main", Id("main"), Attr("tabindex", "-1"), Group(content)),
                P(Class("unseen"), Id("news"), Attr("role", "status"), Attr("aria-live", "polite")))).Write(html);
        return html.ToString();
    }

    /// <summary>A heading with what belongs beside it.</summary>
    public static Node Title(Node text, params ReadOnlySpan<Node?> beside) =>
        Div(Class("title"), El("h1", text), Group(beside));

    /// <summary>What the last action did.</summary>
    public static Node? Message(string? text) => text is null ? null : P(Class("message"), Attr("role", "status"), text);

    private static Element Header(IReadOnlyList<(string Name, string Href)> path, Visitor? visitor) => El(
        "header",
        Class("head"),
        El(
            "nav",
            Attr("aria-label", "Pages"),
            A(Links.Overview, Class("brand"), Brand(), "etl"),
            path.Count == 0 ? null : El("ol", Class("path"), Each(path.Index(), p => El(
                "li", p.Index == path.Count - 1 ? Span(Attr("aria-current", "page"), p.Item.Name) : A(p.Item.Href, p.Item.Name))))),
        Div(
            Class("who"),
            Span(Class("pulse"), Id("pulse"), Attr("hidden"), "live"),
            visitor?.Name is { } name ? Group(Span(name, Span(Class("role"), visitor.IsOperator ? "operator" : "viewer")), Out(visitor)) : null));

    private static Element? Out(Visitor visitor) => visitor.Token is { } token
        ? El("form", Attr("method", "post"), Attr("action", Links.Logout), Hidden(token), El("button", Class("quiet"), "Log out"))
        : null;

    /// <summary>The field that shows that a form came from a page of ours.</summary>
    public static Node Hidden((string Field, string Value) token) =>
        El("input", Attr("type", "hidden"), Attr("name", token.Field), Attr("value", token.Value));

    private static Element Brand() => El(
        "svg", Class("logo"), Attr("viewBox", "0 0 24 24"), Attr("aria-hidden", "true"), Attr("focusable", "false"),
        El("rect", Attr("x", 3), Attr("y", 12), Attr("width", 4.5), Attr("height", 9), Attr("rx", 1.5)),
        El("rect", Attr("x", 9.75), Attr("y", 7), Attr("width", 4.5), Attr("height", 14), Attr("rx", 1.5)),
        El("rect", Attr("x", 16.5), Attr("y", 3), Attr("width", 4.5), Attr("height", 18), Attr("rx", 1.5)));

    /// <summary>What the states on the page mean.</summary>
    public static Element Legend() => El(
        "details",
        Class("states"),
        El("summary", "What the states mean"),
        El("dl", Class("legend"), Each(StateLook.All, s => Div(El("dt", StateLook.Badge(s)), El("dd", StateLook.Meaning(s))))));
}

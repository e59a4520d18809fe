using Etl.Server.Pages.Look;
using Etl.Server.Pages.Markup;
using Etl.Server.Pages.Views;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages;

/// <summary>Pages that say or ask one thing.</summary>
internal static class NoticePages
{
    /// <summary>Asks before an action.</summary>
    public static string Confirm(WindowPageView view, WindowAction action, Visitor visitor) => Small(
        $"{action.Title} {view.Window.Label} of {view.Job.Name}",
        [(view.Job.Name, Links.Job(view.Job.Name)), (view.Window.Label, Links.Window(view.Job.Name, view.Window.Label)), (action.Title, Links.Action(view.Job.Name, view.Window.Label, action.Name))],
        visitor,
        Layout.Title($"{action.Title} {view.Job.Name} {view.Window.Label}?", StateLook.Badge(view.Window.State)),
        view.Window.Reason is { } reason ? P(Class("lead"), reason) : null,
        P(action.Question(view)),
        El(
            "form",
            Class("actions"), Attr("method", "post"), Attr("action", Links.Action(view.Job.Name, view.Window.Label, action.Name)),
            visitor.Token is { } token ? Layout.Hidden(token) : null,
            El("button", Class("button", "first"), action.Title),
            A(Links.Window(view.Job.Name, view.Window.Label), Class("button"), "Leave it")));

    /// <summary>Something is not there.</summary>
    public static string NotFound(string what, Visitor visitor) => Small(
        "Not found", [("Not found", Links.Overview)], visitor, Layout.Title("Not found"), P(Class("lead"), what), P(A(Links.Overview, Class("button"), "To the overview")));

    /// <summary>Something could not be done; nothing more than the sentence is told.</summary>
    public static string Fault(string title, string what, string back, Visitor? visitor) => Small(
        title, [(title, back)], visitor, Layout.Title(title), P(Class("message", "bad"), Attr("role", "alert"), what), P(A(back, Class("button"), "Back")));

    private static string Small(string title, IReadOnlyList<(string Name, string Href)> path, Visitor? visitor, params ReadOnlySpan<Node?> content) =>
        Layout.Page(title, path, visitor, Div(Class("small"), Group(content)));
}

using Etl.Pipeline.Alerts;
using Etl.Server.Pages.Look;
using Etl.Server.Pages.Markup;
using Etl.Server.Reading;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages;

/// <summary>Alerts on a page.</summary>
internal static class AlertParts
{
    /// <summary>All alerts of a job; null when it has none.</summary>
    public static Element? Section(IReadOnlyList<AlertStanding> alerts, Clock clock) => alerts.Count == 0 ? null : El(
        "section",
        Live("alerts"), Attr("aria-labelledby", "alerts"),
        El("h2", Id("alerts"), "Alerts"),
        Table.Of(
            "Alerts of this job",
            ["Alert", "State", "Fires when", "Measured", "Account", "Since", "Last message", "Note"],
            alerts.Select(a => (IReadOnlyList<Node>)
            [
                a.Rule.Name, Badge(a), El("code", a.Rule.When), Measured(a), a.View?.State.Key.Account ?? "", a.View is { } view ? clock.Time(view.State.Since) : "", Delivery(a, clock), a.Fault ?? "",
            ])));

    /// <summary>A state as a word and a colour.</summary>
    public static Element Badge(AlertStanding alert) => Span(
        Class("badge", alert.IsFiring ? "s-failed" : alert.View is null ? "s-planned" : alert.Fault is null ? "s-landed" : "s-unknown"),
        alert is { IsFiring: false, Fault: not null } ? "cannot tell" : alert.Word == "new" ? "not measured yet" : alert.Word);

    /// <summary>What was measured, and of which window.</summary>
    public static string Measured(AlertStanding alert) => alert.View is not { } view ? ""
        : AlertText.Value(alert.Rule.Measure, view.State.Value) + (view.State.Window is { } window ? $" in {window}" : "");

    private static Node Delivery(AlertStanding alert, Clock clock) => alert.View?.LastDelivery is { } last
        ? Group($"{last.Kind.ToString().ToLowerInvariant()}, {last.State.ToString().ToLowerInvariant()} by {last.Channel} at ", clock.Time(last.At))
        : "";
}

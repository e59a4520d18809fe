using Etl.Core.Ledger;
using Etl.Server.Pages.Look;
using Etl.Server.Pages.Markup;
using Etl.Server.Pages.Views;
using Etl.Server.Reading;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages;

/// <summary>The first page: how all jobs are, at a glance.</summary>
internal static class OverviewPage
{
    public static string Render(OverviewView view, Visitor visitor) => Layout.Page(
        "Overview",
        [],
        visitor,
        Layout.Title("Overview", P(Class("aside"), Live("now"), "As of ", Clock.In("UTC", view.Now).Time(view.Now), " UTC")),
        view.JobFault is { } fault ? Div(Class("message", "bad"), Live("fault"), Attr("role", "alert"), El("strong", "The job files have faults; the jobs go on as they were."), El("pre", fault)) : null,
        Tiles(view),
        Attention(view),
        Jobs(view),
        Batches(view),
        Servers(view),
        Layout.Legend());

    private static Element Tiles(OverviewView view)
    {
        var working = view.Jobs.Sum(j => j.Counts.Where(c => StateLook.IsWorking(c.Key)).Sum(c => c.Value));
        var scheduled = view.Jobs.Where(j => j.Job.Schedule is not null && !j.Job.IsLive).ToList();
        var late = scheduled.Count(j => j.Freshness.State == FreshnessState.Late);
        var next = view.Jobs.Where(j => j.Next is not null).MinBy(j => j.Next);
        return El(
            "ul",
            Class("tiles"), Live("tiles"), Attr("aria-label", "Summary"),
            scheduled.Count == 0 ? null : Tile("Jobs on time", $"{scheduled.Count(j => j.Freshness.State == FreshnessState.OnTime)} of {scheduled.Count}", late > 0 ? "bad" : ""),
            Tile("Working", Show.Number(working, "window"), working > 0 ? "busy" : ""),
            Tile("Held", Show.Number(Total(WindowState.Held), "window"), Total(WindowState.Held) > 0 ? "warn" : ""),
            Tile("Failed", Show.Number(Total(WindowState.Failed) + Total(WindowState.Unknown), "window"), Total(WindowState.Failed) + Total(WindowState.Unknown) > 0 ? "bad" : ""),
            Tile("Parked", Show.Number(Total(WindowState.Parked), "window"), Total(WindowState.Parked) > 0 ? "warn" : ""),
            next is null ? null : Tile("Next alarm", Clock.In(next.Job.Schedule?.TimeZone ?? "UTC", view.Now).Distance(next.Next!.Value), "", next.Name));

        int Total(WindowState state) => view.Jobs.Sum(j => j.Count(state));
    }

    private static Element Tile(string name, Node value, string look, string more = "") =>
        El("li", Class("tile", look), Span(Class("name"), name), Span(Class("value"), value), more.Length == 0 ? null : Span(Class("more"), more));

    private static Element? Attention(OverviewView view) => Div(Live("attention"), view.Attention.Count == 0 && !Firing(view).Any() ? null : El(
        "section",
        Attr("aria-labelledby", "attention"),
        El("h2", Id("attention"), "Needs a look"),
        El("ul", Class("attention"), Each(Firing(view), f => El(
            "li",
            Class("s-failed"),
            AlertParts.Badge(f.Alert),
            A(Links.Job(f.Job.Name), El("strong", f.Job.Name), " ", f.Alert.Rule.Name),
            Span(Class("why"), El("code", f.Alert.Rule.When), $": {AlertParts.Measured(f.Alert)}"))), Each(view.Attention, a => El(
            "li",
            Class(StateLook.ClassOf(a.Window.State)),
            StateLook.Badge(a.Window.State),
            A(Links.Window(a.Job.Name, a.Window.Label), El("strong", a.Job.Name), " ", a.Window.Label),
            Span(Class("why"), a.Window.Reason ?? StateLook.Meaning(a.Window.State))))),
        view.MoreAttention > 0 ? P(Class("aside"), $"{Show.Count(view.MoreAttention)} more: see the jobs below.") : null));

    private static IEnumerable<(JobView Job, AlertStanding Alert)> Firing(OverviewView view) => view.Jobs.SelectMany(j => j.Alerts.Where(a => a.IsFiring).Select(a => (j, a)));

    private static Element Jobs(OverviewView view) => El(
        "section",
        Attr("aria-labelledby", "jobs"),
        El("h2", Id("jobs"), "Jobs"),
        view.Jobs.Count == 0
            ? P(Class("empty"), "There is no job yet. Put a job file into the jobs folder; 'etl validate' tells whether it is sound. It shows here within seconds.")
            : Div(Class("jobs"), Live("jobs"), Each(view.Jobs, j => Card(j, view.Now))));

    private static Element Card(JobView job, DateTimeOffset now)
    {
        var clock = Clock.In(job.Job.Window.TimeZone, now);
        return El(
            "article",
            Class("card"), Live($"job-{job.Name}"), Attr("aria-labelledby", $"name-{job.Name}"),
            Div(
                Class("card-head"),
                Div(El("h3", Id($"name-{job.Name}"), A(Links.Job(job.Name), job.Name)), job.Job.About.Length == 0 ? null : P(Class("aside"), job.Job.About)),
                FreshnessText.Badge(job.Job, job.Freshness, now)),
            Charts.Strip(job.Job, job.Newest),
            Div(
                Class("card-charts"),
                Charts.Bars("Rows", job.Newest, w => w.Rows, v => Show.Number((long)v, "row")),
                Charts.Bars("Duration", job.Newest, w => w.Duration?.TotalSeconds, v => Show.Duration(TimeSpan.FromSeconds(v))),
                Facts(job, clock)),
            Charts.Counts(job.Name, job.Counts));
    }

    private static Element Facts(JobView job, Clock clock) => El(
        "dl",
        Class("facts"),
        Fact("Newest landed", job.Newest.LastOrDefault(w => w.IsLanded) is { } landed
            ? Group(A(Links.Window(job.Name, landed.Label), landed.Label), landed.LandedAt is { } at ? Group(", ", clock.Distance(at)) : null)
            : "nothing yet"),
        Fact("Restated", job.Newest.Count(w => w.Restated > 0) is > 0 and var n
            ? $"{Show.Number(n, "window")}, {Show.Number(job.Newest.Sum(w => w.Restated), "row")}"
            : "none of these"),
        Fact("Next alarm", job.Next is { } next ? clock.Distance(next) : job.Job.IsLive ? "live: polled all the time" : "no schedule"));

    /// <summary>A name and what it is.</summary>
    public static Node Fact(string name, Node value) => Div(El("dt", name), El("dd", value));

    private static Element? Batches(OverviewView view) => Div(Live("batches"), view.Batches.Count == 0 ? null : El(
        "section",
        Attr("aria-labelledby", "batches"),
        El("h2", Id("batches"), "Backlog"),
        Table.Of(
            "Windows that were asked for out of turn and are not done",
            ["Job", "#Windows left", "From", "To", "Asked by", "Since"],
            view.Batches.Select(b => (IReadOnlyList<Node>)[A(Links.Job(b.Job), b.Job), Show.Count(b.Left), b.First, b.Last, b.By, Clock.In("UTC", view.Now).Distance(b.Since)]))));

    private static Element Servers(OverviewView view) => El(
        "section",
        Attr("aria-labelledby", "servers"), Live("servers"),
        El("h2", Id("servers"), "Servers"),
        view.Servers.Count == 0
            ? P(Class("aside"), $"This one, with its alarms kept by {view.Engine}.")
            : Table.Of(
                "Servers that share the work of this ledger",
                ["Server", "Engine", "#Workers", "Up since"],
                view.Servers.Select(s => (IReadOnlyList<Node>)[s.Name, s.Engine, Show.Count(s.Workers), Clock.In("UTC", view.Now).Distance(s.StartedAt)])));
}

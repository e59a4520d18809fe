using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Server.Pages.Look;
using Etl.Server.Pages.Markup;
using Etl.Server.Pages.Views;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages;

/// <summary>The page of one job: its windows, its charts and what its file says.</summary>
internal static class JobPage
{
    public static string Render(JobPageView view, Visitor visitor)
    {
        var job = view.Job;
        var clock = Clock.In(job.Job.Window.TimeZone, view.Now);
        return Layout.Page(
            job.Name,
            [(job.Name, Links.Job(job.Name))],
            visitor,
            Div(Live("title"), Layout.Title(job.Name, FreshnessText.Badge(job.Job, job.Freshness, view.Now))),
            job.Job.About.Length == 0 ? null : P(Class("lead"), job.Job.About),
            P(Class("aside"), Live("freshness"), FreshnessText.Sentence(job.Job, job.Freshness, view.Now), job.Next is { } next ? Group(" Next alarm ", clock.Distance(next), ", ", clock.Time(next), ".") : null, $" Times are in {clock.Zone}."),
            El(
                "section",
                Class("card"), Live("charts"), Attr("aria-labelledby", "newest"),
                El("h2", Id("newest"), "Newest windows"),
                Charts.Strip(job.Job, job.Newest),
                Div(
                    Class("card-charts"),
                    Charts.Bars("Rows", job.Newest, w => w.Rows, v => Show.Number((long)v, "row")),
                    Charts.Bars("Duration", job.Newest, w => w.Duration?.TotalSeconds, v => Show.Duration(TimeSpan.FromSeconds(v))),
                    Charts.Bars("Restated", job.Newest, w => w.Records.Count == 0 ? null : w.Restated, v => Show.Number((long)v, "row")))),
            AlertParts.Section(job.Alerts, clock),
            Windows(view, clock),
            Definition(job.Job),
            Layout.Legend());
    }

    private static Element Windows(JobPageView view, Clock clock) => El(
        "section",
        Live("windows"), Attr("aria-labelledby", "windows"),
        El("h2", Id("windows"), "Windows"),
        El("nav", Class("filters"), Attr("aria-label", "Windows by state"), El("ul", El("li", Filter(view, null)), Each(
            StateLook.All.Where(s => view.Job.Count(s) > 0 || s == view.State), s => El("li", Filter(view, s))))),
        view.Windows.Count == 0
            ? P(Class("empty"), view.State is { } state
                ? $"No window is {StateLook.Word(state)}."
                : $"Nothing landed yet. {(view.Job.Next is null ? $"Run it with 'etl run {view.Job.Name}'." : "The next alarm pulls what is due.")}")
            : Group(
                Table.Of(
                    $"Windows of {view.Job.Name}, newest first",
                    ["Window", "State", "#Rows", "Landed", "#Duration", "Note"],
                    view.Windows.Select(w => (IReadOnlyList<Node>)
                    [
                        A(Links.Window(view.Job.Name, w.Label), w.Label), StateLook.Badge(w.State), w.Rows is { } rows ? Show.Count(rows) : "",
                        w.LandedAt is { } at ? clock.Time(at) : "", w.Duration is { } took ? Show.Duration(took) : "",
                        Group(w.Reason ?? "", w.Restated > 0 ? $"{Show.Number(w.Restated, "row")} restated" : ""),
                    ])),
                Pager(view)));

    private static Element Filter(JobPageView view, WindowState? state)
    {
        var count = state is { } s ? view.Job.Count(s) : view.Job.Counts.Values.Sum();
        return A(
            state is { } only ? Links.Job(view.Job.Name, only) : Links.Job(view.Job.Name),
            view.State == state ? Attr("aria-current", "true") : null,
            state is { } shown ? Group(StateLook.Mark(shown), StateLook.Word(shown)) : "all", " ", Span(Class("number"), Show.Count(count)));
    }

    private static Element? Pager(JobPageView view) => view.Pages == 1 ? null : El(
        "nav",
        Class("pager"), Attr("aria-label", "More windows"),
        view.Page > 1 ? A(Links.JobPage(view.Job.Name, view.State, view.Page - 1), Attr("rel", "prev"), "Newer") : Span(Class("off"), "Newer"),
        Span($"{Show.Count(view.Page)} of {Show.Count(view.Pages)}"),
        view.Page < view.Pages ? A(Links.JobPage(view.Job.Name, view.State, view.Page + 1), Attr("rel", "next"), "Older") : Span(Class("off"), "Older"));

    private static Element Definition(JobDefinition job) => El(
        "section",
        Attr("aria-labelledby", "definition"),
        El("h2", Id("definition"), "Job file"),
        El(
            "dl",
            Class("facts", "wide"),
            OverviewPage.Fact("File", El("code", Path.GetFileName(job.File))),
            OverviewPage.Fact("Schedule", job.Schedule is { } schedule ? Group(El("code", schedule.Cron), $" in {schedule.TimeZone}") : job.IsLive ? "live: polled all the time" : "none: run by hand"),
            OverviewPage.Fact("Windows", $"every {job.Window.Every.ToString().ToLowerInvariant()} in {job.Window.TimeZone}; {(job.IsLive ? "a minute waits" : "one closes")} {Show.Duration(job.Window.Settle)} {(job.IsLive ? "for late points" : "after its end")}"),
            job.IsLive ? null : OverviewPage.Fact("Lookback", $"{Show.Number(job.Window.Lookback, "window")}{(job.Freeze is { } freeze ? $"; frozen after {Show.Number(freeze, "equal pull")}" : "")}"),
            Each(job.Sources, s => OverviewPage.Fact(job.Sources.Count == 1 ? "Source" : $"Source {s.Name}", Source(s))),
            OverviewPage.Fact("Lands in", El("ul", Each(job.Land, l => El("li", Landing(l, job.Sources.Count > 1))))),
            OverviewPage.Fact("Checks", Checks(job)),
            OverviewPage.Fact("New columns", job.Schema.ToString().ToLowerInvariant())));

    private static Fragment Source(SourceSpec source) => Group(
        source.Report is { } report ? $"report {report}, " : source.Custom is { } custom ? $"custom report {custom}, " : source.Background is { } background ? $"background report {background}, " : "",
        El("code", source.Action),
        source.Filter.Count == 0 ? null : Group("; ", Joined(source.Filter.Select(f => (Node)El("code", $"{f.Key}: {string.Join(", ", f.Value.Values)}")), ", ")),
        source.Accounts.Count == 0 ? null : $"; accounts {string.Join(", ", source.Accounts)}");

    private static Fragment Landing(LandSpec land, bool several) => Group(
        several ? $"{land.From}: " : null,
        land switch
        {
            ParquetLandSpec parquet => Group("dataset ", El("code", parquet.Dataset), parquet.Store is { } store ? $" in store {store}" : null),
            TableLandSpec table => Group("table ", El("code", table.Table), $" of {table.Connection}, {Mode(table.Mode)}"),
            ExportRowsLandSpec rows => Group("export ", El("code", rows.Export)),
            _ => land.GetType().Name,
        });

    private static string Mode(LandMode mode) => mode == LandMode.ReplaceWindow ? "replace-window" : mode.ToString().ToLowerInvariant();

    private static string Checks(JobDefinition job) => string.Join(", ",
    [
        $"totals {job.Checks.Totals.ToString().ToLowerInvariant()} (tolerance {job.Checks.Tolerance.ToString("0.###%", System.Globalization.CultureInfo.InvariantCulture)})",
        $"keys {job.Checks.Keys.ToString().ToLowerInvariant()}",
        $"shrink {(job.Checks.ShrinkShare is { } share ? share.ToString("0.###%", System.Globalization.CultureInfo.InvariantCulture) : "off")}",
        $"empty {(job.Checks.Empty == CheckPolicy.Hold ? "hold" : "accept")}",
        .. job.Checks.SecondPath is { } path ? [$"second path {path.ToString().ToLowerInvariant()}"] : Array.Empty<string>(),
        .. job.PulledTwice.Count > 0 ? [$"second path same ({string.Join(", ", job.PulledTwice)})"] : Array.Empty<string>(),
    ]);
}

using Etl.Core.Checks;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Pipeline.Schemas;
using Etl.Server.Pages.Look;
using Etl.Server.Pages.Markup;
using Etl.Server.Pages.Views;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages;

/// <summary>The page of one window: its state and why, and all that the ledger recorded of it.</summary>
internal static class WindowPage
{
    // Older ones are in 'etl history'; a window that failed for weeks has hundreds.
    private const int MostPulls = 10, MostSteps = 60;

    public static string Render(WindowPageView view, Visitor visitor, string? message)
    {
        var (job, window) = (view.Job, view.Window);
        var clock = Clock.In(job.Job.Window.TimeZone, view.Now);
        return Layout.Page(
            $"{window.Label} of {job.Name}",
            [(job.Name, Links.Job(job.Name)), (window.Label, Links.Window(job.Name, window.Label))],
            visitor,
            Layout.Message(message),
            Div(Live("title"), Layout.Title(Group(job.Name, " ", Span(Class("whole"), window.Label)), StateLook.Badge(window.State))),
            P(Class("lead"), Live("meaning"), StateLook.Meaning(window.State), view.IsAsked ? " It was asked for and is not done." : null),
            P(Class("aside"), clock.Time(window.Window.From), " to ", clock.Time(window.Window.To), $" in {clock.Zone}, {Show.Duration(window.Window.Length)}."),
            Actions(view, visitor),
            Div(Live("records"), Each(view.Records, r => Record(view, r, clock))),
            El(
                "nav",
                Class("pager"), Attr("aria-label", "Other windows"),
                view.Before is { } before ? A(Links.Window(job.Name, before), Attr("rel", "prev"), before) : Span(Class("off"), "no earlier one"),
                view.After is { } after ? A(Links.Window(job.Name, after), Attr("rel", "next"), after) : Span(Class("off"), "no later one")),
            Layout.Legend());
    }

    private static Element Actions(WindowPageView view, Visitor visitor)
    {
        var can = WindowAction.All.Where(a => a.IsFor(view)).ToList();
        return Div(
            Class("actions"), Live("actions"),
            !visitor.IsOperator
                ? can.Count == 0 ? null : P(Class("aside"), "Release, re-run and cancel are for operators.")
                : Each(can, a => A(Links.Action(view.Job.Name, view.Window.Label, a.Name), Class("button", a.IsFirst(view) ? "first" : ""), a.Title)));
    }

    private static Element Record(WindowPageView view, RecordView record, Clock clock)
    {
        var window = record.Record;
        var name = Name(view, window.Key);
        // With one record the page's own heading names it.
        var several = view.Records.Count > 1;
        return El(
            "section",
            Class("record"), several ? Attr("aria-label", name) : null,
            several ? Div(Class("title"), El("h2", name), StateLook.Badge(WindowView.StateOf(window))) : null,
            window.Reason is { } reason ? Div(Class("reason", StateLook.ClassOf(window.State)), StateLook.Mark(window.State), P(El("strong", $"{Show.Capital(StateLook.Word(window.State))}: "), reason)) : null,
            El(
                "dl",
                Class("facts", "wide"),
                OverviewPage.Fact("Published", window.LandedPull is null ? "nothing yet" : Group(Show.Number(window.LandedRows ?? 0, "row"), window.LandedAt is { } at ? Group(", ", clock.Time(at)) : null)),
                OverviewPage.Fact("Pulls settled", $"{Show.Count(window.Settled)} of {Show.Count(view.Job.Job.Window.Lookback)}{(window.EqualPulls > 1 ? $", the latest {Show.Count(window.EqualPulls)} equal" : "")}"),
                window.Failures == 0 ? null : OverviewPage.Fact("Failed attempts", Show.Count(window.Failures)),
                window.IsLeased && window.Owner is { } owner ? OverviewPage.Fact("Worker", Group(El("code", owner), window.LeaseUntil is { } until ? Group(", lease until ", clock.Second(until)) : null)) : null,
                OverviewPage.Fact("Fence", Show.Count(window.Fence))),
            Heading(several, "Pulls"),
            record.Pulls.Count == 0 ? P(Class("empty"), "No pull was finished yet.") : (Node)Each(record.Pulls.Take(MostPulls).Index(), p => Pull(record, p.Item, record.Pulls.ElementAtOrDefault(p.Index + 1), clock, p.Index == 0, several)),
            record.Pulls.Count > MostPulls ? P(Class("aside"), $"{Show.Number(record.Pulls.Count - MostPulls, "older pull")}: 'etl history {window.Key.Job} --window {window.Key.Label}' shows them.") : null,
            Heading(several, "Landings"),
            record.Landings.Count == 0 ? P(Class("empty"), "Nothing landed yet.") : Landings(record, clock, name),
            Heading(several, "Log"),
            record.Steps.Count == 0 ? P(Class("empty"), "No run worked on it yet.") : (Node)Steps(record, clock, name));
    }

    private static Element Heading(bool below, string text) => El(below ? "h3" : "h2", text);

    private static string Name(WindowPageView view, Core.Windows.WindowKey key) =>
        key.Source == Core.Jobs.SourceSpec.MainName && view.Records.All(r => r.Record.Key.Source == key.Source) ? $"Account {key.Account}"
        : view.Records.Select(r => r.Record.Key.Account).Distinct().Count() == 1 ? $"Source {key.Source}"
        : $"Source {key.Source}, account {key.Account}";

    private static Element Pull(RecordView record, PullRecord pull, PullRecord? earlier, Clock clock, bool isNewest, bool several)
    {
        var fate = record.Fate(pull);
        var columns = RecordedSchema.Read(pull.SchemaJson).Where(c => !c.Absent).ToList();
        return El(
            "details",
            Class("pull", "card"), isNewest ? Attr("open") : null, Attr("data-keep", pull.Pull),
            El("summary",
                Span(Class("when"), clock.Time(pull.StartedAt)), Span(Show.Number(pull.Rows, "row")), Span(Show.Duration(pull.EndedAt - pull.StartedAt)),
                Span(Class("fate", "fate-" + fate.Split(' ')[0]), fate), Verdicts(pull)),
            El(several ? "h4" : "h3", Class("minor"), "Proof"),
            El("ul", Class("proof"), Each(ProofText.Of(pull.ProofJson), s => El("li", s))),
            pull.Checks.Count == 0 ? null : Table.Of(
                $"Checks of pull {pull.Pull}",
                ["Check", "Verdict", "What it found"],
                pull.Checks.Select(c => (IReadOnlyList<Node>)[c.Name, Span(Class("verdict", "v-" + Word(c.Verdict)), Word(c.Verdict)), c.Detail])),
            El(several ? "h4" : "h3", Class("minor"), "Columns"),
            Schema(columns, earlier, pull.Pull),
            El(
                "p",
                Class("aside"), "Pull ", El("code", pull.Pull), ", fence ", Show.Count(pull.Fence), ", content ", Brief(pull.ContentHash),
                pull.Quarantined > 0 ? $", {Show.Number(pull.Quarantined, "row")} in quarantine" : null));
    }

    private static Element Verdicts(PullRecord pull)
    {
        var bad = pull.Checks.Where(c => c.Verdict is Verdict.Hold or Verdict.Warn).ToList();
        return bad.Count == 0
            ? Span(Class("verdict", "v-pass"), $"{Show.Number(pull.Checks.Count(c => c.Verdict == Verdict.Pass), "check")} passed")
            : Span(Class("verdict", bad.Any(c => c.Verdict == Verdict.Hold) ? "v-hold" : "v-warn"), string.Join(", ", bad.Select(c => $"{c.Name}: {Word(c.Verdict)}")));
    }

    private static Fragment Schema(List<SchemaColumn> columns, PullRecord? earlier, string pull)
    {
        var change = earlier is null ? null : SchemaChange.Between(RecordedSchema.Read(earlier.SchemaJson), columns);
        return Group(
            change is { IsNone: false } ? P(El("strong", "Changed since the pull before: "), change.ToString()) : null,
            El(
                "details",
                Attr("data-keep", pull + "-columns"),
                El("summary", Show.Number(columns.Count, "column"), change is { IsNone: true } ? ", as in the pull before" : null),
                El("ul", Class("columns"), Each(columns, c => El("li", El("code", c.Name), " ", c.Place.ToLowerInvariant(), c.Key ? ", key" : null, c.Known ? null : ", not in the catalogue")))));
    }

    private static Element Landings(RecordView record, Clock clock, string name) => Table.Of(
        $"Landings of {name}, newest first",
        ["At", "Target", "Place", "#Rows", "#Size", "Outcome", "#Added", "#Removed", "#Changed"],
        record.Landings.Select(l => (IReadOnlyList<Node>)
        [
            clock.Second(l.At), l.Target, El("code", Class("place"), l.Location), Show.Count(l.Rows), l.Bytes is { } bytes ? Show.Bytes(bytes) : "", Outcome(l.Outcome),
            l.Restated is { } a ? Show.Count(a.Added) : "", l.Restated is { } r ? Show.Count(r.Removed) : "", l.Restated is { } c ? Show.Count(c.Changed) : "",
        ]));

    private static string Outcome(LandingOutcome outcome) => outcome == LandingOutcome.AlreadyLanded ? "was there already" : outcome.ToString().ToLowerInvariant();

    private static Fragment Steps(RecordView record, Clock clock, string name) => Group(
        Table.Of(
            $"Log of {name}, newest first",
            ["At", "State", "#Fence", "Pull", "What happened"],
            record.Steps.Take(MostSteps).Select(s => (IReadOnlyList<Node>)
                [clock.Second(s.At), StateLook.Badge(s.State), Show.Count(s.Fence), s.Pull is { } pull ? El("code", Class("whole"), pull) : "", Brief(s.Detail)])),
        record.Steps.Count > MostSteps ? P(Class("aside"), $"{Show.Number(record.Steps.Count - MostSteps, "older step")} are in the ledger.") : null);

    /// <summary>A hash by its first digits, which tell it apart; anything else as it is.</summary>
    private static Node Brief(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower) ? El("code", Attr("title", text), text[..12]) : text;

    private static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();
}

using System.Globalization;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Server.Pages.Markup;
using Etl.Server.Pages.Views;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages.Look;

/// <summary>Small charts without script: lists of links and inline SVG, told in words as well.</summary>
internal static class Charts
{
    private const int Width = 240, Height = 48, Pad = 3;

    /// <summary>The newest windows of a job from left to right, each with its state.</summary>
    public static Node Strip(JobDefinition job, IReadOnlyList<WindowView> windows) => windows.Count == 0
        ? P(Class("empty"), job.IsLive ? "Nothing was polled yet." : job.Schedule is null ? $"It has not run yet: 'etl run {job.Name}' pulls its newest windows." : "No window has closed yet.")
        : El("ol", Class("strip"), Attr("aria-label", $"Newest windows of {job.Name}, oldest first"), Each(windows, w => El("li", Cell(job.Name, w))));

    private static Element Cell(string job, WindowView window)
    {
        var said = $"{window.Label}: {window.Said}";
        var look = Class("cell", StateLook.ClassOf(window.State));
        return A(Links.Window(job, window.Label), look, Attr("title", said), StateLook.Mark(window.State), Unseen(said));
    }

    /// <summary>One bar for each window, from nothing to the largest; a window without the figure leaves its place empty.</summary>
    /// <param name="name">What is shown, for people.</param>
    /// <param name="windows">In order of time.</param>
    /// <param name="figure">The figure of a window, or null.</param>
    /// <param name="show">How the figure is told.</param>
    public static Node Bars(string name, IReadOnlyList<WindowView> windows, Func<WindowView, double?> figure, Func<double, string> show)
    {
        var known = windows.Where(w => figure(w) is not null).ToList();
        if (known.Count == 0)
            return El("figure", Class("chart"), El("figcaption", name, Span(Class("figure"), "–")), P(Class("empty"), "Nothing landed yet."));
        var most = Math.Max(known.Max(w => figure(w)!.Value), double.Epsilon);
        var newest = known[^1];
        // Bars stand below the marks of their windows, which are as wide for three windows as for thirty.
        var step = (double)Width / Math.Max(windows.Count, PageReader.NewestWindows);
        var said = $"{name} of {Show.Number(known.Count, "window")}: newest {show(figure(newest)!.Value)} ({newest.Label}), most {show(known.Max(w => figure(w)!.Value))}, least {show(known.Min(w => figure(w)!.Value))}.";
        return El(
            "figure",
            Class("chart"),
            El("figcaption", name, Span(Class("figure"), Attr("title", $"Window {newest.Label}"), show(figure(newest)!.Value))),
            El(
                "svg",
                Class("bars"), Attr("viewBox", $"0 0 {Width} {Height}"), Attr("preserveAspectRatio", "none"), Attr("role", "img"), Attr("aria-label", said),
                El("line", Class("axis"), Attr("x1", 0), Attr("x2", Width), Attr("y1", Height - 0.5), Attr("y2", Height - 0.5)),
                Each(windows.Index(), w => figure(w.Item) is { } value ? Bar(w.Index * step, step, value / most, $"{w.Item.Label}: {show(value)}", w.Item.Label == newest.Label) : null)));
    }

    private static Element Bar(double x, double step, double share, string said, bool newest)
    {
        // Nothing is shown as a line on the axis, so that it is not taken for a gap.
        var height = Math.Max(1.5, share * (Height - Pad));
        return El(
            "rect",
            Class("bar", newest ? "newest" : ""), Attr("x", x + step * 0.1), Attr("y", Height - height), Attr("width", step * 0.8), Attr("height", height),
            El("title", said));
    }

    /// <summary>How many windows are in each state, as words with their shapes; states without a window are left out.</summary>
    public static Node Counts(string job, IReadOnlyDictionary<WindowState, int> counts) => counts.Values.All(c => c == 0)
        ? Group()
        : El("ul", Class("counts"), Attr("aria-label", "Windows by state"), Each(StateLook.All.Where(s => counts.GetValueOrDefault(s) > 0), s => El(
            "li",
            A(Links.Job(job, s), Class("badge", StateLook.ClassOf(s)), Attr("title", StateLook.Meaning(s)), StateLook.Mark(s), $"{counts[s].ToString("N0", CultureInfo.InvariantCulture)} {StateLook.Word(s)}"))));
}

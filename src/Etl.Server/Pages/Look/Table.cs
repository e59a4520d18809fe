using Etl.Server.Pages.Markup;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages.Look;

/// <summary>Tables that also tell those who do not see them what belongs together.</summary>
internal static class Table
{
    /// <summary>A table that scrolls by itself where it is too wide for the screen.</summary>
    /// <param name="caption">What it is.</param>
    /// <param name="columns">Names of its columns; one that begins with <c>#</c> holds numbers.</param>
    /// <param name="rows">Its rows; the first cell of each names it.</param>
    public static Element Of(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<Node>> rows) => Div(
        Class("scroll"), Attr("tabindex", "0"), Attr("role", "region"), Attr("aria-label", caption),
        El(
            "table",
            El("caption", Class("unseen"), caption),
            El("thead", El("tr", Each(columns, c => El("th", Attr("scope", "col"), Class(IsNumber(c) ? "number" : ""), c.TrimStart('#'))))),
            El("tbody", Each(rows, r => El("tr", Each(r.Index(), cell => cell.Index == 0
                ? El("th", Attr("scope", "row"), cell.Item)
                : El("td", Class(IsNumber(columns[cell.Index]) ? "number" : ""), cell.Item)))))));

    private static bool IsNumber(string column) => column.StartsWith('#');
}

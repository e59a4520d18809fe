using System.Globalization;

namespace Etl.Server.Pages.Markup;

/// <summary>Short words for the pieces of a page. Names of elements and attributes are constants of the code; data goes into texts and values only.</summary>
internal static class Html
{
    public static Element El(string name, params ReadOnlySpan<Node?> parts) => new(name, parts);

    public static AttributeNode Attr(string name, string? value = null) => new(name, value);

    public static AttributeNode Attr(string name, double value) => new(name, value.ToString("0.##", CultureInfo.InvariantCulture));

    /// <summary>Class names; empty ones are left out.</summary>
    public static AttributeNode? Class(params IEnumerable<string> names) =>
        string.Join(' ', names.Where(n => n.Length > 0)) is { Length: > 0 } all ? new("class", all) : null;

    public static AttributeNode Id(string id) => new("id", id);

    /// <summary>Marks a part that the script replaces when it changed; the name is unique on its page and stays the same.</summary>
    public static AttributeNode Live(string name) => new("data-live", name);

    public static Element Div(params ReadOnlySpan<Node?> parts) => new("div", parts);

    public static Element Span(params ReadOnlySpan<Node?> parts) => new("span", parts);

    public static Element P(params ReadOnlySpan<Node?> parts) => new("p", parts);

    public static Element A(string href, params ReadOnlySpan<Node?> parts) => new("a", [new AttributeNode("href", href), .. parts]);

    /// <summary>Text that is read out and not shown.</summary>
    public static Element Unseen(string text) => new("span", Class("unseen"), text);

    public static Fragment Each<T>(IEnumerable<T> items, Func<T, Node?> node) => new([.. items.Select(node)]);

    public static Fragment Group(params ReadOnlySpan<Node?> parts) => new(parts.ToArray());

    /// <summary>Pieces with a text between them.</summary>
    public static Fragment Joined(IEnumerable<Node> parts, string between)
    {
        var all = new List<Node?>();
        foreach (var part in parts)
        {
            if (all.Count > 0) all.Add(between);
            all.Add(part);
        }
        return new Fragment(all);
    }
}

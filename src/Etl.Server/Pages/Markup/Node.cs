using System.Text;

namespace Etl.Server.Pages.Markup;

/// <summary>A piece of a page. What it holds is data until it is written, and writing escapes: there is no way to put text in as markup.</summary>
internal abstract class Node
{
    /// <summary>Writes it as HTML.</summary>
    public abstract void Write(StringBuilder html);

    public static implicit operator Node(string text) => new TextNode(text);

    private sealed class TextNode(string text) : Node
    {
        public override void Write(StringBuilder html) => Escape.Append(html, text);
    }
}

/// <summary>An attribute; stands among the parts of its element.</summary>
internal sealed class AttributeNode(string name, string? value) : Node
{
    public override void Write(StringBuilder html)
    {
        html.Append(' ').Append(name);
        if (value is null) return;
        html.Append("=\"");
        Escape.Append(html, value);
        html.Append('"');
    }
}

/// <summary>Several pieces without an element around them.</summary>
internal sealed class Fragment(IReadOnlyList<Node?> parts) : Node
{
    public override void Write(StringBuilder html)
    {
        foreach (var part in parts) part?.Write(html);
    }
}

/// <summary>An element with its attributes and what it holds.</summary>
internal sealed class Element : Node
{
    // Elements of HTML that hold nothing and have no end.
    private static readonly HashSet<string> s_void = ["br", "hr", "img", "input", "link", "meta"];

    private readonly string _name;
    private readonly List<Node> _attributes = [];
    private readonly List<Node> _content = [];

    public Element(string name, params ReadOnlySpan<Node?> parts)
    {
        _name = name;
        foreach (var part in parts)
        {
            if (part is AttributeNode attribute) _attributes.Add(attribute);
            else if (part is not null) _content.Add(part);
        }
    }

    public override void Write(StringBuilder html)
    {
        html.Append('<').Append(_name);
        foreach (var attribute in _attributes) attribute.Write(html);
        html.Append('>');
        foreach (var part in _content) part.Write(html);
        if (!s_void.Contains(_name)) html.Append("</").Append(_name).Append('>');
    }
}

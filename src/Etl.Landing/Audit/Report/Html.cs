using System.Globalization;
using System.Text;

namespace Etl.Landing.Audit.Report;

/// <summary>Writes the elements of a page. Every text that comes from outside goes through <see cref="Escape"/>.</summary>
internal sealed class Html
{
    private readonly StringBuilder _page = new();

    /// <summary>Markup as it is: never a text from outside.</summary>
    public Html Raw(string markup)
    {
        _page.Append(markup).Append('\n');
        return this;
    }

    public Html Heading(string text) => Raw($"<h2>{Escape(text)}</h2>");

    public Html Paragraph(string text, string kind = "") => Raw($"<p{Class(kind)}>{Escape(text)}</p>");

    public Html List(IEnumerable<string> items)
    {
        Raw("<ul>");
        foreach (var item in items) Raw($"<li>{Escape(item)}</li>");
        return Raw("</ul>");
    }

    /// <summary>Names and values.</summary>
    public Html Facts(IEnumerable<(string Name, string Value)> facts, string kind = "")
    {
        Raw($"<dl{Class(kind)}>");
        foreach (var (name, value) in facts) Raw($"<div><dt>{Escape(name)}</dt><dd>{Escape(value)}</dd></div>");
        return Raw("</dl>");
    }

    /// <summary>A table; columns in <paramref name="numbers"/> are set flush right, those in <paramref name="codes"/> in type that tells letters apart.</summary>
    public Html Table(string about, IReadOnlyList<string> headers, IEnumerable<IReadOnlyList<string>> rows, ICollection<int>? numbers = null, ICollection<int>? codes = null)
    {
        string Kind(int column) => numbers?.Contains(column) == true ? "number" : codes?.Contains(column) == true ? "code" : "";
        Raw($"<table><caption>{Escape(about)}</caption>");
        Raw($"<thead><tr>{string.Concat(headers.Select((h, i) => $"<th scope=\"col\"{Class(Kind(i))}>{Escape(h)}</th>"))}</tr></thead><tbody>");
        foreach (var row in rows) Raw($"<tr>{string.Concat(row.Select((c, i) => $"<td{Class(Kind(i))}>{Escape(c)}</td>"))}</tr>");
        return Raw("</tbody></table>");
    }

    /// <summary>Bars side by side, each as long as its share of the whole.</summary>
    public Html Bars(string about, IEnumerable<(string Name, double Value, string Text)> bars, double whole)
    {
        Raw($"<table class=\"bars\"><caption>{Escape(about)}</caption><tbody>");
        foreach (var (name, value, text) in bars)
        {
            var share = whole > 0 ? Math.Clamp(value / whole, 0, 1) * 100 : 0;
            Raw(string.Create(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Escape(name)}</th><td class=\"bar\"><span style=\"width:{share:0.#}%\"></span></td><td class=\"number\">{Escape(text)}</td></tr>"));
        }
        return Raw("</tbody></table>");
    }

    public override string ToString() => _page.ToString();

    /// <summary>A text that no browser takes for markup. What cannot be seen, or turns the direction of the text around it, is shown by its number.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                _ when IsHidden(c) => escaped.Append(CultureInfo.InvariantCulture, $"[U+{(int)c:X4}]"),
                _ => escaped.Append(c),
            };
        }
        return escaped.ToString();
    }

    private static bool IsHidden(char c) =>
        char.IsControl(c) || c is '\u061C' or '\uFEFF' or '\uFFFE' or '\uFFFF' or (>= '\u200B' and <= '\u200F') or (>= '\u2028' and <= '\u202E') or (>= '\u2060' and <= '\u206F');

    private static string Class(string kind) => kind.Length == 0 ? "" : $" class=\"{kind}\"";
}

using System.Text;

namespace Etl.Server.Pages.Markup;

/// <summary>Turns data into text that HTML shows as it is, inside elements and inside quoted attributes alike.</summary>
internal static class Escape
{
    /// <summary>Appends text. A control character that HTML does not allow becomes the replacement character.</summary>
    public static void Append(StringBuilder html, ReadOnlySpan<char> text)
    {
        foreach (var c in text)
            switch (c)
            {
                case '&': html.Append("&amp;"); break;
                case '<': html.Append("&lt;"); break;
                case '>': html.Append("&gt;"); break;
                case '"': html.Append("&quot;"); break;
                case '\'': html.Append("&#39;"); break;
                case '\t' or '\n' or '\r': html.Append(c); break;
                case < ' ' or '\x7f': html.Append('\uFFFD'); break;
                default: html.Append(c); break;
            }
    }
}

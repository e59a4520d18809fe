using System.Text;
using Etl.Server.Pages.Markup;
using FsCheck;
using FsCheck.Fluent;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Tests.Pages;

public sealed class MarkupTests
{
    [Fact]
    public void Text_and_values_are_escaped_where_they_stand() => Assert.Equal(
        "<a href=\"/x?a=1&amp;b=&quot;&#39;\">&lt;script&gt;alert(1)&lt;/script&gt; &amp; \uFFFD</a>",
        Written(A("/x?a=1&b=\"'", "<script>alert(1)</script> & \0")));

    [Fact]
    public void Elements_that_hold_nothing_have_no_end_and_empty_classes_are_left_out() =>
        Assert.Equal("<p><br><input disabled></p>", Written(P(Class("", ""), El("br"), null, El("input", Attr("disabled")))));

    [Fact]
    public void No_text_can_leave_its_place() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll<NonNull<string>>(text =>
    {
        var inner = Written(El("b", Attr("title", text.Get), text.Get))["<b title=\"".Length..^"</b>".Length];
        var parts = inner.Split("\">");
        Assert.Equal(2, parts.Length);
        Assert.All(parts, p => Assert.Equal(-1, p.AsSpan().IndexOfAny("<>\"'")));
        Assert.Equal(parts[0], parts[1]);
    }));

    internal static string Written(Node node)
    {
        var html = new StringBuilder();
        node.Write(html);
        return html.ToString();
    }
}

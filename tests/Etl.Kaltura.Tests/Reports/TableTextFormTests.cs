using System.Text;
using Etl.Core.Columns;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>Both paths of one text have one form; what both carry stays apart.</summary>
public class TableTextFormTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData(" it's \"so\" ", " it's \"so\" ")]
    [InlineData("a|b;c", "a b c")]
    [InlineData("=SUM(A1)", "=SUM(A1)")]
    [InlineData(" '-dash \"x\" ", "-dash x")]
    [InlineData("\";-1\"", "-1")]
    [InlineData("Zoë, ✓", "Zoë, ✓")]
    [InlineData("'quoted'", "'quoted'")]
    public void Form_is_what_both_paths_carry(string text, string form) => Assert.Equal(form, Form("|", text));

    [Theory]
    [InlineData("|")]
    [InlineData("|~|")]
    [InlineData("a~")]
    public void Both_paths_of_any_text_have_one_form_and_it_is_its_own(string delimiter)
    {
        var random = new Random(17);
        const string Letters = "ab |~;'\"+-=@,\t\né";
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => Letters[random.Next(Letters.Length)]));
            var byTable = Form(delimiter, AsTable(text, delimiter));
            Assert.True(byTable == Form(delimiter, AsFile(text)), $"'{text}' under '{delimiter}'");
            Assert.Equal(byTable, Form(delimiter, byTable));
        }
    }

    // What the service does to a text (wire facts 3.2 and 4.1), and for a file the undoing of its guard.
    private static string AsTable(string text, string delimiter) => text.Replace(delimiter, " ", StringComparison.Ordinal).Replace(';', ' ');

    private static string AsFile(string text)
    {
        var clean = text.Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Trim(' ', '\t', '\n', '\r', '\0', '\v');
        return clean.Length > 0 && "+-=@,".Contains(clean[0], StringComparison.Ordinal) ? clean
            // A text that looks guarded already loses that apostrophe too.
            : text.Length > 1 && text[0] == '\'' && "+-=@,".Contains(text[1], StringComparison.Ordinal) ? text[1..] : text;
    }

    private static string Form(string delimiter, string text)
    {
        var to = new TextBuffer();
        new TableTextForm(delimiter).Append(Encoding.UTF8.GetBytes(text), to);
        return Encoding.UTF8.GetString(to[0]);
    }
}

using System.Text;

namespace Etl.Landing.Exports.Writing;

/// <summary>
/// Makes text harmless for spreadsheets, which run a cell that begins with certain characters whatever quotes are around it. An apostrophe before them
/// keeps the cell text. A spreadsheet that takes another mark than ours for the end of a cell sees cells inside our cells, so what follows such a mark
/// is looked at as well.
/// </summary>
internal static class Formula
{
    private const char Apostrophe = '\'';

    /// <summary>The text as it may be written: the same object when nothing had to be changed.</summary>
    /// <param name="text">The text.</param>
    /// <param name="delimiter">What ends a cell in the file.</param>
    /// <param name="isPhone">True in a column of phone numbers.</param>
    public static string Defuse(string text, char delimiter, bool isPhone)
    {
        if (text.Length == 0 || PhoneNumber.Is(text, isPhone)) return text;
        StringBuilder? changed = null;
        var copied = 0;
        var begins = true;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (begins && (Runs(c) || (i == 0 && c is '\t' or '\r' or '\n')))
            {
                (changed ??= new StringBuilder(text.Length + 4)).Append(text, copied, i - copied).Append(Apostrophe);
                copied = i;
                begins = false;
            }
            if (EndsCell(c, delimiter)) begins = true;
            // Programs that read cells leave out what cannot be seen, and quotes.
            else if (begins && !IsSkipped(c)) begins = false;
        }
        return changed is null ? text : changed.Append(text, copied, text.Length - copied).ToString();
    }

    // ASCII, full-width and small forms: some input methods and programs turn the latter into the former.
    private static bool Runs(char c) => c is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠' or '﹦' or '﹢' or '﹣' or '﹫';

    private static bool EndsCell(char c, char delimiter) => c is ';' or '\t' or '\r' or '\n' || (c == ',' && delimiter != ',');

    private static bool IsSkipped(char c) =>
        c is '"' || char.IsWhiteSpace(c) || char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format;
}

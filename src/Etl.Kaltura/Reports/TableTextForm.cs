using System.Text;
using Etl.Core.Columns;
using Etl.Core.Sources;

namespace Etl.Kaltura.Reports;

/// <summary>
/// What a table and a report file both carry of a text. A table has a space for every delimiter and every <c>;</c> (wire facts 3.2); a file
/// loses all quotes, apostrophes and outer blanks of a text that begins with one of <c>+ - = @ ,</c> after they are gone (wire facts 4.1). So
/// the form of a text has both done to it.
/// </summary>
internal sealed class TableTextForm(string delimiter) : ITextForm
{
    private static readonly char[] s_blanks = [' ', '\t', '\n', '\r', '\0', '\v'];

    /// <summary>
    /// True when texts can be compared under this delimiter. One that holds a character of the guard, a quote or a blank decides in a table
    /// how a text begins, which only the file's writer saw.
    /// </summary>
    public static bool Suits(string delimiter) => !delimiter.Any(c => c is '+' or '-' or '=' or '@' or ',' or '\'' or '"' || char.IsWhiteSpace(c));

    private readonly byte[] _delimiter = Encoding.UTF8.GetBytes(delimiter);

    public string Limit => $"'{delimiter}' and ';' in texts, which a table loses, and quotes and outer blanks of texts that begin with + - = @ or a comma, which a file loses";

    public void Append(ReadOnlySpan<byte> utf8, TextBuffer to)
    {
        if (IsPlain(utf8)) to.Append(utf8);
        else to.Append(Encoding.UTF8.GetBytes(FormOf(Encoding.UTF8.GetString(utf8))));
    }

    // Nearly all cells: nothing in them that either path changes.
    private bool IsPlain(ReadOnlySpan<byte> utf8) =>
        utf8.IsEmpty || (IsPlainStart(utf8[0]) && utf8.IndexOf((byte)';') < 0 && utf8.IndexOf(_delimiter) < 0);

    private static bool IsPlainStart(byte first) => first > (byte)' ' && first is not ((byte)'"' or (byte)'\'' or (byte)'+' or (byte)'-' or (byte)'=' or (byte)'@' or (byte)',');

    private string FormOf(string cell)
    {
        var text = Spaced(cell);
        var bare = Bare(text);
        // Without its quotes a text may hold a delimiter that was none before.
        return bare.Length > 0 && bare[0] is '+' or '-' or '=' or '@' or ',' ? Bare(Spaced(bare)) : text;
    }

    private string Spaced(string cell) => cell.Replace(delimiter, " ", StringComparison.Ordinal).Replace(';', ' ');

    private static string Bare(string cell) =>
        cell.Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Trim(s_blanks);
}

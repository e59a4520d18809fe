using System.Text;

namespace Etl.Sandbox.Exports;

/// <summary>
/// One cell of an export by URL (wire facts 4.1): always in double quotes, inner quotes doubled, and protected against spreadsheets:
/// <code>
/// clean = value without " and ', trimmed
/// cell  = first character of clean is one of + = - @ ,  ?  ' clean  :  value
/// </code>
/// so negative numbers become <c>'-4</c>, and protected texts lose their quotes.
/// </summary>
internal static class CsvCell
{
    private static readonly char[] Blanks = [' ', '\t', '\n', '\r', '\0', '\v'];

    public static string Protect(string value)
    {
        var clean = value.Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Trim(Blanks);
        return clean.Length > 0 && clean[0] is '+' or '=' or '-' or '@' or ',' ? "'" + clean : value;
    }

    /// <summary>Writes one line, ended by a line feed.</summary>
    public static void WriteLine(StringBuilder output, params IEnumerable<string> cells)
    {
        var first = true;
        foreach (var cell in cells)
        {
            if (!first)
                output.Append(',');
            first = false;
            output.Append('"').Append(Protect(cell).Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }
        output.Append('\n');
    }
}

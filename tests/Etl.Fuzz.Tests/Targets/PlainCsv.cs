using System.Text;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>CSV read character by character, for sound files only: what the fast readers must agree with.</summary>
internal static class PlainCsv
{
    public static List<string[]> Records(string text)
    {
        List<string[]> records = [];
        List<string> cells = [];
        var cell = new StringBuilder();
        if (text.StartsWith('\uFEFF')) text = text[1..];
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"' && cell.Length == 0)
            {
                for (i++; i < text.Length && (text[i] != '"' || (i + 1 < text.Length && text[i + 1] == '"')); i++)
                {
                    if (text[i] == '"') i++;
                    cell.Append(text[i]);
                }
                continue;
            }
            if (text[i] is not (',' or '\n' or '\r'))
            {
                cell.Append(text[i]);
                continue;
            }
            cells.Add(cell.ToString());
            cell.Clear();
            if (text[i] == ',') continue;
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') i++;
            records.Add([.. cells]);
            cells.Clear();
        }
        if (cell.Length > 0 || cells.Count > 0) records.Add([.. cells, cell.ToString()]);
        return records;
    }
}

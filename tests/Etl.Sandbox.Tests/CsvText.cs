using System.Text;

namespace Etl.Sandbox.Tests;

/// <summary>A plain reader of quoted text for these tests: every record as its cells, quotes undone.</summary>
internal static class CsvText
{
    public static List<string[]> Records(string text)
    {
        var records = new List<string[]>();
        var cells = new List<string>();
        var cell = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
                cell.Append(text[++i]);
            else if (c == '"' && (quoted || cell.Length == 0))
                quoted = !quoted;
            else if (!quoted && c == ',')
                Close();
            else if (!quoted && c == '\n')
                End();
            else
                cell.Append(c);
        }
        if (cell.Length > 0 || cells.Count > 0)
            End();
        return records;

        void Close()
        {
            cells.Add(cell.ToString());
            cell.Clear();
        }

        void End()
        {
            Close();
            records.Add([.. cells]);
            cells.Clear();
        }
    }
}

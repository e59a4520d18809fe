using System.Text;

namespace Etl.Benchmarks;

/// <summary>The table of <see cref="TableBody"/> as CSV: as a report file has it (title, dates, totals, every cell quoted), or with a header alone and quotes where they are needed.</summary>
internal static class CsvBody
{
    private const string Dashes = "\"# ------------------------------------\"\n";

    /// <summary>What stands before the table of a report file.</summary>
    internal static byte[] Head(string title, long announced) => Encoding.UTF8.GetBytes(
        "\uFEFF\"" + title + "\"\n\"Tuesday, July 1, 2025\",\"Thursday, July 3, 2025\"\n\"\"\n" + Dashes + "\"\"\n"
        + "\"\"\n" + Dashes + $"\"# Table\",\"\",\"Total Count\",\"{announced}\"\n" + Dashes + string.Join(',', TableBody.Header.Select(h => $"\"{h}\"")) + "\n");

    /// <summary>Rows of about so many bytes.</summary>
    internal static byte[] Rows(long bytes, bool quoteAll, out long rows)
    {
        var table = Encoding.UTF8.GetString(TableBody.Make(bytes, escapeAll: false, out rows));
        var start = table.IndexOf("\"data\":\"", StringComparison.Ordinal) + 8;
        var text = new StringBuilder(table.Length + ((int)rows * 40));
        foreach (var line in table[start..table.LastIndexOf(';')].Split(';'))
        {
            var first = true;
            foreach (var cell in line.Replace("\\\"", "\"", StringComparison.Ordinal).Split('|'))
            {
                if (!first) text.Append(',');
                first = false;
                if (quoteAll || cell.AsSpan().IndexOfAny(',', '"') >= 0) text.Append('"').Append(cell.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
                else text.Append(cell);
            }
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}

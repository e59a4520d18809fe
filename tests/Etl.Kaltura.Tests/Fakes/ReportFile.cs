using System.Globalization;
using System.Text;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>A file of getUrlForReportAsCsv, written as wire facts 4.1 have it: sections, quotes, guards.</summary>
internal sealed record ReportFile(string Title, string[] Labels, IEnumerable<string[]> Rows)
{
    private const string Dashes = "\"# ------------------------------------\"\n";

    public string[] TotalLabels { get; init; } = [];
    public string[] Totals { get; init; } = [];

    /// <summary>The count in the table's title; null for the true one.</summary>
    public long? Announced { get; init; }

    public string Text
    {
        get
        {
            var rows = Rows.ToList();
            var text = new StringBuilder("\uFEFF");
            text.Append(Line(Title)).Append(Line("Tuesday, March 10, 2026", "Wednesday, March 11, 2026")).Append(Line("etl")).Append(Dashes).Append(Line(""));
            text.Append(Dashes).Append(Line("# Graph")).Append(Dashes).Append(Line(""));
            if (TotalLabels.Length > 0) text.Append(Line("")).Append(Dashes).Append(Line("# Total")).Append(Dashes).Append(Line(TotalLabels)).Append(Line(Totals));
            if (rows.Count == 0) return text.ToString();
            text.Append(Line("")).Append(Dashes).Append(Line("# Table", "", "Total Count", (Announced ?? rows.Count).ToString(CultureInfo.InvariantCulture))).Append(Dashes);
            text.Append(Line(Labels));
            foreach (var row in rows) text.Append(Line([.. row.Take(Labels.Length)]));
            return text.ToString();
        }
    }

    public byte[] Bytes => Encoding.UTF8.GetBytes(Text);

    public static Answer Send(byte[] file) =>
        new Answer(file) { Headers = new() { ["Content-Type"] = "text/csv" } };

    public static implicit operator Answer(ReportFile file) => Send(file.Bytes);

    private static string Line(params string[] cells) => string.Join(',', cells.Select(Cell)) + "\n";

    // KCsvWrapper: a cell that begins with one of five characters loses its quotes and gets an apostrophe.
    private static string Cell(string value)
    {
        var clean = value.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal).Trim();
        if (clean.Length > 0 && "+=-@,".Contains(clean[0], StringComparison.Ordinal)) value = "'" + clean;
        return $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
    }
}

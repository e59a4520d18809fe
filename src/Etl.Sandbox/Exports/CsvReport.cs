using System.Globalization;
using System.Text;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Exports;

/// <summary>
/// The file of an export by URL (wire facts 4.1), in this order:
/// <code>
/// title / from,to / text / dashes / empty
/// [ dashes / # Graph / dashes / empty / rows ]     types with graphs
/// [ empty / dashes / # Total / dashes / labels / values ]
/// [ empty / dashes / # Table,,Total Count,n / dashes / labels / rows ]     only when there are rows
/// </code>
/// UTF-8 with BOM, line feeds. Labels name columns by position: they neither choose nor reorder them, they only cut on the right.
/// </summary>
internal sealed record CsvReport
{
    private const string Dashes = "# ------------------------------------";

    /// <summary>Types whose graph stands in the file although no graph was named.</summary>
    private static readonly int[] NamedGraphs = [2, 14, 22, 23];

    /// <summary>Column and label that together turn MiB into GiB.</summary>
    private static readonly (string Column, string Label)[] Gigabytes =
    [
        ("average_storage", "Avg Storage (GB)"), ("bandwidth_consumption", "Bandwidth (GB)"), ("transcoding_consumption", "Transcoding (GB)"),
    ];

    public required string Title { get; init; }

    public required string Text { get; init; }

    /// <summary>Unix seconds of the filter; 0 when it names days, and then 1970 stands in the file.</summary>
    public required long From { get; init; }

    public required long To { get; init; }

    public int Type { get; init; }

    /// <summary>Null: the type has no graphs, and no section.</summary>
    public IReadOnlyList<GraphLine>? Graphs { get; init; }

    /// <summary>The graph that was asked for.</summary>
    public string? Dimension { get; init; }

    public (string[] Labels, string[] Values)? Totals { get; init; }

    /// <summary>Null, absent or without rows: no section.</summary>
    public (string[] Labels, TableReply Table)? Table { get; init; }

    /// <summary>The bytes of the file.</summary>
    public byte[] ToBytes()
    {
        var output = new StringBuilder("\uFEFF");
        CsvCell.WriteLine(output, Title);
        CsvCell.WriteLine(output, Date(From), Date(To));
        CsvCell.WriteLine(output, Text);
        CsvCell.WriteLine(output, Dashes);
        CsvCell.WriteLine(output, "");
        if (Graphs is { Count: > 0 })
            WriteGraphs(output);
        if (Totals is var (names, values))
        {
            Section(output, "# Total");
            CsvCell.WriteLine(output, names);
            CsvCell.WriteLine(output, values.Take(names.Length));
        }
        if (Table is var (labels, table) && table.Rows.Count > 0)
            WriteTable(output, labels, table);
        return Encoding.UTF8.GetBytes(output.ToString());
    }

    /// <summary><c>TOTALS;TABLE</c>, each a comma list; null for a part that is empty or missing.</summary>
    public static (string[]? Totals, string[]? Table) SplitLabels(string headers)
    {
        var parts = headers.Split(';');
        // PHP's empty(): the text 0 is empty too.
        return (Labels(parts[0]), parts.Length > 1 ? Labels(parts[1]) : null);

        static string[]? Labels(string part) => part is "" or "0" ? null : part.Split(',');
    }

    /// <summary>Long English date in UTC.</summary>
    public static string Date(long unixSeconds) => DateTime.UnixEpoch.AddSeconds(unixSeconds).ToString("dddd, MMMM d, yyyy", CultureInfo.InvariantCulture);

    private void WriteGraphs(StringBuilder output)
    {
        CsvCell.WriteLine(output, Dashes);
        CsvCell.WriteLine(output, "# Graph");
        CsvCell.WriteLine(output, Dashes);
        CsvCell.WriteLine(output, "");
        var named = NamedGraphs.Contains(Type);
        if (Dimension is { Length: > 0 })
        {
            foreach (var (x, y) in Graphs!.FirstOrDefault(g => g.Id == Dimension)?.Points ?? [])
                CsvCell.WriteLine(output, named ? x : DateText(x), y);
        }
        else if (named)
        {
            // The writer flattens lists: without a named graph each line is one graph, its values side by side.
            foreach (var graph in Graphs!)
                CsvCell.WriteLine(output, graph.Points.Select(p => p.Y).Prepend(graph.Id));
        }
    }

    private static void WriteTable(StringBuilder output, string[] labels, TableReply table)
    {
        Section(output, "# Table", "", "Total Count", table.TotalCount.ToString(CultureInfo.InvariantCulture));
        CsvCell.WriteLine(output, labels);
        var divided = labels.Select((label, i) => i < table.Header.Count && Gigabytes.Contains((table.Header[i], label))).ToArray();
        foreach (var row in table.Rows)
            CsvCell.WriteLine(output, row.Take(labels.Length).Select((cell, i) => divided[i] ? Divide(cell) : cell));
    }

    private static void Section(StringBuilder output, params string[] name)
    {
        CsvCell.WriteLine(output, "");
        CsvCell.WriteLine(output, Dashes);
        CsvCell.WriteLine(output, name);
        CsvCell.WriteLine(output, Dashes);
    }

    /// <summary>Days as long text, hours with a time (its form is ours), months as <c>Jul 2025</c>; anything else as it is.</summary>
    private static string DateText(string id) => id.Length switch
    {
        6 when Parse(id, "yyyyMM") is { } month => month.ToString("MMM yyyy", CultureInfo.InvariantCulture),
        8 when Parse(id, "yyyyMMdd") is { } day => day.ToString("dddd, MMMM d, yyyy", CultureInfo.InvariantCulture),
        10 when Parse(id, "yyyyMMddHH") is { } hour => hour.ToString("dddd, MMMM d, yyyy HH:mm", CultureInfo.InvariantCulture),
        _ => id,
    };

    private static DateTime? Parse(string text, string format) =>
        DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time : null;

    private static string Divide(string cell) =>
        PhpNumber.Format((double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : 0) / 1_024);
}

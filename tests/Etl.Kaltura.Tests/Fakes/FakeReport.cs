using System.Globalization;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>
/// A report with the service's paging and cap (wire facts 3.7), over rows that a filter can select: what a split needs to
/// be tried against. Cells are text by column name; columns that start with a dot are only for filters.
/// </summary>
internal sealed class FakeReport(string[] columns, IReadOnlyList<Dictionary<string, string>> rows)
{
    private const int Cap = 12_000;

    /// <summary>List filters: field name to the column that it selects.</summary>
    public Dictionary<string, string> Lists { get; } = [];

    /// <summary>Column that the entryCreatedAt range selects, or null.</summary>
    public string? CreatedAt { get; init; }

    /// <summary>Column that fromDate and toDate select, or null.</summary>
    public string? Time { get; init; }

    /// <summary>Column that counts.</summary>
    public string Metric { get; init; } = "count_plays";

    /// <summary>Rows that page 1 leaves out of every answer (an inexact top list), by key.</summary>
    public Func<Dictionary<string, string>, bool> Hidden { get; init; } = _ => false;

    public Answer Table(RecordedCall call)
    {
        var (page, size) = (call.Page, call.Size);
        if (page * size > Cap)
        {
            if (page > 1) return Bodies.Error("INTERNAL_SERVERL_ERROR", "Internal server error occurred");
            size = Cap;
        }
        var order = call.Form.GetValueOrDefault("order", $"-{Metric}");
        var matching = Select(call).Where(r => !Hidden(r)).ToList();
        IEnumerable<Dictionary<string, string>> sorted = order[1..] == Metric
            ? matching.OrderBy(r => order[0] == '-' ? -Number(r, Metric) : Number(r, Metric)).ThenBy(r => r[columns[0]], StringComparer.Ordinal)
            : matching;
        var answer = sorted.Skip((page - 1) * size).Take(size).ToList();
        return answer.Count == 0 ? Bodies.Absent
            : Bodies.Table(answer.Select(r => string.Join('|', columns.Select(c => r[c]))), answer.Count < size && page == 1 ? matching.Count : 0, string.Join('|', columns));
    }

    public Answer Total(RecordedCall call) =>
        Bodies.Total(Metric, Select(call).Sum(r => Number(r, Metric)).ToString("R", CultureInfo.InvariantCulture));

    /// <summary>The file that an address call asks for: at most 60,000 rows, and the count of all.</summary>
    public ReportFile File(RecordedCall ask)
    {
        var labels = ask.Form["headers"].Split(';');
        var matching = Select(ask).ToList();
        return new ReportFile(ask.Form["reportTitle"], labels[1].Split(','), matching.Take(Math.Min(ask.Size, 60_000)).Select(r => columns.Select(c => r[c]).ToArray()))
        {
            TotalLabels = [Metric],
            Totals = [matching.Count == 0 ? "" : matching.Sum(r => Number(r, Metric)).ToString("R", CultureInfo.InvariantCulture)],
            Announced = matching.Count,
        };
    }

    private IEnumerable<Dictionary<string, string>> Select(RecordedCall call)
    {
        IEnumerable<Dictionary<string, string>> selected = rows;
        foreach (var (field, column) in Lists)
        {
            if (call.Filter(field) is not { Length: > 0 } list) continue;
            var values = list.Split('|').ToHashSet(StringComparer.Ordinal);
            selected = selected.Where(r => values.Contains(r[column]));
        }
        if (CreatedAt is { } created)
        {
            if (call.Filter("entryCreatedAtGreaterThanOrEqual") is { Length: > 0 } low) selected = selected.Where(r => Number(r, created) >= Bound(low));
            if (call.Filter("entryCreatedAtLessThanOrEqual") is { Length: > 0 } high) selected = selected.Where(r => Number(r, created) <= Bound(high));
        }
        if (Time is { } time)
            selected = selected.Where(r => Number(r, time) >= Bound(call.Filter("fromDate")) && Number(r, time) < Bound(call.Filter("toDate")));
        return selected;
    }

    private static double Bound(string text)
    {
        var value = double.Parse(text, CultureInfo.InvariantCulture);
        Assert.True(value > 315_360_000, "a small time is relative to now on the wire");
        return value;
    }

    private static double Number(Dictionary<string, string> row, string column) => double.Parse(row[column], CultureInfo.InvariantCulture);
}

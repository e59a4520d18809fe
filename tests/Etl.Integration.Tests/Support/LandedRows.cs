using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Parquet;

namespace Etl.Integration.Tests.Support;

/// <summary>Whole rows of any table as text lines, <c>column=value</c>, from landed files and from the sandbox's truth alike; null is the word NULL.</summary>
internal static class LandedRows
{
    // PHP's trim.
    private static readonly char[] s_blanks = [' ', '\t', '\n', '\r', '\0', '\v'];

    private static readonly int s_epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    /// <summary>The service's own columns of a Parquet file, in any order of rows.</summary>
    public static string[] Of(string path, Func<string, string>? text = null)
    {
        using var reader = ParquetReader.Open(path);
        var batch = new ParquetBatch(reader.Schema);
        var columns = reader.Schema.Columns.Select((c, i) => (c.Name, i)).Where(c => c.Name[0] != '_').OrderBy(c => c.Name, StringComparer.Ordinal).ToList();
        var rows = new List<string>();
        while (reader.Read(batch, 1000) > 0)
            for (var r = 0; r < batch.RowCount; r++) rows.Add(string.Join(" | ", columns.Select(c => $"{c.Name}={Cell(batch[c.i], r, text)}")));
        return Sorted(rows);
    }

    /// <summary>The truth, as it is after the wire: texts through <paramref name="text"/>, everything else read as the type of the landed column.</summary>
    public static string[] Truth(IEnumerable<string> truth, string path, Func<string, string> text)
    {
        using var reader = ParquetReader.Open(path);
        var types = reader.Schema.Columns.ToDictionary(c => c.Name, c => c.Type);
        return Sorted(truth.Select(line => string.Join(" | ", JsonDocument.Parse(line).RootElement.EnumerateObject()
            .OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => $"{p.Name}={Expected(p.Value, types[p.Name], text)}"))));
    }

    /// <summary>A text as a report file brings it: one that would begin like a formula loses quotes, apostrophes and the blanks around it; its guard is undone (wire facts 4.1).</summary>
    public static string Guarded(string cell)
    {
        var clean = cell.Replace("'", "", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Trim(s_blanks);
        return clean.Length > 0 && clean[0] is '+' or '=' or '-' or '@' or ',' ? clean : cell;
    }

    /// <summary>A text as a custom report brings it: blanks for commas and line breaks (wire facts 4.3).</summary>
    public static string Cleaned(string cell) => cell.Replace(',', ' ').Replace('\n', ' ').Replace('\r', ' ');

    private static string Expected(JsonElement value, ParquetType type, Func<string, string> text)
    {
        var cell = value.ValueKind switch { JsonValueKind.Null => "", JsonValueKind.String => value.GetString()!, _ => value.GetRawText() };
        if (type == ParquetType.Text) return text(cell);
        if (cell.Length == 0) return "NULL";
        return type switch
        {
            ParquetType.Date => Text(DateOnly.ParseExact(cell, "yyyyMMdd", CultureInfo.InvariantCulture).DayNumber - s_epoch),
            ParquetType.Timestamp when cell.Contains(':', StringComparison.Ordinal) =>
                Text((DateTime.Parse(cell, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal) - DateTime.UnixEpoch).Ticks / 10),
            ParquetType.Timestamp => Text(long.Parse(cell, CultureInfo.InvariantCulture) * 1_000_000),
            ParquetType.Int64 => Text((long)decimal.Parse(cell, NumberStyles.Float, CultureInfo.InvariantCulture)),
            _ => double.Parse(cell, CultureInfo.InvariantCulture).ToString("R", CultureInfo.InvariantCulture),
        };
    }

    private static string Cell(ParquetColumnData cells, int row, Func<string, string>? text)
    {
        if (cells.IsNull(row)) return "NULL";
        return cells.Type switch
        {
            ParquetType.Int64 or ParquetType.Timestamp => Text(cells.Int64s[row]),
            ParquetType.Int32 or ParquetType.Date => Text(cells.Int32s[row]),
            ParquetType.Double => cells.Doubles[row].ToString("R", CultureInfo.InvariantCulture),
            ParquetType.Bool => cells.Bools[row] ? "1" : "0",
            _ => (text ?? (t => t))(Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]])),
        };
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string[] Sorted(IEnumerable<string> rows) => [.. rows.Order(StringComparer.Ordinal)];
}

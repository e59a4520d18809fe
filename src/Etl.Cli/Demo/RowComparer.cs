using System.Globalization;
using System.Text.Json;
using Etl.Core.Columns;

namespace Etl.Cli.Demo;

/// <summary>Compares landed rows with the sandbox's truth, row for row, as multisets.</summary>
internal static class RowComparer
{
    /// <summary>What differs, in one line; null when nothing does.</summary>
    public static string? Difference(
        IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> truth,
        IReadOnlyList<Dictionary<string, object?>> landed,
        IReadOnlyDictionary<string, ColumnType> types,
        string delimiter)
    {
        if (truth.Count != landed.Count) return $"{truth.Count} rows expected, {landed.Count} landed";
        if (truth.Count == 0) return null;
        var expected = truth[0].Keys.Order(StringComparer.Ordinal).ToList();
        var found = landed[0].Keys.Order(StringComparer.Ordinal).ToList();
        if (!expected.SequenceEqual(found)) return $"columns expected [{string.Join(", ", expected)}], landed [{string.Join(", ", found)}]";
        var want = truth.Select(row => Line(expected, name => Expected(row[name], types[name], delimiter))).Order(StringComparer.Ordinal).ToList();
        var have = landed.Select(row => Line(expected, name => row[name])).Order(StringComparer.Ordinal).ToList();
        for (var i = 0; i < want.Count; i++)
            if (want[i] != have[i]) return $"expected row [{want[i]}], landed [{have[i]}]";
        return null;
    }

    /// <summary>What the value looks like when it has come over the wire, which loses delimiters and semicolons (wire facts 3.2).</summary>
    private static object? Expected(JsonElement value, ColumnType type, string delimiter)
    {
        var text = value.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => value.GetString()!,
            _ => value.GetRawText(),
        };
        if (type == ColumnType.Text) return text.Replace(delimiter, " ", StringComparison.Ordinal).Replace(';', ' ');
        switch (type)
        {
            case ColumnType.Date when text.Length == 8 && text.All(char.IsAsciiDigit):
                var day = DateOnly.ParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture);
                return (long)(day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber);
            case ColumnType.Timestamp:
                return long.TryParse(text, CultureInfo.InvariantCulture, out var seconds) ? seconds * 1_000_000 : null;
            case ColumnType.Int64:
                return decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? (long)number : null;
            case ColumnType.Double:
                return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) ? real : null;
            default:
                return text;
        }
    }

    private static string Line(List<string> names, Func<string, object?> value) => string.Join(" | ", names.Select(name => value(name) switch
    {
        null => $"{name}=NULL",
        double d => $"{name}={d.ToString("R", CultureInfo.InvariantCulture)}",
        var v => string.Create(CultureInfo.InvariantCulture, $"{name}={v}"),
    }));
}

namespace Etl.Cli.Output;

/// <summary>Makes a table fit a window.</summary>
internal static class TableWidth
{
    /// <summary>No column becomes narrower than this: less says nothing.</summary>
    private const int Least = 10;

    /// <summary>Characters that a drawn table takes: each column has two blanks and a line, and one line closes the row.</summary>
    public static int Drawn(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows) => Widths(headers, rows).Sum(w => w + 3) + 1;

    /// <summary>The rows with the widest columns cut until the drawn table fits, as far as that is possible.</summary>
    public static List<IReadOnlyList<string>> Shorten(IReadOnlyList<string> headers, List<IReadOnlyList<string>> rows, int window)
    {
        var widths = Widths(headers, rows);
        var floors = headers.Select(h => Math.Max(h.Length, Least)).ToArray();
        for (var over = widths.Sum(w => w + 3) + 1 - window; over > 0; over--)
        {
            var widest = -1;
            for (var i = 0; i < widths.Length; i++)
                if (widths[i] > floors[i] && (widest < 0 || widths[i] > widths[widest])) widest = i;
            if (widest < 0) break;
            widths[widest]--;
        }
        return [.. rows.Select(r => (IReadOnlyList<string>)[.. r.Select((cell, i) => Cut(cell, widths[i]))])];
    }

    // A path loses its middle, so that both its root and its file stay; other text loses its end.
    private static string Cut(string text, int width)
    {
        if (text.Length <= width) return text;
        var isPath = text.Contains('/', StringComparison.Ordinal) && !text.Contains(' ', StringComparison.Ordinal);
        var tail = isPath ? (width - 1) / 2 : 0;
        var head = width - 1 - tail;
        if (char.IsHighSurrogate(text[head - 1])) head--;
        if (tail > 0 && char.IsLowSurrogate(text[^tail])) tail--;
        return $"{text[..head]}…{text[^tail..]}";
    }

    private static int[] Widths(IReadOnlyList<string> headers, IReadOnlyList<IReadOnlyList<string>> rows) =>
        [.. headers.Select((h, i) => Math.Max(h.Length, rows.Count == 0 ? 0 : rows.Max(r => r[i].Length)))];
}

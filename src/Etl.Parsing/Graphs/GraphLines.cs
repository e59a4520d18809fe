namespace Etl.Parsing;

/// <summary>
/// Splits the y of a graph with several lines per date: <c>name:value,name:value</c>, always comma and colon, whatever the
/// delimiter (wire facts 3.2). Nothing is escaped, so a name may hold both.
/// </summary>
public static class GraphLines
{
    /// <summary>
    /// Splits a list. A line ends at a comma, or at the end, behind a colon and a number or nothing; a piece without a colon belongs to a name
    /// that holds a comma and goes on behind it. Null when the list cannot be split without guessing: a piece whose
    /// colon is followed by something else than a number, or an end inside a name. A name that itself looks like
    /// <c>a:1,b</c> cannot be told from two lines; sums and totals then differ.
    /// </summary>
    /// <param name="list">The y of a point; empty gives no lines.</param>
    public static IReadOnlyList<(string Name, string Value)>? Split(string list)
    {
        var lines = new List<(string, string)>();
        for (int start = 0, from = 0; start < list.Length;)
        {
            var comma = list.IndexOf(',', from);
            var end = comma < 0 ? list.Length : comma;
            var colon = end == from ? -1 : list.LastIndexOf(':', end - 1, end - from);
            if (colon >= 0)
            {
                var value = list.AsSpan(colon + 1, end - colon - 1);
                if (!value.IsEmpty && !TextCell.TryNumber(value, out _)) return null;
                lines.Add((list[start..colon], value.ToString()));
                start = end + 1;
                // A comma at the very end has no line behind it.
                if (comma == list.Length - 1) return null;
            }
            else if (comma < 0)
            {
                return null;
            }
            from = end + 1;
        }
        return lines;
    }
}

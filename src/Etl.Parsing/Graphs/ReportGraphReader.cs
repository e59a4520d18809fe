using System.Globalization;
using System.Text.Json;

namespace Etl.Parsing;

/// <summary>
/// Reads getGraphs replies: an array of <c>{"id": name, "data": points}</c> where a point is x, delimiter, y, <c>;</c>. Nothing is replaced inside x or y
/// (wire facts 3.2): x may be a name that holds the delimiter, y may be a list with commas. A point with several delimiters is split at
/// the first one behind a date and at the last one before a number; any other such point, and one without a delimiter, is refused.
/// </summary>
public static class ReportGraphReader
{
    /// <summary>Reads one whole reply; <c>[]</c> is a reply without graphs.</summary>
    /// <param name="body">The decoded body.</param>
    /// <param name="delimiter">The request's delimiter; not empty. The live service always uses the comma.</param>
    /// <exception cref="ReportFormatException">The body is not a whole and sound reply.</exception>
    public static GraphReply Read(ReadOnlySpan<byte> body, string delimiter)
    {
        ArgumentException.ThrowIfNullOrEmpty(delimiter);
        using var document = SmallBody.Parse(body);
        var root = document.RootElement;
        if (ServiceErrorReader.From(root) is { } error) return new GraphReply([], [], error);
        if (root.ValueKind != JsonValueKind.Array) throw SmallBody.NotJson("The reply is not a JSON array; report graphs are one.");
        var points = new List<GraphPoint>();
        var names = new List<string>();
        foreach (var graph in root.EnumerateArray())
        {
            var name = SmallBody.TextOf(graph, "id") ?? throw SmallBody.NotJson($"Graph {names.Count + 1} of the reply has no id.");
            // The service nulls a text that holds one invalid byte; an empty graph is the empty text.
            var data = SmallBody.TextOf(graph, "data")
                ?? throw new ReportFormatException(ReportFormatException.BadRow, $"Graph '{name}' has no data; a graph without points has an empty text.");
            names.Add(name);
            Split(name, data, delimiter, points);
        }
        return new GraphReply(points, names, null);
    }

    private static void Split(string graph, string data, string delimiter, List<GraphPoint> points)
    {
        if (data.Length == 0) return;
        var number = 0;
        for (var start = 0; start < data.Length;)
        {
            number++;
            var end = data.IndexOf(';', start);
            if (end < 0)
                throw new ReportFormatException(ReportFormatException.Truncated, $"Point {number} of graph '{graph}' is cut: it has no ';' at its end.", row: number);
            var point = data[start..end];
            var cut = FindCut(point, delimiter);
            if (cut < 0)
                throw new ReportFormatException(ReportFormatException.BadRow, $"Point {number} of graph '{graph}' cannot be split into x and y by '{delimiter}'.", row: number);
            points.Add(new GraphPoint(graph, point[..cut], point[(cut + delimiter.Length)..]));
            start = end + 1;
        }
    }

    private static int FindCut(string point, string delimiter)
    {
        var first = point.IndexOf(delimiter, StringComparison.Ordinal);
        if (first < 0) return -1;
        var last = point.LastIndexOf(delimiter, StringComparison.Ordinal);
        if (last == first || IsDate(point.AsSpan(0, first))) return first;
        return IsNumber(point.AsSpan(last + delimiter.Length)) ? last : -1;
    }

    // Date ids and unix seconds are digits; a raw timestamp begins with them.
    private static bool IsDate(ReadOnlySpan<char> x) =>
        x.Length >= 4 && (!x.ContainsAnyExceptInRange('0', '9') || (x.Length >= 20 && x[4] == '-' && x[10] == 'T' && char.IsAsciiDigit(x[0])));

    private static bool IsNumber(ReadOnlySpan<char> y) =>
        double.TryParse(y, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _);
}

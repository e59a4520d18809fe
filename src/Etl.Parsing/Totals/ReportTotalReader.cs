using System.Text.Json;

namespace Etl.Parsing;

/// <summary>
/// Reads getTotal replies: <c>{"header": names, "data": cells, "objectType": …}</c>, both joined by the delimiter, without a terminator; nothing is replaced in
/// the cells (wire facts 3.2), so a cell that holds the delimiter makes the counts differ.
/// </summary>
public static class ReportTotalReader
{
    /// <summary>Most cells, as in tables.</summary>
    private const int MaxColumns = 2000;

    /// <summary>Reads one whole reply.</summary>
    /// <param name="body">The decoded body.</param>
    /// <param name="delimiter">The request's delimiter; not empty.</param>
    /// <exception cref="ReportFormatException">The body is not a whole and sound reply.</exception>
    public static TotalReply Read(ReadOnlySpan<byte> body, string delimiter)
    {
        ArgumentException.ThrowIfNullOrEmpty(delimiter);
        using var document = SmallBody.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw SmallBody.NotJson("The reply is not a JSON object; a report total is one.");
        if (ServiceErrorReader.From(root) is { } error) return new TotalReply(null, null, error);
        var header = Member(root, "header")?.Split(delimiter);
        var cells = Member(root, "data")?.Split(delimiter);
        if (header is null)
            return cells is null
                ? new TotalReply(null, null, null)
                : throw new ReportFormatException(ReportFormatException.BadHeader, "The reply has totals but no header.");
        HeaderNames.Check(header, MaxColumns);
        if (cells is not null && cells.Length != header.Length)
            throw new ReportFormatException(ReportFormatException.BadRow, $"The totals have {cells.Length} cells; the header has {header.Length}.", row: 1);
        return new TotalReply(header, cells, null);
    }

    private static string? Member(JsonElement root, string name)
    {
        if (root.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
            throw SmallBody.NotJson($"The reply's '{name}' is not text.");
        return SmallBody.TextOf(root, name);
    }
}

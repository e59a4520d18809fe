using System.Text.Json;

namespace Etl.Parsing;

/// <summary>A getBaseTotal reply: the values that the running totals of a usage report begin with.</summary>
/// <param name="Values">Name and value as the service printed it, in the order of the reply.</param>
/// <param name="Error">The error object that came instead.</param>
public sealed record BaseTotalReply(IReadOnlyList<(string Id, string Value)> Values, ServiceError? Error);

/// <summary>
/// Reads getBaseTotal replies: an array of <c>{"id": name, "data": number, "objectType": "KalturaReportBaseTotal"}</c>, where data is a JSON
/// number (wire facts 3.1).
/// </summary>
public static class ReportBaseTotalReader
{
    /// <summary>Reads one whole reply. A value that is null is the empty text; anything but a number or a text is refused.</summary>
    /// <param name="body">The decoded body.</param>
    /// <exception cref="ReportFormatException">The body is not a whole and sound reply.</exception>
    public static BaseTotalReply Read(ReadOnlySpan<byte> body)
    {
        using var document = SmallBody.Parse(body);
        var root = document.RootElement;
        if (ServiceErrorReader.From(root) is { } error) return new BaseTotalReply([], error);
        if (root.ValueKind != JsonValueKind.Array) throw SmallBody.NotJson("The reply is not a JSON array; base totals are one.");
        var values = new List<(string, string)>();
        foreach (var item in root.EnumerateArray())
        {
            var id = SmallBody.TextOf(item, "id") ?? throw SmallBody.NotJson($"Base total {values.Count + 1} of the reply has no id.");
            values.Add((id, ValueOf(item, id)));
        }
        return new BaseTotalReply(values, null);
    }

    private static string ValueOf(JsonElement item, string id)
    {
        if (!item.TryGetProperty("data", out var data)) return "";
        return data.ValueKind switch
        {
            JsonValueKind.Number => data.GetRawText(),
            JsonValueKind.String => SmallBody.Text(data),
            JsonValueKind.Null => "",
            _ => throw SmallBody.NotJson($"The value of base total '{id}' is neither a number nor text."),
        };
    }
}

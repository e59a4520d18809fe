using System.Text.Json;

namespace Etl.Parsing;

/// <summary>One page of a list action.</summary>
/// <param name="TotalCount">Objects that match the filter, as the service says; null when it does not.</param>
/// <param name="Objects">The objects of the page.</param>
/// <param name="Error">The error object that came instead.</param>
public sealed record ListReply(long? TotalCount, IReadOnlyList<JsonElement> Objects, ServiceError? Error);

/// <summary>Reads list replies: <c>{"totalCount": n, "objects": [ … ]}</c> (wire facts 1.4: members that are null are absent).</summary>
public static class ListReplyReader
{
    /// <summary>Reads one whole reply.</summary>
    /// <param name="body">The decoded body.</param>
    /// <exception cref="ReportFormatException">The body is not a whole and sound list; also when it announces objects and has no list of them.</exception>
    public static ListReply Read(ReadOnlySpan<byte> body)
    {
        JsonElement root;
        using (var document = SmallBody.Parse(body)) root = document.RootElement.Clone();
        if (ServiceErrorReader.From(root) is { } error) return new ListReply(null, [], error);
        if (root.ValueKind != JsonValueKind.Object) throw SmallBody.NotJson("The reply is not a JSON object; a list is one.");
        var total = TotalOf(root);
        if (!root.TryGetProperty("objects", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return total == 0 ? new ListReply(total, [], null)
                : throw SmallBody.NotJson(total is { } n ? $"The reply announces {n} objects and holds no list of them." : "The reply holds neither a count nor a list of objects.");
        }
        if (list.ValueKind != JsonValueKind.Array) throw SmallBody.NotJson("The objects of the reply are not a JSON array.");
        return new ListReply(total, [.. list.EnumerateArray()], null);
    }

    private static long? TotalOf(JsonElement root) =>
        root.TryGetProperty("totalCount", out var total) && total.ValueKind == JsonValueKind.Number && total.TryGetInt64(out var count) && count >= 0 ? count : null;
}

using System.Security.Cryptography;
using System.Text.Json;

namespace Etl.Parsing;

/// <summary>One page of a list of objects.</summary>
/// <param name="Objects">The objects in order.</param>
/// <param name="TotalCount">What the service says there are in all; null when it does not.</param>
/// <param name="Error">The error object that came instead.</param>
/// <param name="Bytes">Decoded body bytes.</param>
/// <param name="Sha256">Hash of the decoded body, hex.</param>
public sealed record ObjectListReply(IReadOnlyList<JsonElement> Objects, long? TotalCount, ServiceError? Error, long Bytes, string Sha256);

/// <summary>Reads list replies, <c>{"totalCount": n, "objects": [...]}</c>, of a size that fits in memory. A list without matches may leave <c>objects</c> empty, never out.</summary>
public static class ObjectListReader
{
    /// <summary>Reads one whole reply.</summary>
    /// <exception cref="ReportFormatException">The body is not a whole and sound reply.</exception>
    public static ObjectListReply Read(ReadOnlySpan<byte> body)
    {
        using var document = SmallBody.Parse(body);
        var root = document.RootElement;
        var hash = Convert.ToHexStringLower(SHA256.HashData(body));
        if (ServiceErrorReader.From(root) is { } error) return new ObjectListReply([], null, error, body.Length, hash);
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("objects", out var objects) || objects.ValueKind != JsonValueKind.Array)
            throw SmallBody.NotJson("The reply is not a list: it has no array 'objects'.");
        long? total = root.TryGetProperty("totalCount", out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var number) ? number : null;
        return new ObjectListReply([.. objects.EnumerateArray().Select(o => o.Clone())], total, null, body.Length, hash);
    }
}

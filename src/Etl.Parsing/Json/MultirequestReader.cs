using System.Text.Json;

namespace Etl.Parsing;

/// <summary>A multirequest reply cut into its positions.</summary>
/// <param name="Parts">The raw JSON of each position, in the order of the requests; each points into the body that was given.</param>
/// <param name="Error">The error object that came instead of the array; a failing part is not here but at its own position.</param>
public sealed record MultirequestReply(IReadOnlyList<ReadOnlyMemory<byte>> Parts, ServiceError? Error);

/// <summary>
/// Cuts multirequest replies (wire facts 1.6): a JSON array in the order of the requests, where a failing part has its error object at its position. Read
/// each part with the reader of its action.
/// </summary>
public static class MultirequestReader
{
    /// <summary>Cuts one whole reply.</summary>
    /// <param name="body">The decoded body; the parts point into it.</param>
    /// <param name="expected">How many requests were sent: a gap in their numbers makes the service drop the rest in silence. Null leaves it unchecked.</param>
    /// <exception cref="ReportFormatException">The body is not a whole array, or has another number of parts.</exception>
    public static MultirequestReply Read(ReadOnlyMemory<byte> body, int? expected = null)
    {
        using (var document = SmallBody.Parse(body.Span))
        {
            if (ServiceErrorReader.From(document.RootElement) is { } error) return new MultirequestReply([], error);
            if (document.RootElement.ValueKind != JsonValueKind.Array)
                throw SmallBody.NotJson("The reply is not a JSON array; a multirequest's is one.");
        }
        var skip = body.Span.StartsWith("\uFEFF"u8) ? 3 : 0;
        var reader = new Utf8JsonReader(body.Span[skip..], new JsonReaderOptions { MaxDepth = 64 });
        var parts = new List<ReadOnlyMemory<byte>>();
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            parts.Add(body[(skip + start)..(skip + (int)reader.BytesConsumed)]);
        }
        if (expected is { } count && parts.Count != count)
            throw new ReportFormatException(ReportFormatException.Truncated, $"The reply answers {parts.Count} of {count} requests.");
        return new MultirequestReply(parts, null);
    }
}

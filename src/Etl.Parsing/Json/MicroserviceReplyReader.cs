using System.Text.Json;

namespace Etl.Parsing;

/// <summary>A small answer of the reports microservice.</summary>
/// <param name="SessionId">Id of the report that was asked for; null when it is not told.</param>
/// <param name="Status">Word of its state; null when it is not told.</param>
/// <param name="Error">Why it failed; null when it did not, or nothing is said.</param>
public sealed record MicroserviceReply(string? SessionId, string? Status, string? Error);

/// <summary>
/// Reads the answers of <c>report/generate</c> and of <c>report/serve</c> with <c>statusOnly</c> (guide 004, sections 10.1 and 14.3):
/// <c>{"sessionId"}</c>, <c>{"status"}</c>, and an error message with it when the report failed. Where the message stands is not
/// published: <c>error</c> and <c>errorMessage</c> are read.
/// </summary>
public static class MicroserviceReplyReader
{
    private static readonly string[] s_errors = ["error", "errorMessage"];

    /// <summary>Reads a whole body.</summary>
    /// <exception cref="ReportFormatException">It is not a whole JSON object.</exception>
    public static MicroserviceReply Read(ReadOnlySpan<byte> body)
    {
        using var document = SmallBody.Parse(body);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw SmallBody.NotJson("The reply is not a JSON object.");
        return new MicroserviceReply(Text(root, "sessionId"), Text(root, "status"), s_errors.Select(name => Text(root, name)).FirstOrDefault(text => text is not null));
    }

    // Null, false, an empty text and an empty object say nothing.
    private static string? Text(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null or JsonValueKind.False) return null;
        var text = value.ValueKind == JsonValueKind.String ? SmallBody.Text(value) : value.GetRawText();
        return text is "" or "{}" or "[]" ? null : text;
    }
}

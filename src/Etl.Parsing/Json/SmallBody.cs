using System.Text.Json;

namespace Etl.Parsing;

/// <summary>Bodies that fit in memory: checks one as a table reply's is checked, then hands it out as a tree.</summary>
internal static class SmallBody
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = 64 };

    /// <summary>Parses a whole body.</summary>
    /// <exception cref="ReportFormatException">Empty, markup, cut, not UTF-8 or not JSON.</exception>
    internal static JsonDocument Parse(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8)) body = body[3..];
        var start = body.IndexOfAnyExcept(" \t\r\n"u8);
        if (start < 0) throw new ReportFormatException(ReportFormatException.EmptyBody, "The reply has no body; the service leaves it out when the request was killed.", 0);
        if (body[start] == (byte)'<') throw new ReportFormatException(ReportFormatException.Html, "The reply is markup instead of JSON, such as the error page of a proxy.", start);
        var whole = body[..Utf8Check.Whole(body)];
        var fault = Utf8Check.FindFault(whole);
        if (fault >= 0) throw new ReportFormatException(ReportFormatException.BadUtf8, $"The reply is not UTF-8 at byte {fault}.", fault);
        if (whole.Length != body.Length) throw Truncated(body.Length);
        CheckComplete(body);
        var reader = new Utf8JsonReader(body, s_options);
        return JsonDocument.ParseValue(ref reader);
    }

    /// <summary>An element's text, or null when it is not there, null, or no text.</summary>
    internal static string? TextOf(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? Text(value) : null;

    /// <summary>The text of a string element.</summary>
    internal static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException fault)
        {
            throw new ReportFormatException(ReportFormatException.BadUtf8, "The reply holds an escaped surrogate without its partner.", inner: fault);
        }
    }

    internal static ReportFormatException NotJson(string message) => new(ReportFormatException.NotJson, message);

    // Walks the body as if more could come, which tells a cut body from a wrong one.
    private static void CheckComplete(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, isFinalBlock: false, new JsonReaderState(s_options));
        var isContainer = false;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) isContainer = true;
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped) _ = reader.GetString();
                if (reader.CurrentDepth > 0 || reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) continue;
                var rest = body[(int)reader.BytesConsumed..].IndexOfAnyExcept(" \t\r\n"u8);
                if (rest >= 0)
                {
                    var place = reader.BytesConsumed + rest;
                    throw new ReportFormatException(ReportFormatException.NotJson, $"The reply goes on behind its JSON value at byte {place}.", place);
                }
                return;
            }
        }
        catch (JsonException fault)
        {
            throw new ReportFormatException(ReportFormatException.NotJson, $"The reply is not JSON at byte {reader.BytesConsumed}.", reader.BytesConsumed, inner: fault);
        }
        catch (InvalidOperationException fault)
        {
            throw new ReportFormatException(ReportFormatException.BadUtf8, $"The reply holds an escaped surrogate without its partner at byte {reader.TokenStartIndex}.", reader.TokenStartIndex, inner: fault);
        }
        // Only of a number it is not known whether more would come.
        var value = body.Trim(" \t\r\n"u8);
        if (!isContainer && value[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9') && value[^1] is >= (byte)'0' and <= (byte)'9') return;
        throw Truncated(body.Length);
    }

    private static ReportFormatException Truncated(long length) =>
        new(ReportFormatException.Truncated, $"The reply ends at byte {length}, inside its JSON value.", length);
}

using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Etl.Kaltura.Events;

/// <summary>
/// The JSON form of an event: one flat object. <c>api</c>, <c>asUser</c> and <c>privileges</c> are ours, every other key is a parameter. The same form is read from
/// files, kept in the queue and written among the refused events.
/// </summary>
internal static class EventJson
{
    private static readonly JsonWriterOptions s_writer = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonReaderOptions s_reader = new() { MaxDepth = 3 };

    /// <summary>Reads one object into its pairs; a number keeps its digits.</summary>
    /// <exception cref="FormatException">It is no flat JSON object; the message says where.</exception>
    public static List<KeyValuePair<string, string>> Pairs(ReadOnlySpan<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line, s_reader);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new FormatException("The line is not a JSON object.");
            var pairs = new List<KeyValuePair<string, string>>(16);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.GetString()!;
                reader.Read();
                if (reader.TokenType == JsonTokenType.Null) continue;
                if (pairs.Exists(p => p.Key == name)) throw new FormatException($"'{name}' is given twice.");
                pairs.Add(new(name, Value(ref reader, name)));
            }
            return reader.Read() ? throw new FormatException("Text follows the JSON object; one object stands on a line.") : pairs;
        }
        catch (JsonException e)
        {
            throw new FormatException($"The line is not JSON: it breaks at byte {e.BytePositionInLine ?? 0}.", e);
        }
        catch (InvalidOperationException e)
        {
            throw new FormatException("The line is not UTF-8 text.", e);
        }
    }

    /// <summary>Writes an event.</summary>
    /// <param name="into">Takes the bytes.</param>
    /// <param name="e">The event.</param>
    /// <param name="refused">Why the service refused it; null for an event that waits.</param>
    public static void Write(IBufferWriter<byte> into, KalturaEvent e, string? refused = null)
    {
        using var writer = new Utf8JsonWriter(into, s_writer);
        writer.WriteStartObject();
        writer.WriteString("api", e.Api.Name);
        writer.WriteString("eventType", e.Type.Name);
        if (e.AsUser is not null) writer.WriteString("asUser", e.AsUser);
        if (e.Privileges.Count > 0) writer.WriteString("privileges", string.Join(',', e.Privileges));
        foreach (var (name, value) in e.Parameters) writer.WriteString(name, value);
        if (refused is not null) writer.WriteString("refused", refused);
        writer.WriteEndObject();
    }

    private static string Value(ref Utf8JsonReader reader, string name)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString()!;
            case JsonTokenType.Number:
                return Encoding.UTF8.GetString(reader.ValueSpan);
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            case JsonTokenType.StartArray when name == "privileges":
                var items = new List<string>();
                while (reader.Read() && reader.TokenType == JsonTokenType.String) items.Add(reader.GetString()!);
                return reader.TokenType == JsonTokenType.EndArray ? string.Join(',', items) : throw new FormatException("'privileges' is a list of texts.");
            default:
                throw new FormatException($"'{name}' holds a list or an object; a parameter is a text, a number, true or false.");
        }
    }
}

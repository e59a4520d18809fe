using System.Text;
using System.Text.Json;
using System.Xml;

namespace Etl.Parsing;

/// <summary>
/// Recognises the service's error reply (wire facts 1.5): a JSON object whose <c>objectType</c> is <c>KalturaAPIException</c>, with <c>args</c> an object or
/// <c>[]</c>; or <c>&lt;xml&gt;&lt;result&gt;&lt;error&gt;</c> where a request forgot to ask for JSON.
/// </summary>
public static class ServiceErrorReader
{
    /// <summary>The error in a body; null for every other body, whole or damaged. Never throws on content.</summary>
    public static ServiceError? TryRead(ReadOnlySpan<byte> body)
    {
        var start = body.IndexOfAnyExcept(" \t\r\n\uFEFF"u8);
        if (start < 0) return null;
        if (body[start] == (byte)'<') return FromXml(body[start..]);
        if (body[start] != (byte)'{' || body.IndexOf("KalturaAPIException"u8) < 0) return null;
        try
        {
            using var document = SmallBody.Parse(body);
            return From(document.RootElement);
        }
        catch (ReportFormatException)
        {
            return null;
        }
    }

    /// <summary>The error that an element is, or null.</summary>
    internal static ServiceError? From(JsonElement element)
    {
        if (SmallBody.TextOf(element, "objectType") != "KalturaAPIException") return null;
        var args = new Dictionary<string, string>(StringComparer.Ordinal);
        if (element.TryGetProperty("args", out var list) && list.ValueKind == JsonValueKind.Object)
        {
            foreach (var arg in list.EnumerateObject())
                args[arg.Name] = arg.Value.ValueKind == JsonValueKind.String ? SmallBody.Text(arg.Value) : arg.Value.GetRawText();
        }
        return new ServiceError(SmallBody.TextOf(element, "code") ?? "", SmallBody.TextOf(element, "message") ?? "", args);
    }

    private static ServiceError? FromXml(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("<error>"u8) < 0) return null;
        try
        {
            var error = BoundedXml.Read(Encoding.UTF8.GetString(body), 1 << 20).Element("result")?.Element("error");
            if (error?.Element("code") is not { } code) return null;
            var args = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var item in error.Element("args")?.Elements("item") ?? [])
                if (item.Element("name") is { } name) args[name.Value] = item.Element("value")?.Value ?? "";
            return new ServiceError(code.Value, error.Element("message")?.Value ?? "", args);
        }
        catch (XmlException)
        {
            return null;
        }
    }
}

using System.Text;
using System.Text.Json;
using System.Xml;
using Etl.Core.Hooks;
using Etl.Parsing;

namespace Etl.Kaltura.Hooks;

/// <summary>What the service told.</summary>
/// <param name="Reading">What to make of it.</param>
/// <param name="Template">System name of the template that it was sent by; may be empty.</param>
/// <param name="ChangedAt">When its object was changed last, in UTC: the time of an event that changes it, and of no other. Null when it does not say.</param>
internal sealed record Notification(HookReading Reading, string Template, DateTimeOffset? ChangedAt);

/// <summary>
/// Reads what the service posts (wire facts 7): the notification as JSON, or as the one form field <c>data</c>, JSON or XML, encoded or not.
/// Nothing may follow it: a plain hash of secret and body can be carried on by somebody who never knew the secret, with bytes behind the
/// body, and those must not be read as another field or another notification.
/// </summary>
internal static class NotificationReader
{
    private const string TypeName = "KalturaHttpNotification";
    private const int MaxIdLength = 40;
    private const long EndOfTime = 253_402_300_800;

    private static readonly Notification s_unreadable = new(new HookReading(HookVerdict.Unreadable), "", null);
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Notification Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            var text = Field(s_strict.GetString(body.Span));
            return text is null ? s_unreadable : text.StartsWith('<') ? FromXml(text) : FromJson(text);
        }
        catch (Exception e) when (e is ArgumentException or JsonException or XmlException or InvalidOperationException)
        {
            return s_unreadable;
        }
    }

    /// <summary>The notification's own text; null when the form holds more than it.</summary>
    private static string? Field(string body)
    {
        const string Name = "data=";
        if (!body.StartsWith(Name, StringComparison.Ordinal)) return body;
        var value = body[Name.Length..];
        if (value.StartsWith('{') || value.StartsWith('<')) return value;
        return value.All(c => char.IsAsciiLetterOrDigit(c) || "%+-_.~*!'()".Contains(c, StringComparison.Ordinal))
            ? Uri.UnescapeDataString(value.Replace('+', ' '))
            : null;
    }

    private static Notification FromJson(string text)
    {
        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) return s_unreadable;
        return Reading(name => Text(root, name), name => root.TryGetProperty("object", out var source) && source.ValueKind == JsonValueKind.Object ? Text(source, name) : null);
    }

    private static string? Text(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number ? value.ToString() : null;

    private static Notification FromXml(string text)
    {
        var root = BoundedXml.Read(text, IHookVerifier.MaxBodyBytes);
        return root.Name == "notification" ? Reading(name => root.Element(name)?.Value, name => root.Element("object")?.Element(name)?.Value) : s_unreadable;
    }

    private static Notification Reading(Func<string, string?> field, Func<string, string?> fieldOfObject)
    {
        if (field("objectType") != TypeName || field("eventNotificationJobId") is not { Length: > 0 and <= MaxIdLength } id || !id.All(char.IsAsciiLetterOrDigit)) return s_unreadable;
        var changedAt = Time(fieldOfObject("updatedAt"));
        return new Notification(new HookReading(HookVerdict.Accepted, id, changedAt ?? Time(fieldOfObject("createdAt"))), field("templateSystemName") ?? "", changedAt);
    }

    private static DateTimeOffset? Time(string? seconds) =>
        long.TryParse(seconds, out var value) && value is > 0 and < EndOfTime ? DateTimeOffset.FromUnixTimeSeconds(value) : null;
}

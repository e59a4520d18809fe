using System.Globalization;
using System.Text.Json;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>Turns what is known elsewhere as JSON, numbers and instants into values of a manifest.</summary>
internal static class CanonicalFacts
{
    private const string InstantForm = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    /// <summary>First whole number that a manifest writes as text.</summary>
    private const long WholeLimit = 1L << 53;

    /// <summary>A JSON value: numbers that are not whole or too large become the text that they were, nulls are left out.</summary>
    public static object? Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Object(value),
        JsonValueKind.Array => value.EnumerateArray().Select(Of).OfType<object>().ToList(),
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out var whole) && whole > -WholeLimit && whole < WholeLimit ? whole : value.GetRawText(),
        _ => null,
    };

    /// <summary>A JSON object.</summary>
    public static CanonicalObject Object(JsonElement value)
    {
        var result = new CanonicalObject();
        foreach (var member in value.EnumerateObject())
            if (Of(member.Value) is { } item) result[member.Name] = item;
        return result;
    }

    /// <summary>An instant, to the second or, where it has parts of one, to the ten-millionth.</summary>
    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString(InstantForm, CultureInfo.InvariantCulture);

    /// <summary>Reads such an instant; null when it is none.</summary>
    public static DateTimeOffset? Instant(string text) =>
        DateTimeOffset.TryParseExact(text, InstantForm, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null;

    /// <summary>A number, exactly.</summary>
    public static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}

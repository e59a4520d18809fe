using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Etl.Core.Secrets;

/// <summary>A credential or session token. Prints and serialises as <c>***</c>; only <see cref="Reveal"/> gives the value.</summary>
[JsonConverter(typeof(MaskingConverter))]
public sealed class Secret : IEquatable<Secret>
{
    private readonly string _value;

    /// <summary>Wraps a value.</summary>
    /// <exception cref="ArgumentException">The value is empty.</exception>
    public Secret(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _value = value;
    }

    /// <summary>The value, for the one place that sends it. Never log, store or format it.</summary>
    public string Reveal() => _value;

    /// <summary>
    /// Replaces this value by <c>***</c> wherever it stands in a text: plain, percent-encoded (in a path or a form) or as
    /// JSON writers escape it.
    /// </summary>
    public string MaskIn(string text)
    {
        foreach (var form in Forms()) text = text.Replace(form, "***", StringComparison.OrdinalIgnoreCase);
        return text;
    }

    private IEnumerable<string> Forms()
    {
        var percent = Uri.EscapeDataString(_value);
        var json = JsonEncodedText.Encode(_value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        return new[]
        {
            _value,
            percent,
            percent.Replace("%20", "+", StringComparison.Ordinal),
            JsonEncodedText.Encode(_value).ToString(),
            json,
            json.Replace("/", "\\/", StringComparison.Ordinal), // as PHP does
        }.Distinct(StringComparer.Ordinal);
    }

    /// <summary>Always <c>***</c>.</summary>
    public override string ToString() => "***";

    /// <inheritdoc/>
    public bool Equals(Secret? other) => other is not null && other._value == _value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secret);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode(StringComparison.Ordinal);

    private sealed class MaskingConverter : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException("A secret is never read from JSON.");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) =>
            writer.WriteStringValue("***");
    }
}

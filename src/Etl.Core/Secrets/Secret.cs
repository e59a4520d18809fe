using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Etl.Core.Secrets;

/// <summary>A credential or session token. Prints and serialises as <c>***</c>; only <see cref="Reveal"/> gives the value.</summary>
[JsonConverter(typeof(MaskingConverter))]
public sealed partial class Secret : IEquatable<Secret>
{
    /// <summary>Fewest characters of a form that are taken for the rest of it, where a text was cut.</summary>
    private const int ShortestRest = 12;

    /// <summary>Shorter forms are looked for whole: half of one could be a word.</summary>
    private const int ShortestCut = 20;

    /// <summary>Shortest value whose base64 inside of a longer text is looked for, for the same reason.</summary>
    private const int ShortestEncoded = 8;

    private readonly string _value;
    private readonly Lazy<IReadOnlyList<string>> _forms;

    /// <summary>Wraps a value.</summary>
    /// <exception cref="ArgumentException">The value is empty.</exception>
    public Secret(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        _value = value;
        _forms = new Lazy<IReadOnlyList<string>>(MakeForms);
    }

    /// <summary>The value, for the one place that sends it. Never log, store or format it.</summary>
    public string Reveal() => _value;

    /// <summary>
    /// Every form in which the value travels: plain, percent-encoded in upper and lower case (in a path or a form), as JSON writers escape it, and in
    /// base64, alone or inside of a longer text. As secret as the value.
    /// </summary>
    public IReadOnlyList<string> Forms => _forms.Value;

    /// <summary>
    /// Replaces this value by <c>***</c> wherever it stands in a text, in any of its <see cref="Forms"/>. Of a long form also what is left where the text
    /// was cut: its first or last half, or more.
    /// </summary>
    public string MaskIn(string text)
    {
        foreach (var form in Forms) text = text.Replace(form, "***", StringComparison.OrdinalIgnoreCase);
        if (text.Length < ShortestRest) return text;
        // Forms share pieces: of what is left of one, the longest match is the one that covers it.
        while (Forms.Where(f => f.Length >= ShortestCut).SelectMany(f => Pieces(text, f)).DefaultIfEmpty().MaxBy(p => p.Length) is { Length: > 0 } piece)
            text = string.Concat(text.AsSpan(0, piece.At), "***", text.AsSpan(piece.At + piece.Length));
        return text;
    }

    // The first place with the beginning of a form and the first with its end, as far as each goes on.
    private static IEnumerable<(int At, int Length)> Pieces(string text, string form)
    {
        // Less than half would also be the beginning of other sessions of the same account.
        var half = Math.Max(ShortestRest, form.Length / 2);
        var (head, tail) = (text.AsSpan().IndexOf(form.AsSpan(0, half), StringComparison.OrdinalIgnoreCase), text.AsSpan().IndexOf(form.AsSpan(form.Length - half), StringComparison.OrdinalIgnoreCase));
        if (head >= 0)
        {
            var length = half;
            while (length < form.Length && head + length < text.Length && Alike(text[head + length], form[length])) length++;
            yield return (head, length);
        }
        if (tail >= 0)
        {
            var more = 0;
            while (tail - more > 0 && half + more < form.Length && Alike(text[tail - more - 1], form[form.Length - half - more - 1])) more++;
            yield return (tail - more, half + more);
        }
    }

    private static bool Alike(char one, char other) => char.ToUpperInvariant(one) == char.ToUpperInvariant(other);

    private IReadOnlyList<string> MakeForms()
    {
        var percent = Uri.EscapeDataString(_value);
        var json = JsonEncodedText.Encode(_value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString();
        string[] forms =
        [
            _value,
            percent,
            Escape().Replace(percent, e => e.Value.ToLowerInvariant()),
            percent.Replace("%20", "+", StringComparison.Ordinal),
            JsonEncodedText.Encode(_value).ToString(),
            json,
            json.Replace("/", "\\/", StringComparison.Ordinal), // as PHP does
            .. Base64(0),
            .. _value.Length < ShortestEncoded ? [] : (string[])[.. Base64(1), .. Base64(2)],
        ];
        // The longest first: a form may be part of another one.
        return [.. forms.Distinct(StringComparer.Ordinal).OrderByDescending(f => f.Length)];
    }

    // Base64 of the value where so many bytes of its group stand before it ("user:" before a password); only characters that the value alone decides.
    private IEnumerable<string> Base64(int before)
    {
        byte[] bytes = [.. new byte[before], .. Encoding.UTF8.GetBytes(_value)];
        var text = Convert.ToBase64String(bytes).TrimEnd('=');
        text = text[(before == 0 ? 0 : before + 1)..(bytes.Length % 3 == 0 ? text.Length : text.Length - 1)];
        if (text.Length == 0) yield break;
        yield return text;
        yield return text.Replace('+', '-').Replace('/', '_');
    }

    [GeneratedRegex("%[0-9A-F]{2}")]
    private static partial Regex Escape();

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

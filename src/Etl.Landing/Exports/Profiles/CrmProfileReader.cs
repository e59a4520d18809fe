using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Text;

namespace Etl.Landing.Exports.Profiles;

/// <summary>Reads a profile file; its keys are described in <c>docs/exports.md</c>. Unknown keys are faults, so that no limit is overlooked for a typing mistake.</summary>
internal static class CrmProfileReader
{
    private static readonly string[] s_keys =
    [
        "about", "documentation", "bom", "delimiter", "line-end", "quote", "date", "datetime", "true", "false", "decimals", "max-rows", "max-bytes", "other-headers", "one-of", "headers",
    ];

    private static readonly string[] s_headerKeys = ["name", "type", "required", "max-length", "values"];

    /// <summary>Reads a profile.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="text">The file.</param>
    /// <param name="place">What messages call the file.</param>
    /// <exception cref="EtlException">It is no profile.</exception>
    public static CrmProfile Read(string name, byte[] text, string place)
    {
        try
        {
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var profile = new Fields(json.RootElement, "the profile", s_keys, place);
            var headers = profile.List("headers").Select((h, i) => Header(h, i + 1, place)).ToList();
            var oneOf = profile.List("one-of").Select(g => (IReadOnlyList<string>)[.. g.EnumerateArray().Select(h => h.GetString()!)]).ToList();
            Check(headers, oneOf, place);
            _ = profile.List("documentation").Select(d => d.GetString()).ToList();
            var form = new CrmForm();
            return new CrmProfile
            {
                Name = name,
                About = profile.Text("about") ?? throw profile.Fault("'about' is missing: one line that says what the profile is for"),
                Headers = headers,
                AllowsOtherHeaders = profile.Bool("other-headers", true),
                OneOf = oneOf,
                MaxRows = profile.Count("max-rows"),
                MaxBytes = profile.Count("max-bytes"),
                TextHash = Convert.ToHexStringLower(SHA256.HashData(text)),
                Form = new CrmForm
                {
                    HasByteOrderMark = profile.Bool("bom", form.HasByteOrderMark),
                    Delimiter = Delimiter(profile) ?? form.Delimiter,
                    EndsLinesWithCrLf = profile.Word("line-end", ["crlf", "lf"]) != "lf",
                    Quote = profile.Word("quote", ["needed", "text", "all"]) switch { "text" => CrmQuote.Text, "all" => CrmQuote.All, _ => CrmQuote.Needed },
                    Date = Format(profile, "date") ?? form.Date,
                    DateTime = Format(profile, "datetime") ?? form.DateTime,
                    True = profile.Text("true") ?? form.True,
                    False = profile.Text("false") ?? form.False,
                    Decimals = profile.Count("decimals") is { } digits ? digits <= 15 ? (int)digits : throw profile.Fault("'decimals' is more than 15 digits") : null,
                },
            };
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException)
        {
            throw Fault(place, $"it is not of the form that docs/exports.md describes: {fault.Message}", fault);
        }
    }

    /// <summary>The fault of a file that is no profile.</summary>
    public static EtlException Fault(string place, string what, Exception? cause = null) =>
        new(FaultKind.Usage, $"The profile '{place}' cannot be used: {what.TrimEnd('.')}.", cause) { Code = "crm-profile" };

    private static CrmHeader Header(JsonElement element, int number, string place)
    {
        var fields = new Fields(element, string.Create(CultureInfo.InvariantCulture, $"header {number}"), s_headerKeys, place);
        var type = fields.Word("type", [.. Enum.GetNames<CrmType>().Select(n => n.ToLowerInvariant())]);
        return new CrmHeader(
            fields.Text("name") is { Length: > 0 } name ? name : throw fields.Fault("'name' is missing"), type is null ? CrmType.Text : Enum.Parse<CrmType>(type, ignoreCase: true))
        {
            IsRequired = fields.Bool("required", false),
            MaxLength = (int?)fields.Count("max-length"),
            Values = [.. fields.List("values").Select(v => v.GetString()!)],
        };
    }

    private static void Check(List<CrmHeader> headers, List<IReadOnlyList<string>> oneOf, string place)
    {
        if (headers.GroupBy(h => h.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice) throw Fault(place, $"header '{twice.Key}' occurs twice");
        foreach (var header in oneOf.SelectMany(g => g).Where(h => headers.TrueForAll(k => k.Name != h)))
            throw Fault(place, $"'one-of' names '{header}', which is no header of it.{Nearest.Hint(header, headers.Select(h => h.Name))}");
    }

    private static char? Delimiter(Fields profile) => profile.Text("delimiter") switch
    {
        null => null,
        "," => ',',
        ";" => ';',
        "|" => '|',
        "\t" => '\t',
        _ => throw profile.Fault("'delimiter' is none of ',', ';', '|' and a tab"),
    };

    private static string? Format(Fields profile, string key)
    {
        if (profile.Text(key) is not { } format) return null;
        try
        {
            // A format that .NET does not know is found now and not at a cell in the night.
            _ = DateTime.UnixEpoch.ToString(format, CultureInfo.InvariantCulture);
            if (key == "date") _ = DateOnly.MinValue.ToString(format, CultureInfo.InvariantCulture);
            return format.Length > 1 ? format : throw profile.Fault($"'{key}' is no format such as yyyy-MM-dd");
        }
        catch (FormatException)
        {
            throw profile.Fault($"'{key}' is no format such as yyyy-MM-dd");
        }
    }

    /// <summary>An object whose keys are all known.</summary>
    private sealed class Fields
    {
        private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
        private readonly string _what, _place;

        public Fields(JsonElement element, string what, string[] keys, string place)
        {
            (_what, _place) = (what, place);
            foreach (var field in element.EnumerateObject())
            {
                if (!keys.Contains(field.Name)) throw Fault($"'{field.Name}' is no key of it.{Nearest.Hint(field.Name, keys)}");
                if (!_values.TryAdd(field.Name, field.Value)) throw Fault($"'{field.Name}' occurs twice");
            }
        }

        public string? Text(string key) => _values.TryGetValue(key, out var value) ? value.GetString() : null;

        public bool Bool(string key, bool fallback) => _values.TryGetValue(key, out var value) ? value.GetBoolean() : fallback;

        public long? Count(string key) =>
            !_values.TryGetValue(key, out var value) ? null
            : value.TryGetInt64(out var count) && (key == "decimals" ? count >= 0 : count is > 0 and <= 1L << 40) ? count
            : throw Fault($"'{key}' is no whole number that is large enough");

        public string? Word(string key, string[] words) =>
            Text(key) is not { } word ? null
            : words.Contains(word) ? word
            : throw Fault($"'{key}' is '{word}', and may be {string.Join(", ", words)}.{Nearest.Hint(word, words)}");

        public List<JsonElement> List(string key) => _values.TryGetValue(key, out var value) ? [.. value.EnumerateArray()] : [];

        public EtlException Fault(string what) => CrmProfileReader.Fault(_place, $"in {_what}, {what}");
    }
}

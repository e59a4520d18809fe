using System.Globalization;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>
/// The keys of one map of a job file. Unknown keys are reported at once; each accessor reads one key, reports what is
/// wrong with it and then gives the fallback, so that reading goes on and every fault is found.
/// </summary>
internal sealed class MapFields
{
    private readonly YamlMap _map;
    private readonly FaultList _faults;

    /// <summary>Opens a map.</summary>
    /// <param name="map">The map.</param>
    /// <param name="what">What it describes, with its article: <c>a job</c>.</param>
    /// <param name="known">Its keys.</param>
    /// <param name="faults">Takes the faults.</param>
    public MapFields(YamlMap map, string what, IReadOnlyList<string> known, FaultList faults)
    {
        (_map, What, _faults) = (map, what, faults);
        foreach (var entry in map.Entries)
        {
            if (known.Contains(entry.Key)) continue;
            faults.AtKey(entry, $"'{entry.Key}' is not a key of {what}.{Nearest.Hint(entry.Key, known)}");
        }
    }

    /// <summary>What the map describes.</summary>
    public string What { get; }

    /// <summary>The map itself.</summary>
    public YamlMap Node => _map;

    /// <summary>A key with a value, or null. A key without a value is reported here.</summary>
    public YamlEntry? Find(string key)
    {
        var entry = _map.Entries.FirstOrDefault(e => e.Key == key);
        if (entry?.Value is not YamlText { IsNothing: true }) return entry?.Value is YamlBroken ? null : entry;
        if (!_faults.Has(entry.Value.Path)) _faults.AtKey(entry, $"'{key}' has no value. Give one, or leave the key out.");
        return null;
    }

    /// <summary>True when the key is written, whatever its value.</summary>
    public bool Has(string key) => _map.Entries.Any(e => e.Key == key);

    /// <summary>Reports a key that has to be there and is not; the message says why or gives an example.</summary>
    public void Require(string key, string help)
    {
        if (!Has(key)) _faults.At(_map, $"{Capital(What)} needs '{key}'. {help}");
    }

    /// <summary>A text.</summary>
    public string? Text(string key) => Find(key) is { } entry ? TextOf(entry.Value, $"'{key}'") : null;

    /// <summary>A text that a function turns into a value; it gives null where it cannot, and <paramref name="expected"/> completes the message.</summary>
    public T Parsed<T>(string key, T fallback, Func<string, T?> parse, string expected)
        where T : struct
    {
        if (Text(key) is not { } text) return fallback;
        if (parse(text) is { } value) return value;
        _faults.At(Find(key)!.Value, $"'{text}' is not a value of '{key}'. {expected}");
        return fallback;
    }

    /// <summary>A text that has to follow a rule for names.</summary>
    public string? Named(string key, Func<string, bool> rule, string expected)
    {
        if (Text(key) is not { } text) return null;
        if (rule(text)) return text;
        _faults.At(Find(key)!.Value, $"'{text}' is not a value of '{key}'. {expected}");
        return null;
    }

    /// <summary>One of several words.</summary>
    public T Choice<T>(string key, T fallback, params (string Word, T Value)[] words)
    {
        if (Text(key) is not { } text) return fallback;
        foreach (var (word, value) in words)
            if (word == text) return value;
        var names = words.Select(w => w.Word).ToList();
        _faults.At(Find(key)!.Value, $"'{text}' is not a value of '{key}'. Expected {Words.Or(names)}.{Nearest.Hint(text, names)}");
        return fallback;
    }

    /// <summary>A whole number within bounds.</summary>
    public int Whole(string key, int least, int most, int fallback) => Parsed<int>(
        key,
        fallback,
        text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : null,
        string.Create(CultureInfo.InvariantCulture, $"Expected a whole number from {least} to {most}."));

    /// <summary>True or false.</summary>
    public bool Flag(string key, bool fallback) => Parsed<bool>(
        key, fallback, text => text switch { "true" or "True" or "TRUE" => true, "false" or "False" or "FALSE" => false, _ => null }, "Expected true or false.");

    /// <summary>A list of texts that are not empty.</summary>
    public IReadOnlyList<string> Texts(string key) => Find(key) is { } entry ? TextsOf(entry) : [];

    /// <summary>A list of texts, each of which has to follow a rule and may stand there once.</summary>
    public IReadOnlyList<string> UniqueTexts(string key, Func<string, string?> fault)
    {
        var texts = Texts(key);
        if (Find(key)?.Value is not YamlList list || texts.Count != list.Items.Count) return texts;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < texts.Count; i++)
        {
            if (fault(texts[i]) is { } message) _faults.At(list.Items[i], message);
            else if (!seen.Add(texts[i])) _faults.At(list.Items[i], $"'{texts[i]}' stands twice in '{key}'.");
        }
        return texts;
    }

    /// <summary>A map inside this one.</summary>
    public YamlMap? Map(string key) => Find(key) is { } entry ? MapOf(entry, $"'{key}'", _faults) : null;

    /// <summary>The value of an entry as a map; reported and null when it is something else.</summary>
    public static YamlMap? MapOf(YamlEntry entry, string name, FaultList faults)
    {
        if (entry.Value is YamlMap map) return map;
        if (entry.Value is not YamlBroken) faults.At(entry.Value, $"{name} takes keys with values, not {Words.Kind(entry.Value)}.");
        return null;
    }

    /// <summary>The items of a list of texts; reported and left out when one is something else.</summary>
    public IReadOnlyList<string> TextsOf(YamlEntry entry)
    {
        if (entry.Value is not YamlList list)
        {
            if (entry.Value is not YamlBroken) _faults.At(entry.Value, $"'{entry.Key}' takes a list such as [a, b], not {Words.Kind(entry.Value)}.");
            return [];
        }
        if (list.Items.Count == 0) _faults.At(list, $"'{entry.Key}' is an empty list. Give a value, or leave the key out.");
        var texts = new List<string>();
        foreach (var item in list.Items)
            if (TextOf(item, $"An item of '{entry.Key}'") is { } text) texts.Add(text);
        return texts;
    }

    /// <summary>A scalar that holds something; reported and null when it is something else.</summary>
    public string? TextOf(YamlNode node, string name)
    {
        switch (node)
        {
            case YamlBroken:
                return null;
            case YamlText { IsNothing: true } text:
                _faults.At(node, text.Value.Length == 0
                    ? $"{name} is empty."
                    : $"{name} is '{text.Value}', which means nothing in YAML. Put quotes around it if it is a text.");
                return null;
            case YamlText { Value.Length: 0 } text:
                _faults.At(node, $"{name} is an empty text.{(text.Block ? " An unquoted '|' or '>' begins a block of lines: put quotes around it." : "")}");
                return null;
            case YamlText text:
                return text.Value;
            default:
                _faults.At(node, $"{name} takes one value, not {Words.Kind(node)}.");
                return null;
        }
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads a <c>source:</c> of <c>action: entries</c>, <c>captions</c> or <c>events</c>. What its filter and search take is judged by the client's rules.</summary>
internal sealed class ListSourceReader(ICatalog catalog, FaultList faults)
{
    private const string Events = "events";

    /// <summary>The actions.</summary>
    public static readonly IReadOnlyList<string> Actions = ["entries", "captions", Events];

    private static readonly string[] s_keys = ["action", "filter", "search", "take", "privileges", "accounts"];

    private static readonly string[] s_eventKeys = ["action", "privileges", "accounts"];

    /// <summary>True for a map that this reader reads.</summary>
    public static bool Reads(YamlMap map) => map.Entries.Any(e => e is { Key: "action", Value: YamlText t } && Actions.Contains(t.Value));

    /// <summary>Reads the source.</summary>
    public SourceDraft Read(string name, YamlMap map, bool named)
    {
        var action = ((YamlText)map.Entries.First(e => e.Key == "action").Value).Value;
        var source = action == Events
            ? new MapFields(map, "an events source", s_eventKeys, faults)
            : new MapFields(map, action == "entries" ? "an entries source" : "a captions source", s_keys, faults);
        var spec = new SourceSpec
        {
            Name = name,
            Action = action,
            Filter = Values(source, "filter"),
            Search = Values(source, "search"),
            Take = source.Choice("take", SourceSpec.TakeAll, (SourceSpec.TakeAll, SourceSpec.TakeAll), (SourceSpec.TakeCreated, SourceSpec.TakeCreated), (SourceSpec.TakeUpdated, SourceSpec.TakeUpdated)),
            Privileges = source.UniqueTexts("privileges", SourceReader.PrivilegeFault),
        };
        spec = new AccountsReader(catalog, faults).Read(spec, source);
        return new SourceDraft(name, map, spec, null, named);
    }

    private Dictionary<string, FilterValue> Values(MapFields source, string key)
    {
        var values = new Dictionary<string, FilterValue>(StringComparer.Ordinal);
        if (source.Map(key) is not { } map) return values;
        if (map.Entries.Count == 0) faults.At(map, $"'{key}' is empty. Give a field, or leave the key out.");
        var fields = new MapFields(map, $"a {key}", [.. map.Entries.Select(e => e.Key)], faults);
        foreach (var entry in map.Entries)
        {
            if (fields.Find(entry.Key) is null) continue;
            if (entry.Value is YamlList list)
            {
                if (fields.TextsOf(entry) is { Count: > 0 } texts && texts.Count == list.Items.Count) values.TryAdd(entry.Key, new FilterValue(texts, IsList: true));
            }
            else if (fields.TextOf(entry.Value, $"Field '{entry.Key}'") is { } text)
            {
                values.TryAdd(entry.Key, new FilterValue([text], IsList: false));
            }
        }
        return values;
    }
}

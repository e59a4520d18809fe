using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads a <c>source:</c> of <c>action: microservice</c>, which has keys of its own. What its report takes is judged by the client's rules.</summary>
internal sealed class MicroserviceSourceReader(ICatalog catalog, FaultList faults)
{
    /// <summary>The action.</summary>
    public const string Action = "microservice";

    private static readonly string[] s_keys = ["name", "action", "parameters", "dates", "privileges"];

    /// <summary>True for a map that this reader reads.</summary>
    public static bool Reads(YamlMap map) => map.Entries.Any(e => e is { Key: "action", Value: YamlText { Value: Action } });

    /// <summary>Reads the source; the spec is null when its report could not be read.</summary>
    public SourceDraft Read(string name, YamlMap map, bool named)
    {
        var source = new MapFields(map, "a microservice source", s_keys, faults);
        source.Require("name", "Write the name of the report, such as 'name: pollsActivity'.");
        var text = source.Text("name");
        // Other reports may have the name of one of these in other letters.
        var report = text is not null && catalog.FindReport(text) is { Background: not null } known ? known : null;
        var spec = new SourceSpec
        {
            Name = name,
            Action = Action,
            Background = report?.Id ?? text,
            Parameters = Parameters(source),
            Dates = source.Choice("dates", null, ("iso", "iso"), ("unix", "unix"), ("none", (string?)"none")),
            Privileges = source.UniqueTexts("privileges", SourceReader.PrivilegeFault),
        };
        return new SourceDraft(name, map, text is null ? null : spec, report, named);
    }

    private Dictionary<string, FilterValue> Parameters(MapFields source)
    {
        var values = new Dictionary<string, FilterValue>(StringComparer.Ordinal);
        if (source.Map("parameters") is not { } map) return values;
        if (map.Entries.Count == 0) faults.At(map, "'parameters' is empty. Give a parameter, or leave the key out.");
        var fields = new MapFields(map, "parameters", [.. map.Entries.Select(e => e.Key)], faults);
        foreach (var entry in map.Entries)
        {
            if (fields.Find(entry.Key) is null) continue;
            if (entry.Value is YamlMap)
                faults.At(entry.Value, $"Parameter '{entry.Key}' takes a value or a list. Write parameters inside it with dots: '{entry.Key}.name: value'.");
            else if (entry.Value is YamlList list)
            {
                if (fields.TextsOf(entry) is { Count: > 0 } texts && texts.Count == list.Items.Count) values.TryAdd(entry.Key, new FilterValue(texts, IsList: true));
            }
            else if (fields.TextOf(entry.Value, $"Parameter '{entry.Key}'") is { } value)
                values.TryAdd(entry.Key, new FilterValue([value], IsList: false));
        }
        return values;
    }
}

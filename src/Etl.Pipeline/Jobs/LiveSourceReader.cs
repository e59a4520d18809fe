using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads a <c>source:</c> of the actions that watch live entries, which have keys of their own.</summary>
internal sealed class LiveSourceReader(ICatalog catalog, FaultList faults)
{
    private const string Events = "live-events", Beacons = "beacons", StreamStatus = "stream-status";

    /// <summary>The actions.</summary>
    public static readonly string[] Actions = [Events, Beacons, StreamStatus];

    /// <summary>True for a map that this reader reads.</summary>
    public static bool Reads(YamlMap map) => map.Entries.Any(e => e is { Key: "action", Value: YamlText { Value: var action } } && Actions.Contains(action));

    /// <summary>Reads the source; the spec is null when it names no entry.</summary>
    public SourceDraft Read(string name, YamlMap map, bool named)
    {
        var action = map.Entries.Select(e => e is { Key: "action", Value: YamlText text } ? text.Value : null).First(Actions.Contains)!;
        string[] own = action switch { Events => ["live"], Beacons => ["kind"], _ => [] };
        var source = new MapFields(map, $"a {action} source", ["action", "entries", .. own, "privileges", "accounts"], faults);
        source.Require("entries", "Write the ids of the live entries, such as 'entries: [1_abc]'.");
        if (action == Beacons) source.Require("kind", "Write 'kind: health' for alerts or 'kind: diagnostics' for what the encoder sends.");
        var spec = new SourceSpec
        {
            Name = name,
            Action = action,
            Entries = source.UniqueTexts("entries", id => id.Any(c => c is ',' or '|' or ';' || char.IsWhiteSpace(c)) ? $"'{id}' is not the id of an entry. Write several as a list: [1_abc, 1_def]." : null),
            Kind = action == Beacons ? source.Choice<string?>("kind", null, ("health", "health"), ("diagnostics", "diagnostics")) : null,
            LiveOnly = action == Events && source.Flag("live", false),
            Privileges = source.UniqueTexts("privileges", SourceReader.PrivilegeFault),
        };
        spec = new AccountsReader(catalog, faults).Read(spec, source);
        var whole = spec.Entries.Count > 0 && (action != Beacons || spec.Kind is not null);
        return new SourceDraft(name, map, whole ? spec : null, null, named);
    }
}

using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads a <c>source:</c> of <c>action: custom-csv</c>, which has keys of its own. What its report takes is judged by the client's rules.</summary>
internal sealed class CustomSourceReader(ICatalog catalog, FaultList faults)
{
    /// <summary>The action.</summary>
    public const string Action = "custom-csv";

    private static readonly string[] s_keys = ["custom", "action", "params", "exclude", "dates", "privileges", "accounts"];

    /// <summary>True for a map that this reader reads.</summary>
    public static bool Reads(YamlMap map) => map.Entries.Any(e => e is { Key: "action", Value: YamlText { Value: Action } });

    /// <summary>Reads the source; the spec is null when its report could not be read.</summary>
    public SourceDraft Read(string name, YamlMap map, bool named)
    {
        var source = new MapFields(map, "a custom-csv source", s_keys, faults);
        var (id, report) = Custom(source);
        var spec = new SourceSpec
        {
            Name = name,
            Action = Action,
            Custom = id,
            Params = Params(source),
            Exclude = source.UniqueTexts("exclude", n => n.Contains(',', StringComparison.Ordinal) ? $"'{n}' holds a comma, which separates names. Write one column per item." : null),
            Dates = source.Choice("dates", null, ("ids", "ids"), ("unix", (string?)"unix")),
            Privileges = source.UniqueTexts("privileges", SourceReader.PrivilegeFault),
        };
        spec = new AccountsReader(catalog, faults).Read(spec, source);
        return new SourceDraft(name, map, id is null ? null : spec, report, named);
    }

    private (string? Id, ReportType? Report) Custom(MapFields source)
    {
        source.Require("custom", "Write the id of the custom report, such as 'custom: 3007'.");
        if (source.Text("custom") is not { } text) return (null, null);
        if (catalog.FindReport(text) is { } report) return (report.Id, report);
        // A deployment may define reports that no list knows.
        if (text.All(char.IsAsciiDigit)) return (text, null);
        faults.At(source.Find("custom")!.Value, $"'{text}' is not a custom report. Expected its id, or a name that 'etl reports custom-csv' lists.");
        return (null, null);
    }

    private Dictionary<string, string> Params(MapFields source)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        if (source.Map("params") is not { } map) return values;
        if (map.Entries.Count == 0) faults.At(map, "'params' is empty. Give a parameter, or leave the key out.");
        var fields = new MapFields(map, "params", [.. map.Entries.Select(e => e.Key)], faults);
        foreach (var entry in map.Entries)
            if (fields.Find(entry.Key) is not null && fields.TextOf(entry.Value, $"Parameter '{entry.Key}'") is { } value) values.TryAdd(entry.Key, value);
        return values;
    }
}

using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>filter:</c> of a source against the filter fields of the catalogue. Values stay text as written.</summary>
internal sealed class FilterReader(ICatalog catalog, FaultList faults)
{
    /// <summary>Fields that belong to the window or stand beside the filter, with what to do instead.</summary>
    private static readonly Dictionary<string, string> s_ours = new(StringComparer.Ordinal)
    {
        ["fromDate"] = "It is filled in from the window.",
        ["toDate"] = "It is filled in from the window.",
        ["fromDay"] = "It is filled in from the window.",
        ["toDay"] = "It is filled in from the window.",
        ["timeZoneOffset"] = "It is filled in from the window's time zone.",
        ["interval"] = "Write 'interval' beside 'filter', not in it.",
        ["objectType"] = "It is chosen from the fields that are used.",
    };

    /// <summary>Reads the filter of a source; empty when it has none.</summary>
    public IReadOnlyDictionary<string, FilterValue> Read(MapFields source)
    {
        var values = new Dictionary<string, FilterValue>(StringComparer.Ordinal);
        if (source.Map("filter") is not { } filter) return values;
        if (filter.Entries.Count == 0) faults.At(filter, "'filter' is empty. Give a field, or leave the key out.");
        // Only the accessors of the fields are used here: names are checked against the catalogue, field by field.
        var fields = new MapFields(filter, "a filter", [.. filter.Entries.Select(e => e.Key)], faults);
        foreach (var entry in filter.Entries)
            if (IsUsable(entry) && Value(fields, entry) is { } value) values.Add(entry.Key, value);
        return values;
    }

    private bool IsUsable(YamlEntry entry)
    {
        if (s_ours.TryGetValue(entry.Key, out var instead))
            faults.AtKey(entry, $"'{entry.Key}' is not written in a filter. {instead}");
        else if (!catalog.Filters.TryGetValue(entry.Key, out var field))
            faults.AtKey(entry, $"'{entry.Key}' is not a filter field.{Nearest.Hint(entry.Key, catalog.Filters.Keys.Except(s_ours.Keys))}");
        else if (field.Deprecated)
            faults.AtKey(entry, $"The service no longer reads filter field '{entry.Key}'. Leave it out.");
        else if (field.Type is "object")
            faults.AtKey(entry, $"Filter field '{entry.Key}' comes with a later version of etl.");
        else
            return true;
        return false;
    }

    private FilterValue? Value(MapFields fields, YamlEntry entry)
    {
        var field = catalog.Filters[entry.Key];
        if (fields.Find(entry.Key) is null) return null;
        if (entry.Value is YamlList list)
        {
            if (!field.MultiValue)
            {
                faults.At(list, $"Filter field '{entry.Key}' takes one value, not a list.");
                return null;
            }
            var texts = fields.TextsOf(entry);
            return texts.Count == list.Items.Count && texts.Count > 0 ? new FilterValue(texts, IsList: true) : null;
        }
        if (fields.TextOf(entry.Value, $"Filter field '{entry.Key}'") is not { } text) return null;
        if (FindTypeFault(field, text) is not { } fault) return new FilterValue([text], IsList: false);
        faults.At(entry.Value, fault);
        return null;
    }

    private static string? FindTypeFault(FilterField field, string text) => field.Type switch
    {
        "bool" when text is not ("true" or "false") => $"'{text}' is not a value of filter field '{field.Name}'. Expected true or false.",
        "int64" when !long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            => $"'{text}' is not a value of filter field '{field.Name}'. Expected a whole number.",
        _ => null,
    };
}

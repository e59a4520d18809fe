using System.Globalization;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Lists;

/// <summary>
/// What can be wrong with a source of <c>action: entries</c>, <c>captions</c> or <c>events</c>. The service drops fields that it does not know
/// without a word (wire facts 1.2): the list would hold more than was asked for.
/// </summary>
internal static class ListRules
{
    public const string Entries = "entries", Captions = "captions", Events = "events";

    /// <summary>True for the actions of lists.</summary>
    public static bool Covers(string action) => action is Entries or Captions or Events;

    /// <summary>Checks the source.</summary>
    public static void Check(SourceSpec spec, Action<string, string> add)
    {
        if (spec.Action == Events)
        {
            if (spec.Filter.Count > 0 || spec.Search.Count > 0 || spec.Take != SourceSpec.TakeAll) add("action", "Events are taken as they came in the window, all of them; leave 'filter', 'search' and 'take' out.");
            return;
        }
        var facts = ListFacts.Of(spec.Action);
        foreach (var (name, value) in spec.Filter)
            if (facts.Filters.GetValueOrDefault(name) is { } field) CheckValues($"filter.{name}", field, value, add);
            else add($"filter.{name}", Unknown(name, facts.Filters.Keys));
        CheckSearch(spec, add);
        if (spec.Take is not (SourceSpec.TakeAll or SourceSpec.TakeCreated or SourceSpec.TakeUpdated))
            add("take", $"'{spec.Take}' is not a way to take entries; expected all, created or updated.");
        else if (spec.Action == Captions && spec.Take != SourceSpec.TakeAll)
            add("take", "Captions are taken of all entries that were created before the window's end; leave 'take' out.");
        else if (spec.Take == SourceSpec.TakeUpdated && spec.Filter.Keys.FirstOrDefault(k => k.StartsWith("updatedAt", StringComparison.Ordinal)) is { } ours)
            add($"filter.{ours}", $"'{ours}' is filled in from the window with 'take: updated'; leave it out.");
        if (spec is { Action: Captions, Search.Count: > 0 } && spec.Filter.Keys.FirstOrDefault(CaptionSource.IsEntryField) is { } named)
            add("search", $"'{named}' names the entries already; leave 'search' out.");
    }

    private static void CheckSearch(SourceSpec spec, Action<string, string> add)
    {
        var fields = ListFacts.Of(Entries).Search;
        if (spec is { Action: Entries, Search.Count: > 0, Filter.Count: > 0 })
            add("search", "'filter' asks baseEntry.list and 'search' asks the search; write one of them.");
        foreach (var (name, value) in spec.Search)
        {
            var path = $"search.{name}";
            if (name == SearchQuery.Captions)
            {
                if (value.Values is not ["exists" or "missing"]) add(path, $"'{string.Join(", ", value.Values)}' cannot be asked of captions; expected exists or missing.");
                else if (spec.Action == Captions && value.Values[0] == "missing") add(path, "Entries without captions have none to pull; write 'captions: exists', or leave it out.");
            }
            else if (fields.GetValueOrDefault(name) is { } field) CheckValues(path, field, value, add);
            else add(path, $"'{name}' is not a field of the search; the service would refuse it or match nothing.{Nearest.Hint(name, [.. fields.Keys, SearchQuery.Captions])}");
        }
    }

    private static string Unknown(string name, IEnumerable<string> known) => name switch
    {
        "createdAtGreaterThanOrEqual" or "createdAtLessThanOrEqual" => $"'{name}' is filled in from the window; leave it out. 'take: created' takes what was created in it.",
        "orderBy" => "The order is what makes the list provably whole; leave it out.",
        "partnerIdEqual" or "partnerIdIn" => $"'{name}' is not written in a filter. Use 'accounts'.",
        "objectType" => "'objectType' is chosen from the fields that are used; leave it out.",
        _ => $"'{name}' is not a filter field of this list; the service would silently ignore it.{Nearest.Hint(name, known)}",
    };

    private static void CheckValues(string path, ListField field, FilterValue value, Action<string, string> add)
    {
        if (value.Values.Count == 0) add(path, "The list is empty; the service would ignore the field. Leave it out or give values.");
        if (value.Values.Count > 1 && !field.Many) add(path, $"'{field.Name}' takes one value, not a list.");
        for (var i = 0; i < value.Values.Count; i++)
            if (FaultOf(field, value.Values[i]) is { } fault) add(value.IsList ? $"{path}[{i}]" : path, fault);
    }

    private static string? FaultOf(ListField field, string value)
    {
        if (value.Length == 0) return "The value is empty.";
        if (value.Any(char.IsControl)) return "The value holds a control character, which the service refuses.";
        if (field.Many && value.Contains(',', StringComparison.Ordinal)) return $"'{value}' holds a comma, which separates values in the request: the service would take it for several. Write several values as a list.";
        if (field.Values.Count > 0 && !field.Values.Contains(value, StringComparer.Ordinal)) return $"'{value}' is not a value of '{field.Name}'; expected {string.Join(", ", field.Values)}.";
        return field.Form switch
        {
            "int" when !long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) => $"'{value}' is not a whole number.",
            "bool" when value is not ("true" or "false") => $"'{value}' is not true or false.",
            "time" when !long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds <= ReportQuery.LargestRelativeTime =>
                $"'{value}' is not an absolute unix time in seconds; the service takes numbers up to {ReportQuery.LargestRelativeTime} as relative to now, so no window could be pulled twice alike.",
            _ => null,
        };
    }
}

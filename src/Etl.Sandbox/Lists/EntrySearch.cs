using System.Globalization;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Lists;

/// <summary>
/// The conditions of elasticsearch_esearch.searchEntry: an operator (1 and, 2 or, 3 not) over entry items, caption items and further
/// operators. Entry fields: id, name, created_at, updated_at, user_id, tags, admin_tags, media_type; any other matches nothing. Item types: 1 exact,
/// 2 partial, 3 starts with, 4 exists, 5 range. The public guide asks for existing captions with type 3 and no text, so that counts too.
/// </summary>
internal sealed class EntrySearch(EventStore store, Assets assets)
{
    public bool Matches(ParamNode? node, int entry) => node?.TextOf("objectType") switch
    {
        "KalturaESearchEntryOperator" => Combine(node, entry),
        "KalturaESearchCaptionItem" => Assets.CaptionCount(entry) > 0 && node.TextOf("searchTerm") is not { Length: > 0 },
        "KalturaESearchEntryItem" => MatchesField(node, entry),
        _ => node?["searchItems"] is not null && Combine(node, entry),
    };

    /// <summary>What an entry is ordered by: <c>updated_at</c>, or else its creation.</summary>
    public static long TimeOf(EventStore store, string? field, int entry) => store.Entries.CreatedAt(entry) + (field == "updated_at" ? 3_600 : 0);

    private bool Combine(ParamNode node, int entry)
    {
        var items = (node["searchItems"]?.Children ?? []).Select(item => item.Value);
        return node.TextOf("operator") switch
        {
            "2" => items.Any(item => Matches(item, entry)),
            "3" => !items.Any(item => Matches(item, entry)),
            _ => items.All(item => Matches(item, entry)),
        };
    }

    private bool MatchesField(ParamNode item, int entry)
    {
        var value = Field(item.TextOf("fieldName"), entry);
        if (value is null)
            return false;
        var term = item.TextOf("searchTerm") ?? "";
        return item.TextOf("itemType") switch
        {
            "2" => value.Contains(term, StringComparison.OrdinalIgnoreCase),
            "3" => value.StartsWith(term, StringComparison.OrdinalIgnoreCase),
            "4" => value.Length > 0,
            "5" => InRange(item["range"], PhpCast.ToInt(value)),
            _ => value.Equals(term, StringComparison.OrdinalIgnoreCase),
        };
    }

    private string? Field(string? name, int entry) => name switch
    {
        "id" or "_id" => store.Entries.Id(entry),
        "name" => EntryBook.Name(entry),
        "created_at" => store.Entries.CreatedAt(entry).ToString(CultureInfo.InvariantCulture),
        "updated_at" => TimeOf(store, "updated_at", entry).ToString(CultureInfo.InvariantCulture),
        "user_id" or "creator_id" => assets.OwnerOf(entry),
        "admin_tags" => EntryBook.AdminTag(entry),
        "tags" => "",
        "media_type" => store.Entries.MediaType(entry).ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    private static bool InRange(ParamNode? range, long value) =>
        Bound(range, "greaterThanOrEqual", long.MinValue) <= value
        && value <= Bound(range, "lessThanOrEqual", long.MaxValue)
        && (range?.TextOf("greaterThan") is not { } above || value > PhpCast.ToInt(above))
        && (range?.TextOf("lessThan") is not { } below || value < PhpCast.ToInt(below));

    private static long Bound(ParamNode? range, string name, long otherwise) => range?.TextOf(name) is { } text ? PhpCast.ToInt(text) : otherwise;
}

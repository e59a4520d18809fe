using System.Globalization;
using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Events;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Lists;

/// <summary>
/// List actions that a connector joins its reports with: baseEntry.list, elasticsearch_esearch.searchEntry, caption_captionAsset.list,
/// entryServerNode.list and user.list. Only administrators may call them here.
/// </summary>
internal sealed class ListService(EventStore store, Assets assets, TimeProvider clock)
{
    private static readonly string[] StatusFields = ["statusEqual", "statusIn", "statusNotEqual", "statusNotIn"];

    private readonly EntrySearch _search = new(store, assets);

    /// <summary>The actions by service, in lower case.</summary>
    public IEnumerable<KeyValuePair<string, ServiceCall>> Services =>
    [
        Service("baseentry", "list", Entries),
        Service("elasticsearch_esearch", "searchEntry", Search),
        Service("caption_captionasset", "list", Captions),
        Service("entryservernode", "list", Nodes),
        Service("user", "list", Users),
    ];

    private KeyValuePair<string, ServiceCall> Service(string name, string only, Func<ParamNode, ListFilter, ListPager, ApiObject> run) =>
        KeyValuePair.Create(name, (ServiceCall)((action, call, session, _) =>
        {
            if (!action.Equals(only, StringComparison.OrdinalIgnoreCase))
                throw ApiException.UnknownAction(name, action);
            Dispatcher.RequireAdmin(session, name, only);
            return run(call, new ListFilter(call["filter"], Now(session)), ListPager.Read(call["pager"]));
        }));

    private long Now(KalturaSession? session) =>
        session?.PrivilegeValue("reftime") is { } reference ? PhpCast.ToInt(reference) : clock.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Only ready entries, unless the filter speaks of status.</summary>
    private ApiObject Entries(ParamNode call, ListFilter filter, ListPager pager)
    {
        var entries = store.Entries;
        var anyStatus = StatusFields.Any(field => filter[field] is not null);
        var matches = Candidates(filter).Where(entry =>
            (anyStatus ? filter.Allows("status", EntryBook.Status(entry)) : EntryBook.Status(entry) == "2")
            && filter.InRange("createdAt", entries.CreatedAt(entry))
            && filter.InRange("updatedAt", entries.CreatedAt(entry) + 3_600)
            && filter.Allows("mediaType", entries.MediaType(entry))
            && filter.Allows("type", entries.IsLive(entry) ? "7" : "1")
            && filter.Allows("userId", assets.OwnerOf(entry))
            && InCategories(filter, entry));
        return pager.Reply("KalturaBaseEntryListResponse", filter.ByCreation(matches, entries.CreatedAt), assets.Entry);
    }

    private IEnumerable<int> Candidates(ListFilter filter) => filter.Values("id") is { } ids
        ? ids.Select(store.Entries.Find).Where(entry => entry >= 0 && store.Entries.IsResolvable(entry)).Distinct()
        : assets.Entries;

    private bool InCategories(ListFilter filter, int entry) =>
        filter["categoriesIdsMatchOr"] is not { } ids
        || ids.Split(',').Contains(Vocabulary.Categories[store.Entries.CategoryOf(entry)].Id.ToString(CultureInfo.InvariantCulture));

    private ApiObject Search(ParamNode call, ListFilter filter, ListPager pager)
    {
        var root = call["searchParams"] is { IsMap: true } parameters ? parameters["searchOperator"] : throw ApiException.Missing("searchParams");
        // Ready entries only, and by relevance (here: in the order of the index) unless an order is asked for.
        var found = assets.Entries.Where(entry => EntryBook.Status(entry) == "2" && _search.Matches(root, entry));
        var order = call["searchParams"]!["orderBy"]?["orderItems"]?["0"];
        List<int> matches = order is null ? [.. found]
            : order.TextOf("sortOrder") == "asc" ? [.. found.OrderBy(entry => EntrySearch.TimeOf(store, order.TextOf("sortField"), entry))]
            : [.. found.OrderByDescending(entry => EntrySearch.TimeOf(store, order.TextOf("sortField"), entry))];
        return pager.Reply("KalturaESearchEntryResponse", matches, entry => new ApiObject("KalturaESearchEntryResult",
            ("object", assets.Entry(entry)), ("itemsData", new List<object?>())));
    }

    /// <summary>Assets are listed per entry or by id; without either the service refuses.</summary>
    private ApiObject Captions(ParamNode call, ListFilter filter, ListPager pager)
    {
        if (filter.Values("entryId") is null && filter.Values("id") is null)
        {
            throw new ApiException("PROPERTY_VALIDATION_CANNOT_BE_NULL", "The property \"KalturaAssetFilter::entryIdEqual/entryIdIn/idEqual/idIn\" cannot be NULL",
                ("PROP_NAME", "KalturaAssetFilter::entryIdEqual/entryIdIn/idEqual/idIn"));
        }
        var matches = assets.Captions.Where(c => filter.Allows("entryId", store.Entries.Id(c.Item1)) && filter.Allows("id", Assets.CaptionId(c))
            && filter.Allows("status", 2) && filter.InRange("createdAt", assets.CaptionCreatedAt(c)));
        if (filter["orderBy"] == "+createdAt") matches = matches.OrderBy(assets.CaptionCreatedAt);
        return pager.Reply("KalturaCaptionAssetListResponse", matches.ToList(), assets.Caption, capped: false);
    }

    private ApiObject Nodes(ParamNode call, ListFilter filter, ListPager pager)
    {
        var matches = assets.Nodes.Where(n => filter.Allows("entryId", store.Entries.Id(n.Item1)) && filter.Allows("status", n.Item2 == 0 ? 1 : 0)).ToList();
        return pager.Reply("KalturaEntryServerNodeListResponse", matches, assets.Node, capped: false);
    }

    private ApiObject Users(ParamNode call, ListFilter filter, ListPager pager)
    {
        var candidates = filter.Values("id") is { } ids ? ids.Select(store.Users.Find).Where(user => user >= 0 && store.Users.IsResolvable(user)).Distinct() : assets.Users;
        var matches = candidates.Where(user => filter.InRange("createdAt", store.Users.CreatedAt(user)) && filter.Allows("status", 1));
        return pager.Reply("KalturaUserListResponse", filter.ByCreation(matches, store.Users.CreatedAt), assets.User);
    }
}

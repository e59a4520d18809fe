using System.Globalization;
using Etl.Core.Jobs;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Lists;

/// <summary>A list that can be asked for by ranges of one of its times, oldest first.</summary>
internal interface IListQuery
{
    /// <summary>Member of the objects with that time.</summary>
    string TimeName { get; }

    /// <summary>One page of the objects whose time lies in a range of unix seconds, both ends included.</summary>
    ApiRequest Page(long from, long to, int page, int size);
}

/// <summary>Parts that the requests of all lists share.</summary>
internal static class ListForm
{
    /// <summary>
    /// Smallest time that is sent: smaller ones are relative to now for the service (wire facts 1.2). It lies in 1979, before any account.
    /// </summary>
    public const long FirstTime = 315_360_001;

    /// <summary>Largest time that is sent: the year 2100.</summary>
    public const long LastTime = 4_102_444_800;

    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static void AddPager(List<KeyValuePair<string, string>> fields, int page, int size)
    {
        fields.Add(new("pager[objectType]", "KalturaFilterPager"));
        fields.Add(new("pager[pageSize]", Text(size)));
        fields.Add(new("pager[pageIndex]", Text(page)));
    }

    /// <summary>Fields of a filter under the plainest type that has them all: other fields are dropped without a word (wire facts 1.2).</summary>
    public static void AddFilter(List<KeyValuePair<string, string>> fields, ListFacts facts, IReadOnlyDictionary<string, FilterValue> filter, params ReadOnlySpan<string> types)
    {
        var type = types[0];
        foreach (var candidate in types)
            if (filter.Keys.Any(k => facts.Filters.GetValueOrDefault(k)?.Of == candidate)) type = candidate;
        fields.Add(new("filter[objectType]", type));
        foreach (var (name, value) in filter.OrderBy(f => f.Key, StringComparer.Ordinal)) fields.Add(new($"filter[{name}]", string.Join(',', value.Values)));
    }

    /// <summary>Asks the service to leave out members that hold credentials.</summary>
    public static void AddProfile(List<KeyValuePair<string, string>> fields, ListFacts facts)
    {
        // Type 2 is "all but these".
        fields.Add(new("responseProfile[objectType]", "KalturaDetachedResponseProfile"));
        fields.Add(new("responseProfile[type]", "2"));
        fields.Add(new("responseProfile[fields]", string.Join(',', facts.Secrets)));
    }
}

/// <summary>Entries by <c>baseEntry.list</c>: ready ones, unless the filter speaks of status.</summary>
internal sealed class EntryQuery(SourceSpec spec, string timeName, string? actAs) : IListQuery
{
    public string TimeName => timeName;

    public ApiRequest Page(long from, long to, int page, int size)
    {
        var facts = ListFacts.Of("entries");
        List<KeyValuePair<string, string>> fields = [];
        ListForm.AddFilter(fields, facts, spec.Filter, "KalturaBaseEntryFilter", "KalturaPlayableEntryFilter", "KalturaMediaEntryFilter");
        fields.AddRange([
            new("filter[orderBy]", "+" + timeName),
            new($"filter[{timeName}GreaterThanOrEqual]", ListForm.Text(from)), new($"filter[{timeName}LessThanOrEqual]", ListForm.Text(to)),
        ]);
        ListForm.AddPager(fields, page, size);
        ListForm.AddProfile(fields, facts);
        if (actAs is { } account) fields.Add(new("partnerId", account));
        return new ApiRequest("baseEntry", "list", fields) { Page = page, Secrets = facts.Secrets };
    }
}

/// <summary>Entries by <c>elasticsearch_esearch.searchEntry</c>: what baseEntry.list cannot ask, such as which have captions.</summary>
internal sealed class SearchQuery(SourceSpec spec, string timeName, string? actAs) : IListQuery
{
    /// <summary>The pseudo field for captions.</summary>
    public const string Captions = "captions";

    // Operators: 1 and, 2 or, 3 not. Kinds of items: 1 exact, 4 exists, 5 range.
    private const string And = "1", Or = "2", Not = "3", Exact = "1", Exists = "4", Range = "5";

    public string TimeName => timeName;

    public ApiRequest Page(long from, long to, int page, int size)
    {
        List<KeyValuePair<string, string>> fields = [new("searchParams[objectType]", "KalturaESearchEntryParams")];
        const string Root = "searchParams[searchOperator]";
        var column = timeName == "updatedAt" ? "updated_at" : "created_at";
        Operator(fields, Root, And);
        var item = $"{Root}[searchItems][0]";
        Item(fields, item, column, Range);
        fields.AddRange([
            new($"{item}[range][objectType]", "KalturaESearchRange"),
            new($"{item}[range][greaterThanOrEqual]", ListForm.Text(from)), new($"{item}[range][lessThanOrEqual]", ListForm.Text(to)),
        ]);
        var number = 1;
        foreach (var (name, value) in spec.Search.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            item = $"{Root}[searchItems][{ListForm.Text(number++)}]";
            if (name == Captions) AddCaptions(fields, item, value.Values[0] == "missing");
            else if (value.Values.Count == 1) AddExact(fields, item, name, value.Values[0]);
            else
            {
                Operator(fields, item, Or);
                for (var i = 0; i < value.Values.Count; i++) AddExact(fields, $"{item}[searchItems][{ListForm.Text(i)}]", name, value.Values[i]);
            }
        }
        fields.AddRange([
            new("searchParams[orderBy][objectType]", "KalturaESearchOrderBy"),
            new("searchParams[orderBy][orderItems][0][objectType]", "KalturaESearchEntryOrderByItem"),
            new("searchParams[orderBy][orderItems][0][sortField]", column), new("searchParams[orderBy][orderItems][0][sortOrder]", "asc"),
        ]);
        ListForm.AddPager(fields, page, size);
        ListForm.AddProfile(fields, ListFacts.Of("entries"));
        if (actAs is { } account) fields.Add(new("partnerId", account));
        return new ApiRequest("elasticsearch_esearch", "searchEntry", fields) { Page = page, Secrets = ListFacts.Of("entries").Secrets };
    }

    private static void AddCaptions(List<KeyValuePair<string, string>> fields, string item, bool missing)
    {
        if (missing)
        {
            Operator(fields, item, Not);
            item += "[searchItems][0]";
        }
        fields.AddRange([new($"{item}[objectType]", "KalturaESearchCaptionItem"), new($"{item}[fieldName]", "content"), new($"{item}[itemType]", Exists)]);
    }

    private static void AddExact(List<KeyValuePair<string, string>> fields, string item, string name, string value)
    {
        Item(fields, item, name, Exact);
        fields.Add(new($"{item}[searchTerm]", value));
    }

    private static void Operator(List<KeyValuePair<string, string>> fields, string at, string kind) =>
        fields.AddRange([new($"{at}[objectType]", "KalturaESearchEntryOperator"), new($"{at}[operator]", kind)]);

    private static void Item(List<KeyValuePair<string, string>> fields, string at, string field, string kind) =>
        fields.AddRange([new($"{at}[objectType]", "KalturaESearchEntryItem"), new($"{at}[fieldName]", field), new($"{at}[itemType]", kind)]);
}

/// <summary>Captions of some entries by <c>caption_captionAsset.list</c>, which lists per entry only.</summary>
internal sealed class CaptionQuery(SourceSpec spec, IReadOnlyList<string> entries, string? actAs) : IListQuery
{
    public string TimeName => "createdAt";

    public ApiRequest Page(long from, long to, int page, int size)
    {
        List<KeyValuePair<string, string>> fields = [];
        var own = spec.Filter.Where(f => !CaptionSource.IsEntryField(f.Key)).ToDictionary();
        ListForm.AddFilter(fields, ListFacts.Of("captions"), own, "KalturaAssetFilter", "KalturaCaptionAssetFilter");
        fields.AddRange([
            new("filter[entryIdIn]", string.Join(',', entries)), new("filter[orderBy]", "+createdAt"),
            new("filter[createdAtGreaterThanOrEqual]", ListForm.Text(from)), new("filter[createdAtLessThanOrEqual]", ListForm.Text(to)),
        ]);
        ListForm.AddPager(fields, page, size);
        if (actAs is { } account) fields.Add(new("partnerId", account));
        return new ApiRequest("caption_captionAsset", "list", fields) { Page = page };
    }
}

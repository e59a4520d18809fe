using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>
/// Turns a filter into tests (wire facts 3.5). Lists are split on the request's own delimiter, <c>application</c> and the two playback
/// contexts on comma. A field whose dimension the report's data source lacks (or that our events lack) is ignored without a sign.
/// </summary>
internal sealed class ScopeCompiler
{
    private const int MaxSearchMatches = 1_000;

    private readonly EventStore _store;
    private readonly CatalogueData _catalogue;
    private readonly ReportDefinition _report;
    private readonly ReportFilter _filter;
    private readonly string _delimiter;
    private readonly List<EventTest> _events = [];
    private readonly List<EntryTest> _entries = [];
    private bool _nothing;

    private ScopeCompiler(EventStore store, CatalogueData catalogue, ReportDefinition report, ReportFilter filter, string delimiter)
    {
        _store = store;
        _catalogue = catalogue;
        _report = report;
        _filter = filter;
        _delimiter = delimiter;
    }

    public static Scope Compile(
        EventStore store, CatalogueData catalogue, ReportDefinition report, ReportFilter filter, DateRange range, string? objectIds, string delimiter)
    {
        var compiler = new ScopeCompiler(store, catalogue, report, filter, delimiter);
        compiler.AddPlayback();
        compiler.AddEntries(objectIds);
        compiler.AddPeople();
        compiler.AddValues();
        compiler.AddObjectIds(objectIds);
        return new Scope(range.From, range.To, compiler._events, compiler._entries, compiler._nothing || range.IsEmpty);
    }

    private bool IsEffective(string field) =>
        _catalogue.Fields[field].DataSources.Intersect(_report.Declared.DataSources, StringComparer.Ordinal).Any();

    /// <summary>The values of a list field, or null when it is not sent or has no effect here.</summary>
    private string[]? List(string field) =>
        _filter[field] is { } text && IsEffective(field) ? Split(text, field is "application" or "playbackContext" or "ancestorPlaybackContext" ? "," : _delimiter) : null;

    /// <summary>An empty delimiter cannot split anything: the service fails.</summary>
    private static string[] Split(string text, string delimiter) =>
        delimiter.Length == 0 ? throw ApiException.Internal() : text.Split(delimiter);

    private void AddPlayback()
    {
        if (_report.AnyPlayback)
            return;
        var kinds = List("playbackTypeIn") is { } names
            ? names.Select(name => Array.IndexOf(Vocabulary.PlaybackTypes, name)).Where(i => i >= 0).Select(i => (PlaybackKind)i).ToArray()
            : _report.FixedPlayback ?? [PlaybackKind.Vod];
        if (_report.FixedPlayback is { } known)
            kinds = [.. kinds.Intersect(known)];
        var mask = kinds.Aggregate(0, (bits, kind) => bits | 1 << (int)kind);
        _events.Add((in PlaybackEvent e) => (mask >> (int)e.Kind & 1) != 0);
    }

    private void AddEntries(string? objectIds)
    {
        if (List("entryIdIn") is { } ids)
            AddEntrySet(ids.Select(_store.Entries.Find));
        var searched = _filter["keywords"] is { } words && IsEffective("keywords") ? Search(words) : null;
        if (_report.ObjectIds == ObjectIdMeaning.Entry && objectIds is { Length: > 0 })
        {
            // Together with a search the ids are united, not intersected.
            var asked = Split(objectIds, _delimiter).Select(_store.Entries.Find);
            AddEntrySet(searched is null ? asked : asked.Concat(searched));
        }
        else if (searched is not null)
        {
            AddEntrySet(searched);
        }
        if (List("rootEntryIdIn") is { } roots)
            AddEntrySet(roots.Select(_store.Entries.Find));

        var entries = _store.Entries;
        if (_filter.EntryCreatedFrom > 0 && IsEffective("entryCreatedAtGreaterThanOrEqual"))
            _entries.Add(entry => entries.CreatedAt(entry) >= _filter.EntryCreatedFrom);
        if (_filter.EntryCreatedTo > 0 && IsEffective("entryCreatedAtLessThanOrEqual"))
            _entries.Add(entry => entries.CreatedAt(entry) <= _filter.EntryCreatedTo);
        if (List("mediaTypeIn") is { } media)
            _entries.Add(entry => media.Contains(entries.MediaTypeName(entry)));
        if (List("sourceTypeIn") is { } sources)
            _entries.Add(entry => sources.Contains(entries.Source(entry)));
        AddCategories();
    }

    private void AddCategories()
    {
        var all = Vocabulary.Categories;
        if (List("categories") is { } names)
            AddCategorySet(all.Where(c => names.Contains(c.FullName)));
        if (List("categoriesIdsIn") is { } ids)
            AddCategorySet(all.Where(c => ids.Contains(IdText(c.Id))));
        if (List("categoriesAncestorIdIn") is { } ancestors)
            AddCategorySet(all.Where(c => ancestors.Contains(IdText(c.Id)) || ancestors.Contains(IdText(c.ParentId))));
    }

    private void AddCategorySet(IEnumerable<Category> wanted)
    {
        var set = wanted.Select(c => Array.IndexOf(Vocabulary.Categories, c)).ToHashSet();
        _nothing |= set.Count == 0;
        _entries.Add(entry => set.Contains(_store.Entries.CategoryOf(entry)));
    }

    private void AddPeople()
    {
        if (List("userIds") is { } viewers)
        {
            var users = viewers.Select(id => id == Vocabulary.Unknown ? -1 : _store.Users.Find(id) is >= 0 and var user ? user : -2)
                .Where(user => user > -2).ToHashSet();
            _nothing |= users.Count == 0;
            // In lifecycle reports the user of an entry is its owner.
            if (_report.Source == ReportSource.Player)
                _events.Add((in PlaybackEvent e) => users.Contains(e.User));
            else
                _entries.Add(entry => users.Contains(_store.Entries.Owner(entry)));
        }
        if (List("ownerIdsIn") is { } owners)
        {
            var users = owners.Select(_store.Users.Find).Where(user => user >= 0).ToHashSet();
            _nothing |= users.Count == 0;
            _entries.Add(entry => users.Contains(_store.Entries.Owner(entry)));
        }
    }

    private void AddValues()
    {
        AddIndexes("countryIn", Vocabulary.Places, p => p.Country, (in PlaybackEvent e) => e.Place);
        AddIndexes("regionIn", Vocabulary.Places, p => p.Region, (in PlaybackEvent e) => e.Place);
        AddIndexes("citiesIn", Vocabulary.Places, p => p.City, (in PlaybackEvent e) => e.Place);
        AddIndexes("deviceIn", Vocabulary.Agents, a => a.Device, (in PlaybackEvent e) => e.Agent);
        AddIndexes("operatingSystemIn", Vocabulary.Agents, a => a.Os, (in PlaybackEvent e) => e.Agent);
        AddIndexes("operatingSystemFamilyIn", Vocabulary.Agents, a => a.OsFamily, (in PlaybackEvent e) => e.Agent);
        AddIndexes("browserIn", Vocabulary.Agents, a => a.Browser, (in PlaybackEvent e) => e.Agent);
        AddIndexes("browserFamilyIn", Vocabulary.Agents, a => a.BrowserFamily, (in PlaybackEvent e) => e.Agent);
        var known = _store.Values;
        AddNumbers(List("domainIn"), n => known.Pages[n].Domain, (in PlaybackEvent e) => e.Page);
        AddNumbers(List("canonicalUrlIn"), n => known.Pages[n].Url, (in PlaybackEvent e) => e.Page);
        AddNumbers(List("application"), n => known.Applications[n], (in PlaybackEvent e) => e.Application);
        if (List("virtualEventIdIn") is { } events)
            _events.Add((in PlaybackEvent e) => events.Contains(IdText(known.EventOf(e))));
        AddIndexes("playbackContextIdsIn", Vocabulary.Categories, c => IdText(c.Id), (in PlaybackEvent e) => e.Context);
        AddIndexes("playbackContext", Vocabulary.Categories, c => c.FullName, (in PlaybackEvent e) => e.Context);
        AddAncestorContext();
        for (var number = 0; number < 3; number++)
        {
            var n = number;
            AddNumbers(List(CustomField(n)), number => known.Customs[n][number], (in PlaybackEvent e) => e.Custom(n));
        }
    }

    private void AddAncestorContext()
    {
        if (List("ancestorPlaybackContext") is not { } names)
            return;
        // The two contexts together give an empty result.
        _nothing |= _filter["playbackContext"] is not null;
        var set = Vocabulary.Categories.Index()
            .Where(c => names.Any(name => c.Item.FullName == name || c.Item.FullName.StartsWith(name + ">", StringComparison.Ordinal)))
            .Select(c => c.Index).ToHashSet();
        _nothing |= set.Count == 0;
        _events.Add((in PlaybackEvent e) => set.Contains(e.Context));
    }

    private void AddObjectIds(string? objectIds)
    {
        if (objectIds is not { Length: > 0 })
            return;
        switch (_report.ObjectIds)
        {
            case ObjectIdMeaning.Country:
                AddWanted(Split(objectIds, _delimiter), Vocabulary.Places, p => p.Country, (in PlaybackEvent e) => e.Place);
                break;
            case ObjectIdMeaning.Domain:
                AddNumbers(Split(objectIds, _delimiter), number => _store.Values.Pages[number].Domain, (in PlaybackEvent e) => e.Page);
                break;
            case ObjectIdMeaning.Device:
                AddWanted(Split(objectIds, _delimiter), Vocabulary.Agents, a => a.Device, (in PlaybackEvent e) => e.Agent);
                break;
            case ObjectIdMeaning.OperatingSystem:
                AddWanted(Split(objectIds, _delimiter), Vocabulary.Agents, a => a.Os, (in PlaybackEvent e) => e.Agent);
                break;
            case ObjectIdMeaning.Source:
                var sources = Split(objectIds, _delimiter);
                _entries.Add(entry => sources.Contains(_store.Entries.Source(entry)));
                break;
            case ObjectIdMeaning.CustomVar1 or ObjectIdMeaning.CustomVar2 or ObjectIdMeaning.CustomVar3:
                var n = _report.ObjectIds - ObjectIdMeaning.CustomVar1;
                AddNumbers(Split(objectIds, _delimiter), number => _store.Values.Customs[n][number], (in PlaybackEvent e) => e.Custom(n));
                break;
        }
    }

    private delegate int EventIndex(in PlaybackEvent session);

    private void AddIndexes<T>(string field, T[] values, Func<T, string?> text, EventIndex index)
    {
        if (List(field) is { } wanted)
            AddWanted(wanted, values, text, index);
    }

    private void AddWanted<T>(string[] wanted, T[] values, Func<T, string?> text, EventIndex index)
    {
        var hits = values.Select(value => text(value) is { } name && wanted.Contains(name)).ToArray();
        _events.Add((in PlaybackEvent e) => index(e) is var at && at < hits.Length && hits[at]);
    }

    /// <summary>The same over a list that events add to: a number is judged when it is first met.</summary>
    private void AddNumbers(string[]? wanted, Func<int, string?> text, EventIndex index)
    {
        if (wanted is null)
            return;
        var judged = new Dictionary<int, bool>();
        _events.Add((in PlaybackEvent e) =>
        {
            var number = index(e);
            if (!judged.TryGetValue(number, out var hit))
                judged[number] = hit = text(number) is { } name && wanted.Contains(name);
            return hit;
        });
    }

    private void AddEntrySet(IEnumerable<int> indexes)
    {
        var set = indexes.Where(index => index >= 0).ToHashSet();
        _nothing |= set.Count == 0;
        _entries.Add(set.Contains);
    }

    /// <summary>Free text in names with <c>searchInTags</c>, admin tags otherwise; more hits than a search page are refused.</summary>
    private List<int> Search(string words)
    {
        var hits = new List<int>();
        for (var entry = 0; entry < _store.Entries.Count; entry++)
        {
            var hit = _filter.SearchInTags
                ? EntryBook.Name(entry).Contains(words, StringComparison.OrdinalIgnoreCase)
                : EntryBook.AdminTag(entry) == words;
            if (!hit)
                continue;
            hits.Add(entry);
            if (hits.Count > MaxSearchMatches)
                throw ApiException.TooGeneral();
        }
        return hits;
    }

    private static string CustomField(int number) => number switch { 0 => "customVar1In", 1 => "customVar2In", _ => "customVar3In" };

    private static string IdText(int id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

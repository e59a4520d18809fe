using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Reports;

/// <summary>Reads a dimension value from an event; null when the event has none.</summary>
internal delegate string? EventValue(in PlaybackEvent session);

/// <summary>One row per value of a closed list, found through the index that events carry.</summary>
internal sealed class ValueGrouping : Grouping
{
    private readonly Func<PlaybackEvent, int> _index;
    private readonly int[] _keyOfIndex;
    private readonly string?[] _values;

    /// <param name="index">The index that an event carries.</param>
    /// <param name="values">The value per index; equal values make one group.</param>
    public ValueGrouping(Func<PlaybackEvent, int> index, IReadOnlyList<string?> values)
    {
        _index = index;
        _values = [.. values.Distinct(StringComparer.Ordinal)];
        _keyOfIndex = [.. values.Select(value => Array.IndexOf(_values, value))];
    }

    public override int Domain => _values.Length;

    public override long KeyOf(in PlaybackEvent session) => _keyOfIndex[_index(session)];

    public override Cell Label(string column, long key) => Cell.Of(_values[key]);

    public static ValueGrouping OfAgent(Func<Agent, string> value) => new(e => e.Agent, [.. Vocabulary.Agents.Select(value)]);
}

/// <summary>One row per value of a list that events add to while queries run: numbers are looked up as they are met.</summary>
/// <param name="number">The number that an event carries.</param>
/// <param name="value">The value of a number; equal values make one group.</param>
internal sealed class OpenGrouping(Func<PlaybackEvent, ushort> number, Func<int, string?> value) : Grouping
{
    private readonly Dictionary<ValueTuple<string?>, int> _known = [];
    private readonly List<string?> _values = [];
    private readonly List<int> _keys = [];

    public override long KeyOf(in PlaybackEvent session)
    {
        var at = number(session);
        if (at == SessionStep.Unsaid)
            return Add(value(at));
        // In the order of the numbers, so that the same query has the same keys whatever it met first.
        while (_keys.Count <= at)
            _keys.Add(Add(value(_keys.Count)));
        return _keys[at];
    }

    /// <summary>Numbers are the account's own, values are everybody's.</summary>
    public override bool IsOfAccount => true;

    public override string? SharedId(long key) => _values[(int)key] ?? "\0";

    public override Cell Label(string column, long key) => Cell.Of(_values[(int)key]);

    public static OpenGrouping OfPage(EventStore store, Func<Page, string> value) => new(e => e.Page, number => value(store.Values.Pages[number]));

    private int Add(string? text)
    {
        if (!_known.TryGetValue(new(text), out var key))
        {
            _known[new(text)] = key = _values.Count;
            _values.Add(text);
        }
        return key;
    }

    public static OpenGrouping OfCustomVar(EventStore store, int variable) => new(e => e.Custom(variable), number => store.Values.Customs[variable][number]);
}

/// <summary>How fine a map report is.</summary>
internal enum PlaceLevel
{
    Country,
    Region,
    City,
}

/// <summary>One row per country, region or city.</summary>
internal sealed class PlaceGrouping : Grouping
{
    private readonly PlaceLevel _level;
    private readonly bool _nameIsKey;
    private readonly int[] _first;

    /// <param name="level">How fine.</param>
    /// <param name="nameIsKey">Report 4: object_id is the country name and country the code, the reverse of report 36.</param>
    public PlaceGrouping(PlaceLevel level, bool nameIsKey = false)
    {
        _level = level;
        _nameIsKey = nameIsKey;
        var places = Vocabulary.Places;
        _first = [.. places.Select(place => Array.FindIndex(places, other => Same(place, other)))];
    }

    public override bool MultiDimension => _level != PlaceLevel.Country;

    public override int Domain => _first.Length;

    public override long KeyOf(in PlaybackEvent session) => _first[session.Place];

    public override Cell Label(string column, long key)
    {
        var place = Vocabulary.Places[key];
        return column switch
        {
            "object_id" => Cell.Of(_nameIsKey ? place.Country : place.Code),
            "country" => Cell.Of(_nameIsKey ? place.Code : place.Country),
            "country_code" => Cell.Of(place.Code),
            "region" => Cell.Of(place.Region),
            "city" => Cell.Of(place.City),
            "coordinates" => Cell.Of(_level switch
            {
                PlaceLevel.Country => place.CountryCoordinates,
                PlaceLevel.Region => place.RegionCoordinates,
                _ => place.Coordinates,
            }),
            _ => Cell.Missing,
        };
    }

    private bool Same(Place a, Place b) => a.Country == b.Country
        && (_level < PlaceLevel.Region || a.Region == b.Region)
        && (_level < PlaceLevel.City || a.City == b.City);
}

/// <summary>The drill-down of report 4: regions of the asked countries.</summary>
internal sealed class RegionDrilldown : Grouping
{
    private readonly ValueGrouping _inner = new(e => e.Place, [.. Vocabulary.Places.Select(p => p.Region)]);

    public override int Domain => _inner.Domain;

    public override long KeyOf(in PlaybackEvent session) => _inner.KeyOf(session);

    public override Cell Label(string column, long key) => _inner.Label(column, key);
}

/// <summary>One row per category of the embedding page (report 25).</summary>
internal sealed class ContextGrouping : Grouping
{
    public override int Domain => Vocabulary.Categories.Length + 1;

    public override long KeyOf(in PlaybackEvent session) => Math.Min(session.Context, Vocabulary.Categories.Length);

    public override Cell Label(string column, long key) => key == Vocabulary.Categories.Length ? Cell.Null : column == "object_id"
        ? Cell.Of(Vocabulary.Categories[key].Id.ToString(System.Globalization.CultureInfo.InvariantCulture))
        : Cell.Of(Vocabulary.Categories[key].Name);
}

/// <summary>One row per application and domain (report 40).</summary>
internal sealed class ApplicationDomainGrouping(EventStore store) : Grouping
{
    private readonly OpenGrouping _domains = OpenGrouping.OfPage(store, p => p.Domain);

    public override bool MultiDimension => true;

    public override bool IsOfAccount => true;

    public override string? SharedId(long key) => $"{store.Values.Applications[(int)(key >> 32)]}\n{_domains.SharedId(key & uint.MaxValue)}";

    public override long KeyOf(in PlaybackEvent session) => (long)session.Application << 32 | _domains.KeyOf(session);

    public override Cell Label(string column, long key) => column == "application"
        ? Cell.Of(store.Values.Applications[(int)(key >> 32)])
        : _domains.Label(column, key & uint.MaxValue);
}

/// <summary>Time buckets, alone or crossed with another dimension (graphs with several lines per date).</summary>
internal sealed class BucketGrouping(TimeBuckets buckets, Grouping? lines = null, EventStore? store = null) : Grouping
{
    private readonly int _lines = lines?.Domain ?? 1;

    public override long KeyOf(in PlaybackEvent session) => buckets.KeyOf(session.Time) * _lines + (lines?.KeyOf(session) ?? 0);

    public override long KeyOfEntry(int entry) => buckets.KeyOf(store!.Entries.CreatedAt(entry)) * _lines;

    public override Cell Label(string column, long key) => Cell.Of(buckets.Id(key / _lines));

    /// <summary>The bucket of a key and the label of its line.</summary>
    public (long Bucket, Cell Line) Split(long key) => (key / _lines, lines!.Label("", key % _lines));
}

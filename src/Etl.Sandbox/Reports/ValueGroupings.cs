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

    public static ValueGrouping OfPage(Func<Page, string> value) => new(e => e.Page, [.. Vocabulary.Pages.Select(value)]);

    public static ValueGrouping OfCustomVar(int number) => new(e => CustomIndex(e, number), Vocabulary.CustomVars[number]);

    /// <summary>The value index of custom variable 0, 1 or 2.</summary>
    public static int CustomIndex(in PlaybackEvent session, int number) => (session.Custom >> (2 * number)) & 3;
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
    public override int Domain => Vocabulary.Categories.Length;

    public override long KeyOf(in PlaybackEvent session) => session.Context;

    public override Cell Label(string column, long key) => column == "object_id"
        ? Cell.Of(Vocabulary.Categories[key].Id.ToString(System.Globalization.CultureInfo.InvariantCulture))
        : Cell.Of(Vocabulary.Categories[key].Name);
}

/// <summary>One row per application and domain (report 40).</summary>
internal sealed class ApplicationDomainGrouping : Grouping
{
    private readonly ValueGrouping _domains = ValueGrouping.OfPage(p => p.Domain);

    public override bool MultiDimension => true;

    public override int Domain => Vocabulary.Applications.Length * _domains.Domain;

    public override long KeyOf(in PlaybackEvent session) => session.Application * (long)_domains.Domain + _domains.KeyOf(session);

    public override Cell Label(string column, long key) => column == "application"
        ? Cell.Of(Vocabulary.Applications[key / _domains.Domain])
        : _domains.Label(column, key % _domains.Domain);
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

using System.Globalization;
using Etl.Sandbox.Events;
using Etl.Sandbox.Lists;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Live;

/// <summary>
/// beacon_beacon.list (wire facts 5.2): made-up health and encoder beacons of the live entries, one every ten minutes of the last day
/// with data (<see cref="SandboxOptions.BeaconEvery"/>). <c>Log</c> holds them all, <c>State</c> (also without an index) the latest per entry and event. The content is an open schema.
/// </summary>
internal sealed class Beacons(EventStore store, SandboxOptions options)
{
    private const int Day = 86_400;

    /// <summary>The log of a sandbox with frequent beacons is shorter.</summary>
    private const int MostPerEvent = 1_000;

    private readonly long _seed = options.Seed;
    private volatile IReadOnlyList<(long From, int Severity)> _told = [];
    private readonly int _period = (int)options.BeaconEvery.TotalSeconds;

    private static readonly string[] EventTypes = ["0_healthData", "1_healthData", "0_staticData", "1_staticData", "0_dynamicData", "1_dynamicData"];

    public ApiObject Run(ParamNode call, long now)
    {
        var node = call["filter"];
        var filter = new ListFilter(node, now);
        var index = filter["indexTypeEqual"] ?? "State";
        if (index is not ("State" or "Log"))
            throw ApiException.Enum(index, "indexTypeEqual", "KalturaBeaconIndexType");
        var related = filter["relatedObjectTypeEqual"] ?? filter["relatedObjectTypeIn"]
            ?? throw new ApiException("MISSING MANDATORY PARAMETER RELATED OBJECT TYPE", "Mandatory parameter relatedObjectType is missing");
        // Only the first value counts; 4 is entries, and the sandbox has beacons of nothing else.
        var beacons = related.Split(',')[0] == "4" ? Select(filter, index, Math.Min(now, store.End)) : [];
        return ListPager.Read(call["pager"]).Reply("KalturaBeaconListResponse", beacons, ToObject, capped: false);
    }

    /// <summary>From a time on all health beacons have this severity, until another one is told.</summary>
    /// <param name="from">Unix seconds; not before an earlier call's.</param>
    /// <param name="severity">0 (well) to 4.</param>
    /// <exception cref="ArgumentException">There is no such severity.</exception>
    public void Tell(long from, int severity) =>
        _told = severity is >= 0 and <= 4 ? [.. _told, (from, severity)] : throw new ArgumentException($"Severity {severity} is not known; it goes from 0 to 4.");

    /// <summary>All beacons of the log in a range, for comparing.</summary>
    public IEnumerable<ApiObject> Log(long start, long end) =>
        from entry in Enumerable.Range(0, store.Entries.Count)
        where store.Entries.IsLive(entry)
        from type in EventTypes
        from number in Enumerable.Range(0, (int)Math.Max(0, (end - 1) / _period - (start - 1) / _period))
        select ToObject(new Beacon(entry, type, ((start - 1) / _period + 1 + number) * _period));

    private List<Beacon> Select(ListFilter filter, string index, long end)
    {
        var events = Lower(filter["eventTypeIn"]);
        var objects = Lower(filter["objectIdIn"]);
        var latest = end / _period * _period;
        var beacons =
            from entry in Enumerable.Range(0, store.Entries.Count)
            where store.Entries.IsLive(entry) && (objects is null || objects.Contains(store.Entries.Id(entry)))
            from type in EventTypes
            where events is null || events.Contains(type.ToLowerInvariant())
            from age in Enumerable.Range(0, index == "State" ? 1 : Math.Min(Day / _period, MostPerEvent))
            let time = latest - age * _period
            where filter.InRange("updatedAt", time)
            select new Beacon(entry, type, time);
        return filter["orderBy"] switch
        {
            "+updatedAt" => [.. beacons.OrderBy(b => b.Time)],
            "+objectId" => [.. beacons.OrderBy(b => store.Entries.Id(b.Entry), StringComparer.Ordinal)],
            "-objectId" => [.. beacons.OrderByDescending(b => store.Entries.Id(b.Entry), StringComparer.Ordinal)],
            _ => [.. beacons.OrderByDescending(b => b.Time)],
        };
    }

    private static string[]? Lower(string? list) => list?.ToLowerInvariant().Split(',', StringSplitOptions.TrimEntries);

    private ApiObject ToObject(Beacon beacon) => new("KalturaBeacon",
        ("id", string.Create(CultureInfo.InvariantCulture, $"{Prng.Hash(_seed, 80, beacon.Entry * 10L + Array.IndexOf(EventTypes, beacon.Type)):x16}{beacon.Time:x8}")),
        ("indexType", "entry_beacon"),
        ("updatedAt", beacon.Time),
        ("relatedObjectType", "4"),
        ("eventType", beacon.Type),
        ("objectId", store.Entries.Id(beacon.Entry)),
        ("privateData", Content(beacon)),
        ("rawData", "{}"));

    /// <summary>JSON in a text; an empty content is <c>[]</c>.</summary>
    private string Content(Beacon beacon)
    {
        var hash = Prng.Hash(_seed, 81, beacon.Entry * 1_000_003L + beacon.Time);
        if (beacon.Type.EndsWith("healthData", StringComparison.Ordinal))
        {
            var severity = _told.LastOrDefault(t => t.From <= beacon.Time, (0, (int)(hash % 5))).Severity;
            return severity == 0
                ? "{\"maxSeverity\":0,\"alerts\":[]}"
                : string.Create(CultureInfo.InvariantCulture, $"{{\"maxSeverity\":{severity},\"alerts\":[{{\"Time\":{beacon.Time - 10},\"Code\":{100 + hash % 27},\"Arguments\":{{}}}}]}}");
        }
        return beacon.Type.EndsWith("dynamicData", StringComparison.Ordinal)
            ? string.Create(CultureInfo.InvariantCulture, $"{{\"inputs\":[{{\"index\":0,\"bitrate\":{2_000 + hash % 3_000},\"ptsData\":[]}}],\"flavors\":[]}}")
            : "[]";
    }

    private sealed record Beacon(int Entry, string Type, long Time);
}

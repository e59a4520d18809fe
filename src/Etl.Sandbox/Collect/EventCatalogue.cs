using Etl.Sandbox.Catalogue;

namespace Etl.Sandbox.Collect;

/// <summary>The two APIs that collect events; the numbers stand in the log.</summary>
internal enum EventApi : byte
{
    Stats = 0,
    Track = 1,
}

/// <summary>The events of <c>schemas/events.json</c> as far as the collector needs them, read by a loader of its own.</summary>
internal sealed class EventCatalogue
{
    private static readonly Lazy<EventCatalogue> Embedded = new(() => new EventCatalogue());

    private readonly Dictionary<(EventApi Api, long Id), string> _names = [];

    private EventCatalogue()
    {
        using var document = CatalogueData.Parse("events.json");
        foreach (var api in document.RootElement.GetProperty("apis").EnumerateArray())
        {
            var own = api.GetProperty("api").GetString() == NameOf(EventApi.Stats) ? EventApi.Stats : EventApi.Track;
            foreach (var item in api.GetProperty("events").EnumerateArray())
                _names[(own, item.GetProperty("id").GetInt64())] = item.GetProperty("name").GetString()!;
        }
    }

    /// <summary>The embedded catalogue; read once.</summary>
    public static EventCatalogue Load() => Embedded.Value;

    public static string NameOf(EventApi api) => api == EventApi.Stats ? "stats.collect" : "analytics.trackEvent";

    /// <summary>The name of an event type, or null.</summary>
    public string? Find(EventApi api, long id) => _names.GetValueOrDefault((api, id));
}

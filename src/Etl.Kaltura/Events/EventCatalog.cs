using System.Collections.Frozen;
using System.Text.Json;
using Etl.Core.Text;
using Etl.Kaltura.Catalog;

namespace Etl.Kaltura.Events;

/// <summary>What one parameter of an event is.</summary>
/// <param name="Name">Name as the API spells it.</param>
/// <param name="Kind">Kind of its value.</param>
/// <param name="Unit">Unit of its value, such as <c>milliseconds</c>; null where it has none.</param>
/// <param name="UnitOfGetForm">Unit on the wire of the GET form where that is another one; null otherwise.</param>
/// <param name="IsOfRequest">True when it stands beside the event, not inside it.</param>
/// <param name="IsEnforced">False when the guides require it and neither their examples nor the service do.</param>
/// <param name="About">What it means.</param>
public sealed record EventParameter(
    string Name, EventValueKind Kind, string? Unit, string? UnitOfGetForm, bool IsOfRequest, bool IsEnforced, string About);

/// <summary>Kind of a parameter's value.</summary>
public enum EventValueKind
{
    /// <summary>Any text.</summary>
    Text,
    /// <summary>A whole number.</summary>
    Integer,
    /// <summary>A number, decimals allowed.</summary>
    Number,
    /// <summary><c>true</c>, <c>false</c>, <c>1</c> or <c>0</c>.</summary>
    Boolean,
}

/// <summary>One type of event of one API.</summary>
/// <param name="Id">Its number; the same number means something else in the other API.</param>
/// <param name="Name">Its name in capitals, such as <c>PLAY_REACHED_25</c>.</param>
/// <param name="Label">The older guides' name, verbatim; null where they have none.</param>
/// <param name="About">What it means.</param>
/// <param name="Required">Parameters that the guides require.</param>
/// <param name="Optional">Further parameters that it takes.</param>
public sealed record EventType(int Id, string Name, string? Label, string About, IReadOnlyList<string> Required, IReadOnlyList<string> Optional);

/// <summary>One of the two collecting APIs.</summary>
public sealed class EventApi
{
    private readonly FrozenDictionary<int, EventType> _byId;
    private readonly FrozenDictionary<string, EventType> _byName;

    internal EventApi(JsonElement e)
    {
        Name = e.Text("api")!;
        Service = e.Text("service")!;
        Action = e.Text("action")!;
        ObjectType = e.Text("objectType");
        PostName = e.Text("postName")!;
        GetName = e.Text("getName")!;
        Parameters = e.Objects("parameters").Select(Parameter).ToFrozenDictionary(p => p.Name, StringComparer.Ordinal);
        Types = [.. e.Objects("events").Select(t => new EventType(t.Number("id")!.Value, t.Text("name")!, t.Text("label"), t.Text("about")!, t.Texts("required"), t.Texts("optional")))];
        _byId = Types.ToFrozenDictionary(t => t.Id);
        _byName = Types.ToFrozenDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary><c>stats.collect</c> or <c>analytics.trackEvent</c>.</summary>
    public string Name { get; }

    /// <summary>Its event types.</summary>
    public IReadOnlyList<EventType> Types { get; }

    /// <summary>Its parameters by name.</summary>
    public IReadOnlyDictionary<string, EventParameter> Parameters { get; }

    internal string Service { get; }
    internal string Action { get; }
    internal string? ObjectType { get; }
    internal string PostName { get; }
    internal string GetName { get; }

    /// <summary>The type with this number, or null.</summary>
    public EventType? Find(int id) => _byId.GetValueOrDefault(id);

    /// <summary>The type with this name, or null.</summary>
    public EventType? Find(string name) => _byName.GetValueOrDefault(name);

    private static EventParameter Parameter(JsonElement e) => new(
        e.Text("name")!, Enum.Parse<EventValueKind>(e.Text("type")!, ignoreCase: true), e.Text("unit"), e.Text("unitOfGetForm"),
        IsOfRequest: e.Text("place") == "request", IsEnforced: !e.TryGetProperty("enforced", out var enforced) || enforced.GetBoolean(), e.Text("about")!);
}

/// <summary>The events that the collecting APIs take, as <c>schemas/events.json</c> lists them.</summary>
public sealed class EventCatalog
{
    private static readonly Lazy<EventCatalog> s_default = new(Load);

    private readonly FrozenDictionary<string, JsonElement> _names;

    private EventCatalog(JsonElement root)
    {
        Apis = [.. root.Objects("apis").Select(e => new EventApi(e))];
        StatsCollect = Api("stats.collect")!;
        TrackEvent = Api("analytics.trackEvent")!;
        _names = root.Objects("names").ToFrozenDictionary(e => e.Text("name")!, StringComparer.Ordinal);
    }

    /// <summary>The catalogue of this build.</summary>
    public static EventCatalog Default => s_default.Value;

    /// <summary>Both APIs.</summary>
    public IReadOnlyList<EventApi> Apis { get; }

    /// <summary><c>stats.collect</c>: positions in milliseconds, timestamps in seconds.</summary>
    public EventApi StatsCollect { get; }

    /// <summary><c>analytics.trackEvent</c>: positions in seconds, timestamps in milliseconds.</summary>
    public EventApi TrackEvent { get; }

    /// <summary>An API by its name, or null.</summary>
    public EventApi? Api(string name) => Apis.FirstOrDefault(a => a.Name == name);

    /// <summary>Finds an event type by number or name.</summary>
    /// <param name="api">The API.</param>
    /// <param name="text">Number, name of the API's own list, or name of the unified guide's list, which is mapped to the API's type.</param>
    /// <param name="type">The type.</param>
    /// <param name="fault">Why there is none: a sentence.</param>
    public bool TryFind(EventApi api, string text, out EventType? type, out string? fault)
    {
        (type, fault) = (null, null);
        if (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id))
        {
            type = api.Find(id);
            if (type is not null) return true;
            var other = Apis.First(a => a != api).Find(id);
            fault = $"{api.Name} has no event type {id}.{(other is null ? "" : $" {Apis.First(a => a != api).Name} has it ({other.Name}); numbers differ between the APIs.")}";
            return false;
        }
        type = api.Find(text);
        if (type is not null) return true;
        if (_names.TryGetValue(text, out var entry))
        {
            if (entry.Number(api.Name) is { } mapped) type = api.Find(mapped);
            else fault = $"{api.Name} cannot take '{text}': {entry.Text("why")}";
            return type is not null;
        }
        fault = $"{api.Name} has no event type '{text}'.{Nearest.Hint(text, api.Types.Select(t => t.Name).Concat(_names.Keys))}";
        return false;
    }

    private static EventCatalog Load()
    {
        using var stream = typeof(EventCatalog).Assembly.GetManifestResourceStream("catalog/events.json")!;
        using var document = JsonDocument.Parse(stream);
        return new EventCatalog(document.RootElement.Clone());
    }
}

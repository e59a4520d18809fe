namespace Etl.Kaltura.Events;

/// <summary>
/// One event before it is sent. Immutable. It never carries a session token: the sender makes a session for <see cref="AsUser"/> when it sends, so that
/// nothing secret is kept on disk and no token is too old after a long outage.
/// </summary>
/// <param name="Api">The API that takes it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Parameters">Name and value of each parameter but <c>eventType</c>, in order, names as the API spells them.</param>
public sealed record KalturaEvent(EventApi Api, EventType Type, IReadOnlyList<KeyValuePair<string, string>> Parameters)
{
    /// <summary>User whose session sends it; null for the account's configured one.</summary>
    public string? AsUser { get; init; }

    /// <summary>Privileges of that session, such as <c>appid:portal</c>.</summary>
    public IReadOnlyList<string> Privileges { get; init; } = [];

    /// <summary>Its playback session; events of one session are sent in the order in which they were given. Null for an event without one.</summary>
    public string? SessionId => this["sessionId"];

    /// <summary>A parameter's value, or null.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var (key, value) in Parameters)
                if (key == name) return value;
            return null;
        }
    }

    /// <summary>The event with one parameter more, or with another value of it.</summary>
    public KalturaEvent With(string name, string value) =>
        this with { Parameters = [.. Parameters.Where(p => p.Key != name), new(name, value)] };
}

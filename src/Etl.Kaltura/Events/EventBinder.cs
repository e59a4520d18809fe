using Etl.Core.Text;

namespace Etl.Kaltura.Events;

/// <summary>Turns the pairs of a line or a record into a checked event.</summary>
/// <param name="partnerId">Account for events that name none; null to leave them without.</param>
/// <param name="api">API for events that name none; null when each must.</param>
internal sealed class EventBinder(string? partnerId = null, EventApi? api = null)
{
    private static readonly string[] s_own = ["api", "asUser", "privileges", "refused"];

    /// <summary>The event, or its faults.</summary>
    public KalturaEvent? Bind(IReadOnlyList<KeyValuePair<string, string>> pairs, List<string> faults)
    {
        var found = Bare(pairs, faults);
        if (found is null) return null;
        if (partnerId is not null && found["partnerId"] is null) found = found.With("partnerId", partnerId);
        // stats.collect takes the user from the event, not from the session; a ready-made session names its own user to the other API.
        if (found.AsUser is { } user && found["userId"] is null) found = found.With("userId", user);
        return found;
    }

    /// <summary>Faults that only the filled event shows.</summary>
    public static bool Check(KalturaEvent e, List<string> faults)
    {
        var found = EventRules.Faults(e);
        faults.AddRange(found);
        return found.Count == 0;
    }

    private KalturaEvent? Bare(IReadOnlyList<KeyValuePair<string, string>> pairs, List<string> faults)
    {
        string? Get(string name) => pairs.FirstOrDefault(p => p.Key == name).Value;
        var which = api;
        if (Get("api") is { } name)
        {
            which = EventCatalog.Default.Api(name);
            if (which is null) faults.Add($"'api' is '{name}'; expected stats.collect or analytics.trackEvent.{Nearest.Hint(name, EventCatalog.Default.Apis.Select(a => a.Name))}");
        }
        else if (which is null)
        {
            faults.Add("'api' is missing; write stats.collect or analytics.trackEvent, or give '--api' for all.");
        }
        if (Get("ks") is not null)
            faults.Add("'ks' is a session token, which is never written to disk, so an event cannot bring its own. Write 'asUser' (and 'privileges'): the session is made when the event is sent.");
        if (Get("eventType") is not { } text)
        {
            faults.Add("'eventType' is missing; give its number or name.");
            return null;
        }
        if (which is null) return null;
        if (!EventCatalog.Default.TryFind(which, text, out var type, out var fault))
        {
            faults.Add(fault!);
            return null;
        }
        return new KalturaEvent(which, type!, [.. pairs.Where(p => p.Key is not ("eventType" or "ks") && !s_own.Contains(p.Key) && p.Value.Length > 0)])
        {
            AsUser = Get("asUser") is { Length: > 0 } user ? user : null,
            Privileges = Get("privileges") is { Length: > 0 } list ? list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [],
        };
    }
}

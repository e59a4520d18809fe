using System.Globalization;

namespace Etl.Kaltura.Events;

/// <summary>
/// Watches the order of events per playback session: a quartile comes once, loading comes before play, indexes grow; and numbers events that bring no index.
/// Remembers the 100,000 sessions that it saw last, and up to as many before them.
/// </summary>
internal sealed class EventOrder
{
    // A stream may run for months.
    private const int MaxSessions = 100_000;

    private Dictionary<(EventApi Api, string Session), Seen> _sessions = [];
    private Dictionary<(EventApi Api, string Session), Seen> _older = [];

    /// <summary>The event, numbered where it had no number; faults against what came before are added.</summary>
    public KalturaEvent Take(KalturaEvent e, List<string> faults)
    {
        if (e.SessionId is not { } id) return e;
        var seen = Recall((e.Api, id));
        e = Numbered(e, seen, faults);
        var name = e.Type.Name;
        if (name.StartsWith("PLAY_REACHED_", StringComparison.Ordinal))
        {
            var bit = e.Type.Id < 32 ? 1u << e.Type.Id : 0;
            if ((seen.Quartiles & bit) != 0) faults.Add($"{name} ({e.Type.Id}) comes a second time in session '{id}'; a quartile is reported once per playback session.");
            seen.Quartiles |= bit;
        }
        else if (name == "PLAY")
        {
            seen.Played = true;
        }
        else if (seen.Played && (name is "WIDGET_LOADED" or "MEDIA_LOADED" or "PLAYER_IMPRESSION"))
        {
            faults.Add($"{name} ({e.Type.Id}) comes after PLAY in session '{id}'; loading comes first. A new playback has a session id of its own.");
        }
        return e;
    }

    private Seen Recall((EventApi, string) key)
    {
        if (_sessions.TryGetValue(key, out var seen)) return seen;
        if (_sessions.Count == MaxSessions) (_older, _sessions) = (_sessions, []);
        return _sessions[key] = _older.GetValueOrDefault(key) ?? new Seen();
    }

    private static KalturaEvent Numbered(KalturaEvent e, Seen seen, List<string> faults)
    {
        if (!e.Api.Parameters.ContainsKey("eventIndex")) return e;
        if (e["eventIndex"] is not { } text) return e.With("eventIndex", (++seen.Index).ToString(CultureInfo.InvariantCulture));
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)) return e;
        if (index <= seen.Index) faults.Add($"'eventIndex' is {index} after {seen.Index} in session '{e.SessionId}'; it grows with each event.");
        seen.Index = Math.Max(index, seen.Index);
        return e;
    }

    private sealed class Seen
    {
        public long Index { get; set; }
        public uint Quartiles { get; set; }
        public bool Played { get; set; }
    }
}

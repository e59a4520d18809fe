namespace Etl.Kaltura.Events.Model;

/// <summary>What reports should say of the events that were counted here: additive metrics by the reports' own names.</summary>
public sealed class EventTally
{
    private static readonly string[] s_names = ["count_loads", "count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100"];

    private readonly long[] _counts = new long[s_names.Length];
    private readonly HashSet<string> _users = new(StringComparer.Ordinal);
    private long _views;

    /// <summary>Metrics that <c>CONTENT_DROPOFF</c> reports.</summary>
    public static IReadOnlyList<string> DropOff => s_names;

    /// <summary>Counts one event.</summary>
    public void Add(KalturaEvent e)
    {
        var at = e.Type.Name switch
        {
            "WIDGET_LOADED" or "PLAYER_IMPRESSION" => 0,
            "PLAY" => 1,
            "PLAY_REACHED_25" => 2,
            "PLAY_REACHED_50" => 3,
            "PLAY_REACHED_75" => 4,
            "PLAY_REACHED_100" => 5,
            _ => -1,
        };
        if (at >= 0) _counts[at]++;
        // Known users are those with any event; only viewers need a play (columns.json).
        if (e.AsUser is { } user) _users.Add(user);
        if (e.Type.Name == "VIEW") _views++;
    }

    /// <summary>Expected value of each metric; <c>sum_view_period</c> in minutes, where view events were sent.</summary>
    public IReadOnlyList<(string Metric, double Value)> Expected
    {
        get
        {
            var all = s_names.Select((n, i) => (n, (double)_counts[i])).Append(("unique_known_users", _users.Count)).ToList();
            if (_views > 0) all.Add(("sum_view_period", _views * EventSession.HeartbeatSeconds / 60.0));
            return all;
        }
    }
}

using System.Globalization;

namespace Etl.Kaltura.Events;

/// <summary>What a playback session is about.</summary>
public sealed record EventSessionOptions
{
    /// <summary>Account number.</summary>
    public required string PartnerId { get; init; }

    /// <summary>Entry that is played.</summary>
    public required string EntryId { get; init; }

    /// <summary>Length of the entry, advertisements excluded; above zero. Quartiles are shares of it.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Id of the session; null for a new random one.</summary>
    public string? SessionId { get; init; }

    /// <summary>User that plays; null for nobody known.</summary>
    public string? UserId { get; init; }

    /// <summary>Privileges of the sending session.</summary>
    public IReadOnlyList<string> Privileges { get; init; } = [];

    /// <summary>Further parameters of every event, names as the API spells them (<c>referrer</c>, <c>customVar1</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Common { get; init; } = [];
}

/// <summary>
/// One playback session as a player lives it. Each step gives the events to send, in order: loading before play, each quartile once and only where playback
/// runs over it (a seek past it is none), with <c>analytics.trackEvent</c> a view event for every 10 s played and a growing index. Not safe for concurrent use.
/// </summary>
public sealed class EventSession
{
    /// <summary>Seconds of playback that one view event stands for.</summary>
    public const int HeartbeatSeconds = 10;

    private static readonly (int Percent, string Name)[] s_quartiles =
        [(25, "PLAY_REACHED_25"), (50, "PLAY_REACHED_50"), (75, "PLAY_REACHED_75"), (100, "PLAY_REACHED_100")];

    private readonly EventApi _api;
    private readonly EventSessionOptions _options;
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _began;
    private readonly bool[] _reached = new bool[s_quartiles.Length];
    private State _state;
    private TimeSpan _sinceHeartbeat;
    private TimeSpan _buffered;
    private DateTimeOffset? _bufferingSince;
    private bool _sought;
    private int _index;

    /// <summary>Begins a session.</summary>
    /// <param name="api">The API that its events are for.</param>
    /// <param name="options">What it is about.</param>
    /// <param name="clock">Gives the events their times.</param>
    public EventSession(EventApi api, EventSessionOptions options, TimeProvider clock)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.Duration, TimeSpan.Zero);
        (_api, _options, _clock, _began) = (api, options, clock, clock.GetUtcNow());
        Id = options.SessionId ?? Guid.NewGuid().ToString("D");
    }

    private enum State
    {
        New,
        Loaded,
        Playing,
        Paused,
        Ended,
    }

    /// <summary>The session id of all its events.</summary>
    public string Id { get; }

    /// <summary>Playback position.</summary>
    public TimeSpan Position { get; private set; }

    /// <summary>True after the end of the entry, or after <see cref="Replay"/>.</summary>
    public bool IsEnded => _state == State.Ended;

    /// <summary>The player is there and has loaded the entry.</summary>
    public IReadOnlyList<KalturaEvent> Load()
    {
        Need(State.New);
        _state = State.Loaded;
        return IsStats ? [Event("WIDGET_LOADED"), Event("MEDIA_LOADED")] : [Event("PLAYER_IMPRESSION")];
    }

    /// <summary>The viewer starts playback.</summary>
    public IReadOnlyList<KalturaEvent> Play()
    {
        Need(State.Loaded);
        _state = State.Playing;
        return IsStats ? [Event("PLAY")] : [Event("PLAY_REQUESTED"), WithQuality("PLAY")];
    }

    /// <summary>Playback runs forward.</summary>
    /// <param name="time">How long; cut at the end of the entry.</param>
    public IReadOnlyList<KalturaEvent> Advance(TimeSpan time)
    {
        Need(State.Playing);
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        var events = new List<KalturaEvent>();
        var end = Position + time < _options.Duration ? Position + time : _options.Duration;
        while (Position < end)
        {
            // Stops at whatever comes first, so that events stand in the order in which playback passes them.
            var stop = end;
            var quartile = Array.FindIndex(_reached, r => !r);
            for (; quartile >= 0 && quartile < _reached.Length && (_reached[quartile] || At(quartile) <= Position); quartile++)
            {
            }
            if (quartile >= 0 && quartile < _reached.Length && At(quartile) < stop) stop = At(quartile);
            var heartbeat = Position + TimeSpan.FromSeconds(HeartbeatSeconds) - _sinceHeartbeat;
            if (heartbeat < stop) stop = heartbeat;
            _sinceHeartbeat += stop - Position;
            Position = stop;
            if (_sinceHeartbeat >= TimeSpan.FromSeconds(HeartbeatSeconds))
            {
                _sinceHeartbeat = TimeSpan.Zero;
                if (!IsStats) events.Add(WithQuality("VIEW"));
            }
            if (quartile >= 0 && quartile < _reached.Length && At(quartile) == Position)
            {
                _reached[quartile] = true;
                events.Add(Event(s_quartiles[quartile].Name));
            }
        }
        if (Position == _options.Duration) _state = State.Ended;
        return events;
    }

    /// <summary>The viewer pauses. <c>stats.collect</c> knows no such event.</summary>
    public IReadOnlyList<KalturaEvent> Pause()
    {
        Need(State.Playing);
        _state = State.Paused;
        return IsStats ? [] : [Event("PAUSE_CLICKED")];
    }

    /// <summary>The viewer goes on after a pause. <c>stats.collect</c> knows no such event.</summary>
    public IReadOnlyList<KalturaEvent> Resume()
    {
        Need(State.Paused);
        _state = State.Playing;
        return IsStats ? [] : [WithQuality("RESUME")];
    }

    /// <summary>The viewer moves the playhead; quartiles in between are not reached by that.</summary>
    /// <param name="position">From the start of the entry to its end.</param>
    public IReadOnlyList<KalturaEvent> SeekTo(TimeSpan position)
    {
        Need(State.Playing, State.Paused);
        ArgumentOutOfRangeException.ThrowIfLessThan(position, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(position, _options.Duration);
        _sought = true;
        var seek = Event("SEEK").With(IsStats ? "newPoint" : "targetPosition", Length(position));
        Position = position;
        return [seek];
    }

    /// <summary>Playback stalls.</summary>
    public IReadOnlyList<KalturaEvent> BufferStart()
    {
        Need(State.Playing);
        _bufferingSince = _clock.GetUtcNow();
        return [Event("BUFFER_START")];
    }

    /// <summary>Playback goes on; the time since <see cref="BufferStart"/> is told by the next view event.</summary>
    public IReadOnlyList<KalturaEvent> BufferEnd()
    {
        Need(State.Playing);
        if (_bufferingSince is not { } since) throw new InvalidOperationException("The session does not buffer.");
        _buffered += _clock.GetUtcNow() - since;
        _bufferingSince = null;
        return [Event("BUFFER_END")];
    }

    /// <summary>The viewer asks for a share.</summary>
    public IReadOnlyList<KalturaEvent> Share() => [Event(IsStats ? "OPEN_VIRAL" : "SHARE_CLICKED")];

    /// <summary>The viewer plays it again: the event ends this session, and the new playback is a session of its own (<see cref="Next"/>).</summary>
    public IReadOnlyList<KalturaEvent> Replay()
    {
        Need(State.Playing, State.Paused, State.Ended);
        _state = State.Ended;
        return [Event(IsStats ? "REPLAY" : "REPLAY_CLICKED")];
    }

    /// <summary>The same viewer's next playback of the same entry.</summary>
    /// <param name="sessionId">Its id; null for a new random one.</param>
    public EventSession Next(string? sessionId = null) => new(_api, _options with { SessionId = sessionId }, _clock);

    private bool IsStats => _api == EventCatalog.Default.StatsCollect;

    private TimeSpan At(int quartile) => _options.Duration * s_quartiles[quartile].Percent / 100;

    private KalturaEvent WithQuality(string type)
    {
        var seconds = _buffered.TotalSeconds;
        _buffered = TimeSpan.Zero;
        var e = Event(type);
        return e with { Parameters = [.. e.Parameters, new("bufferTime", Number(seconds)), new("actualBitrate", "1000"), new("preferredBitrate", "1000")] };
    }

    private KalturaEvent Event(string name)
    {
        var type = _api.Find(name)!;
        var p = new List<KeyValuePair<string, string>>
        {
            new("partnerId", _options.PartnerId),
            new("entryId", _options.EntryId),
            new("sessionId", Id),
        };
        if (IsStats)
        {
            p.Add(new("eventTimestamp", Number(Math.Floor(_clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0))));
            p.Add(new("currentPoint", Length(Position)));
            p.Add(new("duration", Length(_options.Duration)));
            p.Add(new("seek", _sought ? "true" : "false"));
        }
        else
        {
            p.Add(new("eventIndex", Number(++_index)));
            p.Add(new("position", Length(Position)));
            p.Add(new("sessionStartTime", Number(_began.ToUnixTimeMilliseconds())));
        }
        if (_options.UserId is { } user) p.Add(new("userId", user));
        p.AddRange(_options.Common);
        return new KalturaEvent(_api, type, p) { AsUser = _options.UserId, Privileges = _options.Privileges };
    }

    private string Length(TimeSpan time) => Number(IsStats ? Math.Round(time.TotalMilliseconds) : Math.Round(time.TotalSeconds, 3));

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    private void Need(params ReadOnlySpan<State> states)
    {
        if (!states.Contains(_state))
            throw new InvalidOperationException($"The session is {_state.ToString().ToLowerInvariant()}; this step needs one that is {string.Join(" or ", states.ToArray()).ToLowerInvariant()}.");
    }
}

namespace Etl.Sandbox.Events;

/// <summary>
/// Playback events by UTC day, generated on first use and kept within a budget. A day's events depend on seed and day alone.
/// Memory: 48 bytes per event, at most <see cref="BudgetEvents"/> events (or one day, if that is larger): 144 MB; what was received is
/// kept beside them. Thread safe; the arrays handed out are never changed.
/// </summary>
internal sealed class EventStore
{
    private const int BudgetEvents = 3_000_000;
    private const int Day = 86_400;

    private readonly SandboxOptions _options;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, PlaybackEvent[]> _days = [];
    private readonly Queue<long> _age = [];
    private readonly List<Restatement> _restatements = [];
    private readonly bool _compact;
    private long _kept;

    public EventStore(SandboxOptions options)
    {
        _options = options;
        var last = options.EndsAt ?? DateOnly.FromDateTime(options.Clock.GetUtcNow().UtcDateTime);
        End = (last.DayNumber + 1 - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * (long)Day;
        Start = End - options.Days * (long)Day;
        _compact = options.Entries > options.CompactAbove && options.SessionsPerDay is not 0;
        Entries = new EntryBook(options);
        Users = new UserBook(options);
        Received = new ReceivedSessions(options.Clock) { LengthOf = Entries.WatchableMsecs, Delay = options.EventDelay };
    }

    /// <summary>The account that holds it.</summary>
    public int PartnerId => _options.PartnerId;

    /// <summary>First second with data (UTC midnight).</summary>
    public long Start { get; }

    /// <summary>End of the data, exclusive.</summary>
    public long End { get; }

    public EntryBook Entries { get; }

    public UserBook Users { get; }

    public ValueBook Values { get; } = new();

    /// <summary>Sessions that events told of.</summary>
    public ReceivedSessions Received { get; }

    /// <summary>Changes what generated days hold from now on; later answers restate them.</summary>
    public void Restate(Restatement restatement)
    {
        lock (_gate)
        {
            _restatements.Add(restatement);
            _days.Clear();
            _age.Clear();
            _kept = 0;
        }
    }

    /// <summary>The event arrays of the days that [from, to) touches, generated ones first; the caller still has to compare times.</summary>
    public IEnumerable<PlaybackEvent[]> DaysIn(long from, long to)
    {
        var first = Math.Max(from, Start) / Day;
        var end = (Math.Min(to, End) + Day - 1) / Day;
        for (var day = first; day < end; day++)
            yield return EventsOf(day);
        foreach (var records in Received.In(from, to))
            yield return records;
    }

    private PlaybackEvent[] EventsOf(long day)
    {
        lock (_gate)
        {
            if (_days.TryGetValue(day, out var known))
                return known;
            var events = _compact ? GenerateCompact(day) : Generate(day);
            foreach (var restatement in _restatements)
                events = restatement.Apply(events, Entries);
            while (_age.Count > 0 && _kept + events.Length > BudgetEvents)
            {
                _days.Remove(_age.Dequeue(), out var old);
                _kept -= old?.Length ?? 0;
            }
            _days[day] = events;
            _age.Enqueue(day);
            _kept += events.Length;
            return events;
        }
    }

    private PlaybackEvent[] Generate(long day)
    {
        var random = new Prng(Prng.Hash(_options.Seed, 10, day));
        var sessions = _options.SessionsPerDay ?? Math.Min(40_000, _options.Entries * 20);
        // Weekends are quieter: 1970-01-01 was a Thursday, so day % 7 is 2 and 3 on Saturday and Sunday.
        if (day % 7 is 2 or 3)
            sessions -= sessions * 2 / 5;
        var events = new PlaybackEvent[sessions];
        var count = 0;
        for (var i = 0; i < sessions; i++)
        {
            // The square makes a few entries popular and leaves a long tail.
            var skew = random.Unit();
            var entry = (int)(skew * skew * _options.Entries);
            entry = (int)((entry * 7_919L + 13) % _options.Entries);
            var time = day * Day + random.Below(Day);
            var session = Session(ref random, entry, time, playPercent: 70);
            if (Entries.CreatedAt(entry) <= time)
                events[count++] = session;
        }
        return count == sessions ? events : events[..count];
    }

    private PlaybackEvent[] GenerateCompact(long day)
    {
        var events = new PlaybackEvent[_options.Entries];
        for (var entry = 0; entry < events.Length; entry++)
        {
            var random = new Prng(Prng.Hash(_options.Seed, 11, day * 1_000_003 + entry));
            var session = Session(ref random, entry, day * Day + random.Below(Day), playPercent: 100);
            // Two faithful viewers per entry bound the distinct pairs that a month can hold.
            session.User = (int)(Prng.Hash(_options.Seed, 12, entry * 2L + (day & 1)) % (ulong)_options.Users);
            events[entry] = session;
        }
        return events;
    }

    private PlaybackEvent Session(ref Prng random, int entry, long time, int playPercent)
    {
        var live = Entries.IsLive(entry);
        var anonymous = random.Percent(15);
        var session = new PlaybackEvent
        {
            Time = (uint)time,
            Entry = entry,
            User = anonymous ? -1 : random.Below(_options.Users),
            Cookie = (uint)random.Below(2_000),
            Place = (byte)random.Below(Vocabulary.Places.Length),
            Agent = (byte)random.Below(Vocabulary.DrawnAgents),
            Page = (ushort)random.Below(Vocabulary.Pages.Length),
            Application = (ushort)random.Below(Vocabulary.Applications.Length),
            Context = (byte)random.Below(Vocabulary.Categories.Length),
        };
        // One draw for the three variables, a digit of base 4 each.
        var custom = random.Below(64);
        (session.Custom1, session.Custom2, session.Custom3) = ((ushort)(custom & 3), (ushort)(custom >> 2 & 3), (ushort)(custom >> 4 & 3));
        session.Kind = !live ? PlaybackKind.Vod : random.Percent(80) ? PlaybackKind.Live : PlaybackKind.Dvr;
        session.Loads = (ushort)(random.Percent(10) ? 2 : 1);
        if (random.Percent(playPercent))
            Play(ref random, ref session);
        if (random.Percent(12))
            session.Click((Button)random.Below(8));
        return session;
    }

    private void Play(ref Prng random, ref PlaybackEvent session)
    {
        session.Plays = 1;
        // Attention thins out: a third leaves before the first quarter, a fifth sees the end.
        var seen = random.Percent(20) ? 100 : random.Below(100);
        session.Quartiles = (byte)((1 << seen / 25) - 1);
        session.Percentiles = (byte)seen;
        var watched = Entries.WatchableMsecs(session.Entry) * seen / 100 / 10_000;
        session.Heartbeats = (ushort)Math.Min(watched, ushort.MaxValue);
    }
}

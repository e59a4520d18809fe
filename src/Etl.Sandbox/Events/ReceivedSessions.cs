using System.Numerics;

namespace Etl.Sandbox.Events;

/// <summary>What a received event does to its session.</summary>
internal enum Meaning : byte
{
    /// <summary>It is kept, and no report counts it.</summary>
    None,
    Load,
    Play,
    Quarter,
    Half,
    ThreeQuarters,
    End,
    Heartbeat,
    Click,
    BufferStart,
    BufferEnd,
}

/// <summary>One received event with everything looked up that its record needs; what it did not say is -1 or <see cref="Unsaid"/>.</summary>
internal struct SessionStep
{
    /// <summary>Stands for a value that the event did not say.</summary>
    public const ushort Unsaid = ushort.MaxValue;

    /// <summary>When it was received, unix milliseconds.</summary>
    public long At;

    /// <summary>Hash of session id and entry.</summary>
    public UInt128 Session;

    public int Entry;
    public int User;

    /// <summary>Number of the viewer that an anonymous event names, or -1.</summary>
    public int Viewer;

    /// <summary>Waiting before this event, tenths of a second.</summary>
    public ushort Buffering;

    public ushort Page, Application, Event, Custom1, Custom2, Custom3;
    public byte Place, Agent, Context;
    public PlaybackKind Kind;
    public Meaning Meaning;
    public Button Button;
}

/// <summary>
/// Sessions as received events tell of them, in the records that generated sessions have, by UTC day. A session has a record for each hour in
/// which something of it was received, at the time of the first such event; every count stands in the hour of its event. A quartile counts once
/// per session. A session that was silent for a day, at the latest for two, begins anew.
/// </summary>
/// <remarks>
/// Events become visible after the delay, in the order of their coming, whenever records are added or asked for. Thread safe: chunks that were
/// handed out are copied before they change. Memory: 48 bytes per record, about 150 per session of the last two days.
/// </remarks>
internal sealed class ReceivedSessions(TimeProvider clock)
{
    private const int ChunkRecords = 1_024;
    private const int Day = 86_400;
    private const int Hour = 3_600;

    private const uint SessionCookies = 0x1000_0000, ViewerCookies = 0x4000_0000;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, DayRecords> _days = [];
    private readonly Queue<SessionStep> _waiting = [];
    private Dictionary<UInt128, Session> _sessions = [];
    private Dictionary<UInt128, Session> _older = [];
    private long _today;
    private uint _serial;

    /// <summary>How long an event waits before reports see it.</summary>
    public required TimeSpan Delay { get; init; }

    /// <summary>Length of an entry in milliseconds, 0 when it is not known.</summary>
    public required Func<int, long> LengthOf { get; init; }

    /// <summary>Takes an event; events come in the order of their times.</summary>
    public void Add(in SessionStep step)
    {
        if (step.Meaning == Meaning.None)
            return;
        lock (_gate)
        {
            if (Delay > TimeSpan.Zero)
            {
                _waiting.Enqueue(step);
                ApplyDue();
            }
            else
            {
                Apply(step);
            }
        }
    }

    /// <summary>The visible records of the days that [from, to) touches; the arrays never change.</summary>
    public IReadOnlyList<PlaybackEvent[]> In(long from, long to)
    {
        var found = new List<PlaybackEvent[]>();
        lock (_gate)
        {
            ApplyDue();
            foreach (var (day, records) in _days)
            {
                if (day * Day < to && (day + 1) * Day > from)
                    records.HandOut(found);
            }
        }
        return found;
    }

    private void ApplyDue()
    {
        var due = clock.GetUtcNow().ToUnixTimeMilliseconds() - (long)Delay.TotalMilliseconds;
        while (_waiting.TryPeek(out var step) && step.At <= due)
            Apply(_waiting.Dequeue());
    }

    private void Apply(in SessionStep step)
    {
        var session = SessionOf(step);
        var hour = step.At / 1_000 / Hour;
        if (session.Hour != hour)
            Begin(session, step, hour);
        ref var record = ref session.Records.Change(session.Index);
        Fill(ref record, step);
        if (Count(session, ref record, step))
            return;
        // The record is full: the session goes on in another one.
        Begin(session, step, hour);
        Count(session, ref session.Records.Change(session.Index), step);
    }

    private Session SessionOf(in SessionStep step)
    {
        var day = step.At / 1_000 / Day;
        if (day > _today)
        {
            // Yesterday's sessions may still go on.
            (_older, _sessions) = (day == _today + 1 ? _sessions : [], []);
            _today = day;
        }
        if (_sessions.TryGetValue(step.Session, out var session))
            return session;
        if (!_older.Remove(step.Session, out session))
            session = new Session { Cookie = SessionCookies + _serial++ };
        _sessions[step.Session] = session;
        return session;
    }

    /// <summary>A new record, which knows what the one before knew.</summary>
    private void Begin(Session session, in SessionStep step, long hour)
    {
        var seconds = step.At / 1_000;
        var record = session.Hour >= 0
            ? session.Records[session.Index] with { Loads = 0, Plays = 0, Quartiles = 0, Percentiles = 0, Heartbeats = 0, Buffering = 0, Clicks = 0 }
            : new PlaybackEvent
            {
                Entry = step.Entry, User = -1, Cookie = session.Cookie, Place = step.Place, Agent = step.Agent, Kind = step.Kind, Context = byte.MaxValue,
                Page = SessionStep.Unsaid, Application = SessionStep.Unsaid, Event = SessionStep.Unsaid,
                Custom1 = SessionStep.Unsaid, Custom2 = SessionStep.Unsaid, Custom3 = SessionStep.Unsaid,
            };
        record.Time = (uint)seconds;
        if (!_days.TryGetValue(seconds / Day, out var records))
            _days[seconds / Day] = records = new DayRecords();
        (session.Records, session.Index, session.Hour) = (records, records.Add(record), hour);
    }

    /// <summary>What an event says first stays.</summary>
    private static void Fill(ref PlaybackEvent record, in SessionStep step)
    {
        if (record.User < 0 && step.User >= 0)
            record.User = step.User;
        if (record.Cookie < ViewerCookies && step.Viewer >= 0)
            record.Cookie = ViewerCookies + (uint)step.Viewer;
        if (record.Context == byte.MaxValue)
            record.Context = step.Context;
        record.Page = Said(record.Page, step.Page);
        record.Application = Said(record.Application, step.Application);
        record.Event = Said(record.Event, step.Event);
        record.Custom1 = Said(record.Custom1, step.Custom1);
        record.Custom2 = Said(record.Custom2, step.Custom2);
        record.Custom3 = Said(record.Custom3, step.Custom3);
    }

    private static ushort Said(ushort known, ushort said) => known == SessionStep.Unsaid ? said : known;

    /// <summary>False when the record cannot count further.</summary>
    private bool Count(Session session, ref PlaybackEvent record, in SessionStep step)
    {
        if (record.Buffering > ushort.MaxValue - step.Buffering)
            return false;
        switch (step.Meaning)
        {
            case Meaning.Load when record.Loads < ushort.MaxValue:
                record.Loads++;
                break;
            case Meaning.Play when record.Plays < ushort.MaxValue:
                record.Plays++;
                break;
            case Meaning.Heartbeat when record.Heartbeats < ushort.MaxValue:
                record.Heartbeats++;
                session.Heartbeats++;
                See(session, ref record);
                break;
            case >= Meaning.Quarter and <= Meaning.End:
                var mark = (byte)(1 << step.Meaning - Meaning.Quarter);
                record.Quartiles |= (byte)(mark & ~session.Quartiles);
                session.Quartiles |= mark;
                See(session, ref record);
                break;
            case Meaning.Click when record.Click(step.Button):
                break;
            case Meaning.BufferStart:
                session.BufferSince = step.At;
                break;
            case Meaning.BufferEnd:
                var tenths = session.BufferSince > 0 ? (step.At - session.BufferSince) / 100 : 0;
                record.Buffering = (ushort)Math.Min(ushort.MaxValue, record.Buffering + tenths);
                session.BufferSince = 0;
                break;
            default:
                return false;
        }
        record.Buffering += step.Buffering;
        return true;
    }

    /// <summary>Percentiles are not sent: they are what the marks or the heartbeats amount to, whichever is more.</summary>
    private void See(Session session, ref PlaybackEvent record)
    {
        var seen = 25L * BitOperations.PopCount(session.Quartiles);
        if (LengthOf(record.Entry) is > 0 and var length)
            seen = Math.Max(seen, Math.Min(100, session.Heartbeats * 1_000_000L / length));
        if (seen <= session.Percentiles)
            return;
        record.Percentiles += (byte)(seen - session.Percentiles);
        session.Percentiles = (byte)seen;
    }

    private sealed class Session
    {
        public required uint Cookie;
        public DayRecords Records = null!;
        public int Index;
        public long Hour = -1;
        public long BufferSince;
        public int Heartbeats;
        public byte Quartiles;
        public byte Percentiles;
    }

    /// <summary>The records of a day, in chunks that are copied before they change once somebody holds them.</summary>
    private sealed class DayRecords
    {
        private readonly List<PlaybackEvent[]> _chunks = [];
        private readonly List<bool> _held = [];
        private int _count;

        public PlaybackEvent this[int index] => _chunks[index / ChunkRecords][index % ChunkRecords];

        public int Add(in PlaybackEvent record)
        {
            if (_count == _chunks.Count * ChunkRecords)
            {
                _chunks.Add(new PlaybackEvent[ChunkRecords]);
                _held.Add(false);
            }
            _chunks[_count / ChunkRecords][_count % ChunkRecords] = record;
            return _count++;
        }

        public ref PlaybackEvent Change(int index)
        {
            var chunk = index / ChunkRecords;
            if (_held[chunk])
            {
                _chunks[chunk] = [.. _chunks[chunk]];
                _held[chunk] = false;
            }
            return ref _chunks[chunk][index % ChunkRecords];
        }

        public void HandOut(List<PlaybackEvent[]> to)
        {
            for (var chunk = 0; chunk < _chunks.Count; chunk++)
            {
                var length = Math.Min(ChunkRecords, _count - chunk * ChunkRecords);
                _held[chunk] |= length == ChunkRecords;
                to.Add(length == ChunkRecords ? _chunks[chunk] : _chunks[chunk][..length]);
            }
        }
    }
}

using System.Globalization;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Custom;

/// <summary>One group of sessions and what its columns say.</summary>
internal sealed class CustomRow(EventStore store, long day, int user, int entry, int slot, bool countsViewers)
{
    private static readonly string[] Companies = ["Example, Inc.", "Northwind", "M\u00FCller & S\u00F6hne", "Contoso \"Labs\"", ""];

    private readonly HashSet<uint>? _viewers = countsViewers ? [] : null;
    private long _heartbeats;
    private long _liveHeartbeats;
    private long _percentiles;
    private long _start = long.MaxValue;
    private long _end;

    public int User => user;

    public int Entry => entry;

    /// <summary>The further dimension of a report: an agent, a breakout room.</summary>
    public int Slot => slot;

    public int Plays { get; private set; }

    public int Downloads { get; private set; }

    public int Shares { get; private set; }

    public int Viewers => _viewers?.Count ?? 0;

    public double Minutes => _heartbeats * 10 / 60.0;

    /// <summary>Part of the viewing time that was live, 0 to 1.</summary>
    public double LiveShare => _heartbeats == 0 ? 0 : (double)_liveHeartbeats / _heartbeats;

    /// <summary>Seen part of what was started, percent.</summary>
    public double Completion => Plays == 0 ? 0 : (double)_percentiles / Plays;

    public void Add(in PlaybackEvent session)
    {
        Plays += session.Plays;
        Downloads += session.ClicksOf(Button.Download);
        Shares += session.ClicksOf(Button.Share);
        _heartbeats += session.Heartbeats;
        _liveHeartbeats += session.Kind == PlaybackKind.Live ? session.Heartbeats : 0;
        _percentiles += session.Percentiles;
        _start = Math.Min(_start, session.Time);
        _end = Math.Max(_end, session.Time + session.Heartbeats * 10L);
        _viewers?.Add(session.Viewer);
    }

    public Cell DayId => Cell.Of(DateTime.UnixEpoch.AddDays(day).ToString("yyyyMMdd", CultureInfo.InvariantCulture));

    public Cell Start => Time(_start);

    public Cell End => Time(_end);

    public Cell EntryId => Cell.Of(store.Entries.Id(entry));

    public Cell EntryName => store.Entries.IsResolvable(entry) ? Cell.Of(EntryBook.Name(entry)) : Cell.Missing;

    public Cell MediaType => store.Entries.IsResolvable(entry) ? Cell.Of(store.Entries.MediaType(entry)) : Cell.Missing;

    public Cell DurationMinutes => store.Entries.IsResolvable(entry) ? Cell.Of(Math.Round(store.Entries.DurationMsecs(entry) / 60_000.0, 2)) : Cell.Missing;

    /// <summary>Made up: no session id is in the events.</summary>
    public Cell SessionId => Cell.Of(string.Create(CultureInfo.InvariantCulture, $"s{day}-{entry}"));

    public Cell AttachmentId => Cell.Of(string.Create(CultureInfo.InvariantCulture, $"1_att{entry:00000}"));

    public Cell AttachmentTitle => Cell.Of(string.Create(CultureInfo.InvariantCulture, $"Handout {entry + 1}, v{1 + entry % 3}"));

    public Cell UserId => Person(store.Users.Id);

    public Cell Email => Person(store.Users.Email);

    public Cell FullName => Person(store.Users.FullName);

    public Cell FirstName => Person(u => store.Users.FullName(u).Split(' ', 2)[0]);

    public Cell LastName => Person(u => store.Users.FullName(u).Split(' ', 2) is [_, var last] ? last : "");

    public Cell Company => Person(u => Companies[u % Companies.Length]);

    public Cell UserType => Person(u => store.Users.IsAdmin(u) ? "Moderator" : "Attendee");

    /// <summary>A count that no event holds: made up, the same for the same user and topic.</summary>
    public int MadeUp(uint topic, int below) => user < 0 ? 0 : (int)(Prng.Hash(topic, 50, user) % (ulong)below);

    private static Cell Time(long seconds) => Cell.Of(DateTime.UnixEpoch.AddSeconds(seconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));

    /// <summary>As in the reports: nobody is the word Unknown in every looked-up column, a deleted user an empty cell.</summary>
    private Cell Person(Func<int, string> text) =>
        user < 0 ? Cell.Of(Vocabulary.Unknown) : store.Users.IsResolvable(user) ? Cell.Of(text(user)) : Cell.Missing;
}

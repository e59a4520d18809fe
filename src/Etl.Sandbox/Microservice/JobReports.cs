using System.Globalization;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Microservice;

/// <summary>The rows of a report.</summary>
internal sealed record JobTable(string[] Columns, IEnumerable<Cell[]> Rows);

/// <summary>
/// The reports of the guide (004, section 10) by name. <b>Invented</b>: the guide gives names and parameters but no columns, so columns
/// and rows are ours. Rows come from the playback events of the days and entries asked for; polls and messages are made up from them.
/// </summary>
internal sealed class JobReports(EventStore store, long seed)
{
    private const int Day = 86_400;

    private static readonly string[] ChatNames =
        ["pollsActivity", "chatUserActivity", "moderatorTranscripts", "chatModeration", "groupChatTranscripts", "privateTranscripts"];

    private static readonly string[] Messages =
        ["Hello everyone", "Great talk, thanks!", "Could you repeat \"slide 3\"?", "Two\nlines", "\u00DCber; |cool| \U0001F600", "=1+1", "", "+1"];

    private static readonly string[] Questions = ["Which track, please?", "Rate the session", "Join \"again\"?"];
    private static readonly string[] Answers = ["Yes", "No, never", "Maybe"];
    private static readonly string[] Actions = ["delete_message", "mute_user", "block_user"];

    public static IReadOnlyList<string> Names { get; } = ["registration", "attachment", "reportsEnrichment", .. ChatNames];

    /// <summary>Chat reports: the session must carry the privilege <c>virtualeventid</c>.</summary>
    public static bool NeedsEvent(string name) => ChatNames.Contains(name);

    /// <summary>The table; its parameters' faults are in <paramref name="parameters"/>.</summary>
    public JobTable Find(string name, JobParameters parameters)
    {
        switch (name)
        {
            case "registration":
                var guid = parameters.Text("appGuid");
                return new(["registration_id", "email", "first_name", "last_name", "status", "registered_at", "attended"], Registration(guid));
            case "reportsEnrichment":
                parameters.Text("taskType");
                var (from, to) = (parameters.Seconds("params.from_date"), parameters.Seconds("params.to_date"));
                return new(["date", "user_id", "email", "full_name", "entry_id", "entry_name", "plays", "minutes_viewed"],
                    Sessions(from, to, _ => true).Where(s => s.Plays > 0)
                        .Select(s => Row(Text(DayId(s)), User(s), Email(s), FullName(s), Entry(s), EntryName(s), Cell.Of(s.Plays), Cell.Of(s.Heartbeats * 10 / 60.0))));
            default:
                return OfDays(name, Days(parameters));
        }
    }

    private JobTable OfDays(string name, IEnumerable<PlaybackEvent> sessions) => name switch
    {
        "attachment" => new(["date", "user_id", "email", "entry_id", "attachment_id", "attachment_title", "downloads"],
            sessions.Where(s => s.ClicksOf(Button.Download) > 0)
                .Select(s => Row(Text(DayId(s)), User(s), Email(s), Entry(s), Text($"1_att{s.Entry:00000}"), Text($"Handout {s.Entry + 1}, final"), Cell.Of(1)))),
        "pollsActivity" => new(["entry_id", "poll_id", "question", "answer", "user_id", "email", "answered_at"],
            Some(sessions, 6).Select(s => Row(Entry(s), Text($"poll{s.Entry}-{Pick(s, 1, Questions.Length)}"), Text(Questions[Pick(s, 1, Questions.Length)]),
                Text(Answers[Pick(s, 2, Answers.Length)]), User(s), Email(s), Time(s)))),
        "chatUserActivity" => new(["user_id", "email", "full_name", "messages_sent_group", "messages_sent_private", "reactions"],
            Some(sessions, 3).Where(s => s.User >= 0).GroupBy(s => s.User).OrderBy(g => g.Key)
                .Select(g => Row(User(g.First()), Email(g.First()), FullName(g.First()), Cell.Of(g.Count(s => Pick(s, 3, 4) > 0)), Cell.Of(g.Count(s => Pick(s, 3, 4) == 0)), Cell.Of(g.Sum(s => Pick(s, 4, 5)))))),
        "chatModeration" => new(["time", "entry_id", "moderator_id", "action", "user_id", "message"],
            Some(sessions, 40).Select(s => Row(Time(s), Entry(s), Text("user3@example.com"), Text(Actions[Pick(s, 5, Actions.Length)]), User(s), Message(s)))),
        "moderatorTranscripts" => new(["time", "entry_id", "user_id", "full_name", "message"],
            Some(sessions, 12).Select(s => Row(Time(s), Entry(s), User(s), FullName(s), Message(s)))),
        "groupChatTranscripts" => new(["time", "entry_id", "chat_id", "user_id", "full_name", "message"],
            Some(sessions, 3).Select(s => Row(Time(s), Entry(s), Text($"group{s.Entry}"), User(s), FullName(s), Message(s)))),
        _ => new(["time", "conversation_id", "from_user_id", "to_user_id", "message"],
            Some(sessions, 9).Select(s => Row(Time(s), Text($"private{s.Entry}-{Pick(s, 6, 100)}"), User(s), Text($"user{10 + Pick(s, 7, 9)}@example.com"), Message(s)))),
    };

    private IEnumerable<PlaybackEvent> Days(JobParameters parameters)
    {
        var entries = parameters.List("entries_ids").Select(store.Entries.Find).ToHashSet();
        var events = parameters.List("virtual_event_ids").Select(id => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1).ToHashSet();
        var (from, to) = (parameters.Day("from_date_id"), parameters.Day("to_date_id") + Day);
        // An empty list does not narrow.
        return Sessions(from, to, s => (entries.Count == 0 || entries.Contains(s.Entry)) && (events.Count == 0 || events.Contains(store.Values.EventOf(s))));
    }

    private IEnumerable<PlaybackEvent> Sessions(long from, long to, Func<PlaybackEvent, bool> counts) =>
        store.DaysIn(from, to).SelectMany(day => day.Where(s => s.Time >= from && s.Time < to && counts(s)).OrderBy(s => s.Time).ThenBy(s => s.Entry).ThenBy(s => s.User));

    /// <summary>One session in <paramref name="every"/>, always the same ones.</summary>
    private IEnumerable<PlaybackEvent> Some(IEnumerable<PlaybackEvent> sessions, int every) => sessions.Where(s => s.Plays > 0 && Pick(s, 8, every) == 0);

    private int Pick(in PlaybackEvent s, uint topic, int below) => (int)(Prng.Hash(seed, 70 + topic, s.Time * 1_000_003L + s.Entry * 101L + s.User) % (ulong)below);

    private IEnumerable<Cell[]> Registration(string guid)
    {
        var salt = guid.Aggregate(17L, (hash, c) => hash * 31 + c);
        for (var user = 0; user < store.Users.Count; user++)
        {
            var hash = Prng.Hash(salt, 69, user);
            if (hash % 3 != 0 || !store.Users.IsResolvable(user))
                continue;
            var name = store.Users.FullName(user).Split(' ', 2);
            var registered = DateTime.UnixEpoch.AddSeconds(store.Start - (long)(hash % 1_000_000)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            yield return Row(Text($"reg{hash % 1_000_000_000:000000000}"), Text(store.Users.Email(user)), Text(name[0]), Text(name is [_, var last] ? last : ""),
                Text(hash % 5 == 0 ? "pending" : "confirmed"), Text(registered), Text(hash % 2 == 0 ? "true" : "false"));
        }
    }

    private static Cell[] Row(params Cell[] cells) => cells;

    private static Cell Text(FormattableString text) => Cell.Of(FormattableString.Invariant(text));

    private static Cell Text(string text) => Cell.Of(text);

    private static string DayId(in PlaybackEvent s) => DateTime.UnixEpoch.AddSeconds(s.Time).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static Cell Time(in PlaybackEvent s) => Cell.Of(DateTime.UnixEpoch.AddSeconds(s.Time).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    private Cell Message(in PlaybackEvent s) => Cell.Of(Messages[Pick(s, 9, Messages.Length)]);

    private Cell Entry(in PlaybackEvent s) => Cell.Of(store.Entries.Id(s.Entry));

    private Cell EntryName(in PlaybackEvent s) => store.Entries.IsResolvable(s.Entry) ? Cell.Of(EntryBook.Name(s.Entry)) : Cell.Missing;

    private Cell User(in PlaybackEvent s) => Person(s, store.Users.Id);

    private Cell Email(in PlaybackEvent s) => Person(s, store.Users.Email);

    private Cell FullName(in PlaybackEvent s) => Person(s, store.Users.FullName);

    private Cell Person(in PlaybackEvent s, Func<int, string> text) =>
        s.User >= 0 && store.Users.IsResolvable(s.User) ? Cell.Of(text(s.User)) : Cell.Missing;
}

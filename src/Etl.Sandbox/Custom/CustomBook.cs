using System.Globalization;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Custom;

/// <summary>
/// The custom reports of the sandbox. <b>Invented</b>: ids, names, parameters and columns come from the public guide and the catalogue
/// (columns in the guide's order where it gives one); what a row is, how values come about and all of 6002 are ours. Rows are computed
/// from the playback events, all playback types together:
/// <code>
/// 3006 user, entry     sessions with a share (stands for "add to calendar")
/// 3007 user, entry     sessions that played                       cat_ids: categories of the entry
/// 3008 user, entry     sessions with a download
/// 3009 day, user, entry   sessions with viewing time
/// 3010 day, entry      the same of one user (user_id)
/// 3030 user            sessions in the virtual events
/// 3035 device, system  the same
/// 3037 day, user, entry   the same, with viewing time
/// 4021 user            sessions in one virtual event; reactions, polls and chat are made up
/// 6000 day, room       live entries stand for rooms
/// 6001 user, room
/// 6002 day, room, breakout room
/// </code>
/// </summary>
internal static class CustomBook
{
    private const int BreakoutRooms = 3;

    private static readonly string[] Days = ["from_date_id", "to_date_id", "timezone_offset"];
    private static readonly string[] Times = ["from_date", "to_date"];
    private static readonly (string Device, string Os)[] Platforms = [.. Vocabulary.Agents.Select(a => (a.Device, a.Os)).Distinct()];
    private static readonly string[] Devices = ["raise_hand", "mic_on", "cam_on"];
    private static readonly string[] Reactions = ["clap_clicked_count", "heart_clicked_count", "think_clicked_count", "wow_clicked_count", "smile_clicked_count"];
    private static readonly string[] Talk = ["answered_polls", "messages_sent_group", "qna_threads"];
    private static readonly (string, Func<CustomRow, Cell>) UserId = ("user_id", r => r.UserId);
    private static readonly (string, Func<CustomRow, Cell>) Email = ("email", r => r.Email);
    private static readonly (string, Func<CustomRow, Cell>) EntryId = ("entry_id", r => r.EntryId);
    private static readonly (string, Func<CustomRow, Cell>) EntryName = ("entry_name", r => r.EntryName);
    private static readonly (string, Func<CustomRow, Cell>) First = ("first_name", r => r.FirstName);
    private static readonly (string, Func<CustomRow, Cell>) Last = ("last_name", r => r.LastName);
    private static readonly (string, Func<CustomRow, Cell>) Company = ("company", r => r.Company);

    // Last: it is made from the fields above.
    private static readonly Dictionary<long, CustomReport> Reports = Define().ToDictionary(r => (long)r.Id);

    public static CustomReport? Find(long id) => Reports.GetValueOrDefault(id);

    public static IEnumerable<int> Ids => Reports.Values.Select(r => r.Id).Order();

    private static IEnumerable<CustomReport> Define()
    {
        yield return new(3006, [EntryId, UserId, Email, Count("count_add_to_calendar_clicked", r => r.Shares), First, Last, Company])
        {
            Required = Days, ByDayIds = true, By = GroupBy.User | GroupBy.Entry,
            Counts = (in PlaybackEvent e) => e.ClicksOf(Button.Share) > 0,
            Scope = (query, store) => InEntries(query.Parameters.List("entries_ids"), store),
        };
        yield return new(3007, [UserId, Email, EntryId, EntryName, ("media_type", r => r.MediaType), Count("view_time", r => r.Minutes), Count("play", r => r.Plays), First, Last, Company])
        {
            Required = Days, ByDayIds = true, By = GroupBy.User | GroupBy.Entry,
            Counts = (in PlaybackEvent e) => e.Plays > 0,
            Scope = (query, store) => InCategories(query.Parameters.List("cat_ids"), store),
        };
        yield return new(3008, [UserId, Email, EntryId, ("attachment_id", r => r.AttachmentId), ("attachment_title", r => r.AttachmentTitle), Count("download_attachment_clicked", r => r.Downloads), First, Last, Company])
        {
            Required = Days, ByDayIds = true, By = GroupBy.User | GroupBy.Entry,
            Counts = (in PlaybackEvent e) => e.ClicksOf(Button.Download) > 0,
        };
        yield return new(3009, [("user", r => r.UserId), Email, EntryId, ("session_id", r => r.SessionId), EntryName, Count("view_time", r => r.Minutes)])
        {
            Required = Times, By = GroupBy.Day | GroupBy.User | GroupBy.Entry, Counts = Watched, Quoted = ["entry_name"],
        };
        yield return new(3010, [("Date", r => r.DayId), ("Entry Id", r => r.EntryId), ("Session Id", r => r.SessionId), ("Entry Name", r => r.EntryName), ("VOD Duration (min)", r => r.DurationMinutes), Count("View Time (min)", r => r.Minutes)])
        {
            Required = [.. Times, "user_id"], By = GroupBy.Day | GroupBy.Entry, Counts = Watched, Quoted = ["Entry Name"],
            Scope = (query, store) => OfUser(store.Users.Find(query.Parameters.Require("user_id"))),
        };
        yield return new(3030, [UserId, Email, Count("plays", r => r.Plays), Count("sum_minutes_viewed", r => r.Minutes), Count("live_engagement_rate", r => r.LiveShare)])
        {
            Required = [.. Times, "virtual_event_ids"], By = GroupBy.User, Scope = InEvents,
        };
        yield return new(3035, [("device_used", r => Cell.Of(Platforms[r.Slot].Device)), ("os_used", r => Cell.Of(Platforms[r.Slot].Os)), Count("view_time", r => r.Minutes), Count("total_completion_rate", r => r.Completion)])
        {
            Required = [.. Times, "virtual_event_ids"], By = GroupBy.None, Slot = PlatformOf, Scope = InEvents,
        };
        yield return new(3037, [("date", r => r.DayId), UserId, EntryId, EntryName, Count("sum_minutes_viewed", r => r.Minutes)])
        {
            Required = [.. Times, "virtual_event_ids"], By = GroupBy.Day | GroupBy.User | GroupBy.Entry, Counts = Watched, Quoted = ["entry_name"], Scope = InEvents,
        };
        yield return UserReactions();
        yield return new(6000, [EntryId, EntryName, ("session_start_time", r => r.Start), ("session_end_time", r => r.End)])
        {
            Required = Times, By = GroupBy.Day | GroupBy.Entry, Quoted = ["entry_name"], Scope = (_, store) => InRooms(store),
        };
        yield return new(6001, [EntryId, UserId, ("user_name", r => r.FullName), ("user_type", r => r.UserType), Count("meeting_view_time", r => r.Minutes)])
        {
            Required = Times, By = GroupBy.User | GroupBy.Entry, Scope = (_, store) => InRooms(store),
        };
        yield return new(6002, [EntryId, EntryName, ("breakout_room_name", r => Cell.Of(string.Create(CultureInfo.InvariantCulture, $"Room {r.Slot + 1}, \"B\""))), ("session_start_time", r => r.Start), ("session_end_time", r => r.End), Count("attendees", r => r.Viewers)])
        {
            Required = Times, By = GroupBy.Day | GroupBy.Entry, CountsViewers = true, Slot = (in PlaybackEvent e) => e.Context % BreakoutRooms, Quoted = ["entry_name"], Scope = (_, store) => InRooms(store),
        };
    }

    private static CustomReport UserReactions()
    {
        return new(4021,
        [
            Email,
            Count("combined_live_engaged_users_play_time_ratio", r => r.Completion / 100),
            Count("download_attachment", r => r.Downloads),
            Count("add_to_calendar", r => r.Shares),
            .. Devices.Select((name, i) => Count(name, r => r.MadeUp((uint)(100 + i), 3))),
            .. Reactions.Select((name, i) => Count(name, r => r.MadeUp((uint)(110 + i), 12))),
            Count("total_reactions_activity", r => Enumerable.Range(110, Reactions.Length).Sum(topic => r.MadeUp((uint)topic, 12))),
            .. Talk.Select((name, i) => Count(name, r => r.MadeUp((uint)(120 + i), 8))),
        ])
        {
            Required = [.. Times, "virtualeventid"], By = GroupBy.User, EventParameter = "virtualeventid",
            Scope = (query, store) =>
            {
                var inEvent = InEvent([query.Parameters.Require("virtualeventid")], store);
                var inEntries = InEntries(query.Parameters.List("entry_ids"), store);
                return (in PlaybackEvent e) => inEvent(e) && inEntries(e);
            },
        };
    }

    private static (string, Func<CustomRow, Cell>) Count(string name, Func<CustomRow, double> value) => (name, r => Cell.Of(value(r)));

    private static bool Watched(in PlaybackEvent session) => session.Heartbeats > 0;

    private static int PlatformOf(in PlaybackEvent session)
    {
        var agent = Vocabulary.Agents[session.Agent];
        return Array.IndexOf(Platforms, (agent.Device, agent.Os));
    }

    private static EventTest InEvents(CustomQuery query, EventStore store) => InEvent(query.Parameters.List("virtual_event_ids") ?? [], store);

    private static EventTest InEvent(string[] ids, EventStore store) =>
        (in PlaybackEvent e) => store.Values.EventOf(e) is > 0 and var id && ids.Contains(id.ToString(CultureInfo.InvariantCulture));

    private static EventTest InRooms(EventStore store) => (in PlaybackEvent e) => store.Entries.IsLive(e.Entry);

    private static EventTest OfUser(int user) => (in PlaybackEvent e) => user >= 0 && e.User == user;

    private static EventTest InEntries(string[]? ids, EventStore store)
    {
        var set = ids?.Select(store.Entries.Find).ToHashSet();
        return (in PlaybackEvent e) => set is null || set.Contains(e.Entry);
    }

    private static EventTest InCategories(string[]? ids, EventStore store)
    {
        var set = ids?.Select(id => Array.FindIndex(Vocabulary.Categories, c => c.Id.ToString(CultureInfo.InvariantCulture) == id)).ToHashSet();
        return (in PlaybackEvent e) => set is null || set.Contains(store.Entries.CategoryOf(e.Entry));
    }
}

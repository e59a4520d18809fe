using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Collect;

/// <summary>
/// Says what an event means for the reports of an account.
/// <code>
/// count                   stats.collect                  analytics.trackEvent
/// loads                   1 WIDGET_LOADED                1 PLAYER_IMPRESSION
/// plays                   3 PLAY                         3 PLAY
/// quartiles               4 to 7                         11 to 14
/// heartbeats of 10 s      none                           99 VIEW
/// edits                   8 OPEN_EDIT                    none
/// shares                  9 OPEN_VIRAL                   21 SHARE_CLICKED
/// downloads               10 OPEN_DOWNLOAD               23 DOWNLOAD_CLICKED
/// reports, submitted      11 OPEN_REPORT, none           24 REPORT_CLICKED, 25 REPORT_SUBMITTED
/// captions, info, related none                           38 CAPTIONS, 40 INFO, 37 RELATED_SELECTED
/// buffering               from 12 to 13                  bufferTime of any event
/// </code>
/// All other events, and those without session or entry, are kept and not counted.
/// </summary>
internal sealed class StepMaker(EventStore store, EventCatalogue catalogue)
{
    private const int MostCached = 10_000;

    private static readonly Dictionary<string, (Meaning Meaning, Button Button)> Meanings = new(StringComparer.Ordinal)
    {
        ["WIDGET_LOADED"] = (Meaning.Load, default),
        ["PLAYER_IMPRESSION"] = (Meaning.Load, default),
        ["PLAY"] = (Meaning.Play, default),
        ["PLAY_REACHED_25"] = (Meaning.Quarter, default),
        ["PLAY_REACHED_50"] = (Meaning.Half, default),
        ["PLAY_REACHED_75"] = (Meaning.ThreeQuarters, default),
        ["PLAY_REACHED_100"] = (Meaning.End, default),
        ["VIEW"] = (Meaning.Heartbeat, default),
        ["OPEN_EDIT"] = (Meaning.Click, Button.Edit),
        ["OPEN_VIRAL"] = (Meaning.Click, Button.Share),
        ["SHARE_CLICKED"] = (Meaning.Click, Button.Share),
        ["OPEN_DOWNLOAD"] = (Meaning.Click, Button.Download),
        ["DOWNLOAD_CLICKED"] = (Meaning.Click, Button.Download),
        ["OPEN_REPORT"] = (Meaning.Click, Button.Report),
        ["REPORT_CLICKED"] = (Meaning.Click, Button.Report),
        ["REPORT_SUBMITTED"] = (Meaning.Click, Button.ReportSubmitted),
        ["CAPTIONS"] = (Meaning.Click, Button.Captions),
        ["INFO"] = (Meaning.Click, Button.Info),
        ["RELATED_SELECTED"] = (Meaning.Click, Button.Related),
    };

    private readonly ReceivedIds _viewers = new();
    private readonly ConcurrentDictionary<string, byte> _agents = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ushort> _pages = new(StringComparer.Ordinal);

    /// <summary>The step; its meaning is <see cref="Meaning.None"/> for what no report counts.</summary>
    public SessionStep Make(CollectedEvent item)
    {
        var (meaning, button) = MeaningOf(item);
        if (meaning == Meaning.None || item["sessionId"] is not { } session || item["entryId"] is not { } entryId)
            return default;
        var entry = store.Entries.FindOrAdd(entryId);
        var isTrack = item.Api == EventApi.Track;
        if (!isTrack)
            store.Entries.Learn(entry, PhpCast.ToInt(item["duration"]));
        var values = store.Values;
        return new SessionStep
        {
            At = item.At,
            Session = HashOf(session, entry),
            Meaning = meaning,
            Button = button,
            Entry = entry,
            User = UserOf(item) is { } user ? store.Users.FindOrAdd(user) : -1,
            Viewer = !isTrack && item["uniqueViewer"] is { } viewer ? _viewers.Add(viewer) : -1,
            Place = TestNetworks.PlaceOf(item.Address),
            Agent = Cached(_agents, item.UserAgent, UserAgents.AgentOf),
            Page = item["referrer"] is { } referrer ? Cached(_pages, referrer, PageOf) : SessionStep.Unsaid,
            Application = ApplicationOf(item) is { } application ? values.Applications.NumberOf(application) : SessionStep.Unsaid,
            Event = EventOf(item) is > 0 and var id ? values.Events.NumberOf(id) : SessionStep.Unsaid,
            Context = isTrack && item["playbackContext"] is { } context ? ContextOf(context) : byte.MaxValue,
            Custom1 = CustomOf(item, 0),
            Custom2 = CustomOf(item, 1),
            Custom3 = CustomOf(item, 2),
            Kind = KindOf(item, entry),
            Buffering = isTrack ? TenthsOf(item["bufferTime"]) : (ushort)0,
        };
    }

    /// <summary>Who is watching: the user of the event, else of the session token (wire facts 6.1 know only the former, the guides only the latter).</summary>
    public static string? UserOf(CollectedEvent item) =>
        item["userId"] ?? (item.SessionUser is "" or "0" ? null : item.SessionUser);

    /// <summary>The application: of the event, else of the token's <c>appId</c>.</summary>
    public static string? ApplicationOf(CollectedEvent item) =>
        (item.Api == EventApi.Track ? item["kalturaApplication"] ?? item["application"] : null) ?? (item.SessionApplication.Length > 0 ? item.SessionApplication : null);

    /// <summary>The virtual event: of the event, else of the token's <c>virtualeventid</c>; 0 without.</summary>
    public static int EventOf(CollectedEvent item)
    {
        var text = (item.Api == EventApi.Track ? item["virtualEventId"] : null) ?? item.SessionEvent;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;
    }

    private (Meaning, Button) MeaningOf(CollectedEvent item)
    {
        if (catalogue.Find(item.Api, item.Type) is not { } name)
            return default;
        // The waits of the tracking API are told by bufferTime.
        if (name is "BUFFER_START" or "BUFFER_END")
            return (item.Api == EventApi.Track ? Meaning.None : name == "BUFFER_START" ? Meaning.BufferStart : Meaning.BufferEnd, default);
        return Meanings.GetValueOrDefault(name);
    }

    private ushort PageOf(string referrer) => Referrer.PageOf(referrer) is { } page ? store.Values.Pages.NumberOf(page) : SessionStep.Unsaid;

    private ushort CustomOf(CollectedEvent item, int variable) =>
        item.Api == EventApi.Track && item[variable switch { 0 => "customVar1", 1 => "customVar2", _ => "customVar3" }] is { } value
            ? store.Values.Customs[variable].NumberOf(value)
            : SessionStep.Unsaid;

    private PlaybackKind KindOf(CollectedEvent item, int entry) => (item.Api == EventApi.Track ? item["playbackType"] : null) switch
    {
        "live" => PlaybackKind.Live,
        "dvr" => PlaybackKind.Dvr,
        "vod" => PlaybackKind.Vod,
        _ => store.Entries.IsLive(entry) ? PlaybackKind.Live : PlaybackKind.Vod,
    };

    /// <summary>A category of the account by id or full name; any other one is none.</summary>
    private static byte ContextOf(string text)
    {
        var found = Array.FindIndex(Vocabulary.Categories, c => c.FullName == text || c.Id.ToString(CultureInfo.InvariantCulture) == text);
        return found < 0 ? byte.MaxValue : (byte)found;
    }

    private static ushort TenthsOf(string? seconds) =>
        double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 ? (ushort)Math.Min(ushort.MaxValue - 1, Math.Round(value * 10)) : (ushort)0;

    private static T Cached<T>(ConcurrentDictionary<string, T> cache, string key, Func<string, T> make)
    {
        if (cache.TryGetValue(key, out var known))
            return known;
        if (cache.Count >= MostCached)
            cache.Clear();
        return cache[key] = make(key);
    }

    /// <summary>128 bits, so that millions of sessions never meet by chance.</summary>
    private static UInt128 HashOf(string session, int entry)
    {
        var (first, second) = (0x9E3779B97F4A7C15UL ^ (uint)entry, 0xD1B54A32D192ED03UL + (uint)entry);
        var bytes = MemoryMarshal.AsBytes(session.AsSpan());
        for (; bytes.Length >= 8; bytes = bytes[8..])
            Take(MemoryMarshal.Read<ulong>(bytes));
        var rest = (ulong)bytes.Length;
        foreach (var value in bytes)
            rest = rest << 8 | value;
        Take(rest);
        return new UInt128(first, second);

        void Take(ulong word)
        {
            first = Prng.Mix(first ^ word) + 0x9E3779B97F4A7C15UL;
            second = Prng.Mix(second + word * 0xBF58476D1CE4E5B9UL);
        }
    }
}

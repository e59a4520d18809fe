using Etl.Kaltura.Events;

namespace Etl.Kaltura.Tests.Events;

/// <summary>The guides' own tables, written out here, against the catalogue.</summary>
public sealed class EventCatalogTests
{
    // Number, name of the older guide, name of the unified guide.
    private static readonly string[] s_stats =
    [
        "1|Widget Loaded|WIDGET_LOADED", "2|Media Loaded (view)|MEDIA_LOADED", "3|Play|PLAY", "4|Play reached 25%|PLAY_REACHED_25", "5|Play reached 50%|PLAY_REACHED_50",
        "6|Play reached 75%|PLAY_REACHED_75", "7|Play reached 100%|PLAY_REACHED_100", "8|Open Edit|OPEN_EDIT", "9|Open Viral|OPEN_VIRAL", "10|Open Download|OPEN_DOWNLOAD",
        "11|Open Report|OPEN_REPORT", "12|Buffer Start|BUFFER_START", "13|Buffer End|BUFFER_END", "14|Open Full Screen|OPEN_FULL_SCREEN", "15|Close Full Screen|CLOSE_FULL_SCREEN",
        "16|Replay|REPLAY", "17|Seek|SEEK", "18|Open Upload|OPEN_UPLOAD", "19|Save & Publish|SAVE_PUBLISH", "20|Close Edtior|CLOSE_EDITOR", "21|Pre Bumper Played|PRE_BUMPER_PLAYED",
        "22|Post Bumper Played|POST_BUMPER_PLAYED", "23|Bumper Clicked|BUMPER_CLICKED", "24|Preroll Started|PREROLL_STARTED", "25|Midroll Started|MIDROLL_STARTED",
        "26|Postroll Started|POSTROLL_STARTED", "27|Overlay Started|OVERLAY_STARTED", "28|Preroll Clicked|PREROLL_CLICKED", "29|Midroll Clicked|MIDROLL_CLICKED",
        "30|Postroll Clicked|POSTROLL_CLICKED", "31|Overlay Clicked|OVERLAY_CLICKED", "32|Preroll 25|PREROLL_25", "33|Preroll 50|PREROLL_50", "34|Preroll 75|PREROLL_75",
        "35|Midroll 25|MIDROLL_25", "36|Midroll 50|MIDROLL_50", "37|Midroll 75|MIDROLL_75", "38|Postroll 25|POSTROLL_25", "39|Postroll 50|POSTROLL_50", "40|Postroll 75|POSTROLL_75",
    ];

    // Number, name, parameters beyond the six that each event requires.
    private static readonly string[] s_track =
    [
        "1|Player Impression|", "2|Play Requested|", "3|Play|bufferTime actualBitrate preferredBitrate", "4|Resume|bufferTime actualBitrate preferredBitrate",
        "11|Play reached 25%|", "12|Play reached 50%|", "13|Play reached 75%|", "14|Play reached 100%|", "21|Share Clicked|", "22|Shared|socialNetwork", "23|Download clicked|",
        "24|Report clicked|", "25|Report submitted|reportType", "31|Enter fullscreen|", "32|Exit fullscreen|", "33|Pause clicked|", "34|Replay clicked|", "35|Seek|targetPosition",
        "36|relatedClicked|", "37|relatedSelected|", "38|captions|caption", "39|sourceSelected|", "40|info|", "41|speed|playbackSpeed",
        "99|View|bufferTime actualBitrate preferredBitrate",
    ];

    private static readonly string[] s_six = ["eventType", "partnerId", "entryId", "flavourId", "sessionId", "eventIndex"];

    private static readonly string[] s_fourteen =
    [
        "ks", "playbackContext", "referrer", "deliveryType", "playbackType", "kalsig", "sessionStartTime", "uiConfId", "clientVer", "clientTag", "position", "customVar1", "customVar2", "customVar3",
    ];

    // The unified guide's names (section 4): number in stats.collect, number in analytics.trackEvent; a dash is refused by name.
    private static readonly string[] s_names =
    [
        "WIDGET_LOADED|1|1", "MEDIA_LOADED|2|-", "PLAY_REQUEST|-|2", "PLAY|3|3", "FIRST_PLAY|-|-", "PAUSE|-|33", "SEEK|17|35", "REPLAY|16|34", "PLAY_REACHED_25|4|11", "PLAY_REACHED_50|5|12",
        "PLAY_REACHED_75|6|13", "PLAY_REACHED_100|7|14", "BUFFER_START|12|45", "BUFFER_END|13|46", "ERROR|-|98", "SOURCE_SELECTED|-|39", "FLAVOR_SWITCH|-|43", "CAPTIONS|-|38",
        "RELATED_CLICKED|-|36", "SHARE_CLICKED|9|21", "DOWNLOAD_CLICKED|10|23",
    ];

    private static EventCatalog Catalog => EventCatalog.Default;

    [Fact]
    public void Forty_types_of_stats_collect_are_those_of_both_guides()
    {
        Assert.Equal(s_stats, Catalog.StatsCollect.Types.Select(t => $"{t.Id}|{t.Label}|{t.Name}"));
        Assert.All(Catalog.StatsCollect.Types, t => Assert.Equal(["eventType", "partnerId", "entryId", "sessionId", "eventTimestamp"], t.Required));
    }

    [Fact]
    public void Types_of_track_event_have_the_parameters_of_the_guides_table()
    {
        var labelled = Catalog.TrackEvent.Types.Where(t => t.Label is not null && t.Id < 10_000).ToList();
        Assert.Equal(s_track, labelled.Select(t => $"{t.Id}|{t.Label}|{string.Join(' ', t.Required.Except(s_six))}"));
        Assert.All(labelled, t =>
        {
            Assert.Equal(s_six, t.Required.Take(6));
            Assert.Equal(s_fourteen, t.Optional.Take(14));
        });
    }

    [Fact]
    public void Page_events_have_the_parameters_of_the_unified_guide()
    {
        foreach (var (id, label) in new[] { (10002, "ButtonClicked"), (10003, "PageLoad") })
        {
            var type = Catalog.TrackEvent.Find(id)!;
            Assert.Equal(label, type.Label);
            Assert.Equal(["eventType", "partnerId"], type.Required);
            Assert.Empty(new[] { "entryId", "kalturaApplication", "pageType", "pageName", "buttonType", "buttonName" }.Except(type.Optional));
        }
    }

    [Fact]
    public void Every_name_of_the_unified_guide_is_mapped_or_refused_with_a_reason()
    {
        var found = new List<string>();
        foreach (var name in s_names.Select(n => n.Split('|')[0]))
        {
            var ids = Catalog.Apis.Select(api =>
            {
                if (Catalog.TryFind(api, name, out var type, out var fault)) return $"{type!.Id}";
                Assert.Contains(name, fault, StringComparison.Ordinal);
                Assert.DoesNotContain("Did you mean", fault, StringComparison.Ordinal);
                return "-";
            });
            found.Add($"{name}|{string.Join('|', ids)}");
        }
        Assert.Equal(s_names, found);
    }

    [Fact]
    public void Units_are_those_of_the_wire()
    {
        Assert.All(["currentPoint", "duration", "newPoint"], n => Assert.Equal("milliseconds", Catalog.StatsCollect.Parameters[n].Unit));
        Assert.Equal("seconds", Catalog.StatsCollect.Parameters["eventTimestamp"].Unit);
        Assert.Equal("milliseconds", Catalog.StatsCollect.Parameters["eventTimestamp"].UnitOfGetForm);
        Assert.All(["position", "targetPosition", "bufferTime"], n => Assert.Equal("seconds", Catalog.TrackEvent.Parameters[n].Unit));
        Assert.Equal("milliseconds", Catalog.TrackEvent.Parameters["sessionStartTime"].Unit);
    }

    [Fact]
    public void A_number_of_the_other_api_is_refused_and_says_so()
    {
        Assert.False(Catalog.TryFind(Catalog.StatsCollect, "99", out _, out var fault));
        Assert.Equal("stats.collect has no event type 99. analytics.trackEvent has it (VIEW); numbers differ between the APIs.", fault);
        Assert.False(Catalog.TryFind(Catalog.TrackEvent, "PLAY_REACHD_25", out _, out fault));
        Assert.EndsWith("Did you mean 'PLAY_REACHED_25'?", fault, StringComparison.Ordinal);
    }
}

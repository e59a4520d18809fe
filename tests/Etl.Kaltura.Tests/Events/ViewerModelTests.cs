using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Model;

namespace Etl.Kaltura.Tests.Events;

public sealed class ViewerModelTests
{
    [Theory]
    [InlineData("stats.collect")]
    [InlineData("analytics.trackEvent")]
    public void Every_event_is_good_in_order_and_in_the_life_cycle(string api)
    {
        var events = ViewerModel.Play(Options(api, 300)).ToList();
        Assert.Equal(events.Select(e => e.At).Order(), events.Select(e => e.At));
        var order = new EventOrder();
        foreach (var (_, e) in events)
        {
            // The model's own clock stands in 2020: all times are good ones.
            Assert.Empty(EventRules.Faults(e));
            var faults = new List<string>();
            order.Take(e, faults);
            Assert.Empty(faults);
        }
        // All that the model is asked for happens.
        var catalog = EventCatalog.Default.Api(api)!;
        string[] names = api == "stats.collect"
            ? ["WIDGET_LOADED", "MEDIA_LOADED", "PLAY", "PLAY_REACHED_100", "SEEK", "REPLAY", "BUFFER_START", "BUFFER_END", "OPEN_VIRAL"]
            : ["PLAYER_IMPRESSION", "PLAY_REQUESTED", "PLAY", "PLAY_REACHED_100", "SEEK", "REPLAY_CLICKED", "BUFFER_START", "BUFFER_END", "SHARE_CLICKED", "PAUSE_CLICKED", "RESUME", "VIEW"];
        Assert.Empty(names.Except(events.Select(e => e.Event.Type.Name)));
        Assert.All(events, e => Assert.Same(catalog, e.Event.Api));
        var sessions = events.GroupBy(e => e.Event.SessionId).ToList();
        // Some only look, some leave early, some replay.
        Assert.Contains(sessions, s => s.All(e => e.Event.Type.Name != "PLAY"));
        Assert.Contains(sessions, s => s.Any(e => e.Event.Type.Name == "PLAY") && s.All(e => e.Event.Type.Name != "PLAY_REACHED_25"));
        Assert.True(sessions.Count > 300);
    }

    [Fact]
    public void Same_seed_gives_the_same_events_and_another_one_others()
    {
        static IEnumerable<string> Texts(ViewerModelOptions o) => ViewerModel.Play(o).Select(e => $"{e.At} {e.Event.Type.Name} {string.Join(' ', e.Event.Parameters)}");
        var first = Texts(Options("analytics.trackEvent", 20)).ToList();
        Assert.Equal(first, Texts(Options("analytics.trackEvent", 20)));
        Assert.NotEqual(first, Texts(Options("analytics.trackEvent", 20) with { Seed = 2 }));
    }

    [Fact]
    public void Tally_counts_by_the_reports_names()
    {
        var tally = new EventTally();
        var events = ViewerModel.Play(Options("analytics.trackEvent", 200)).Select(e => e.Event).ToList();
        foreach (var e in events) tally.Add(e);
        var expected = tally.Expected.ToDictionary(e => e.Metric, e => e.Value);
        Assert.Equal(events.Count(e => e.Type.Id == 1), expected["count_loads"]);
        Assert.Equal(events.Count(e => e.Type.Id == 3), expected["count_plays"]);
        foreach (var (percent, id) in new[] { ("25", 11), ("50", 12), ("75", 13), ("100", 14) }) Assert.Equal(events.Count(e => e.Type.Id == id), expected[$"count_plays_{percent}"]);
        // Also those who only looked.
        Assert.True(events.Where(e => e.Type.Id == 3).Select(e => e["userId"]).Distinct().Count() < expected["unique_known_users"]);
        Assert.Equal(events.Select(e => e["userId"]).Distinct().Count(), expected["unique_known_users"]);
        Assert.Equal(events.Count(e => e.Type.Id == 99) / 6.0, expected["sum_view_period"], 6);
    }

    private static ViewerModelOptions Options(string api, int viewers) => new()
    {
        Api = EventCatalog.Default.Api(api)!, PartnerId = "101", EntryId = "1_a", Duration = TimeSpan.FromSeconds(300), Viewers = viewers,
    };
}

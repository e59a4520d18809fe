using Etl.Kaltura.Events;
using FakeClock = Etl.Testing.FakeClock;

namespace Etl.Kaltura.Tests.Events;

public sealed class EventSessionTests
{
    private static EventCatalog Catalog => EventCatalog.Default;

    [Fact]
    public void Whole_playback_gives_the_life_cycle_in_order()
    {
        var session = Session(Catalog.TrackEvent, seconds: 40);
        var events = (IReadOnlyList<KalturaEvent>)[.. session.Load(), .. session.Play(), .. session.Advance(TimeSpan.FromSeconds(25)), .. session.Pause(), .. session.Resume(), .. session.Advance(TimeSpan.FromMinutes(1))];
        Assert.Equal([1, 2, 3, 99, 11, 99, 12, 33, 4, 99, 13, 99, 14], events.Select(e => e.Type.Id));
        Assert.Equal(Enumerable.Range(1, 13).Select(i => $"{i}"), events.Select(e => e["eventIndex"]));
        Assert.Equal(["0", "0", "0", "10", "10", "20", "20", "25", "25", "30", "30", "40", "40"], events.Select(e => e["position"]));
        Assert.True(session.IsEnded);
        Assert.All(events, e => Assert.Empty(Faults(e)));
    }

    [Fact]
    public void Stats_session_counts_positions_in_milliseconds_and_knows_no_pause()
    {
        var session = Session(Catalog.StatsCollect, seconds: 100);
        var events = (IReadOnlyList<KalturaEvent>)[.. session.Load(), .. session.Play(), .. session.Advance(TimeSpan.FromSeconds(30)), .. session.Pause(), .. session.SeekTo(TimeSpan.FromSeconds(60)), .. session.Resume(), .. session.Replay()];
        Assert.Equal([1, 2, 3, 4, 17, 16], events.Select(e => e.Type.Id));
        Assert.Equal(["0", "0", "0", "25000", "30000", "60000"], events.Select(e => e["currentPoint"]));
        Assert.Equal("60000", events[4]["newPoint"]);
        Assert.All(events, e => Assert.Empty(Faults(e)));
        Assert.NotEqual(session.Id, session.Next().Id);
    }

    [Fact]
    public void Seek_past_a_quartile_does_not_fire_it_and_forward_playback_does()
    {
        var session = Session(Catalog.StatsCollect, seconds: 100);
        _ = session.Load();
        _ = session.Play();
        Assert.Equal([17], session.SeekTo(TimeSpan.FromSeconds(60)).Select(e => e.Type.Id));
        Assert.Equal([6], session.Advance(TimeSpan.FromSeconds(20)).Select(e => e.Type.Id));
        _ = session.SeekTo(TimeSpan.FromSeconds(20));
        // 25 and 50 are reached now; 75 was already.
        Assert.Equal([4, 5], session.Advance(TimeSpan.FromSeconds(60)).Select(e => e.Type.Id));
        Assert.Equal([7], session.Advance(TimeSpan.FromSeconds(60)).Select(e => e.Type.Id));
    }

    [Fact]
    public void Random_sessions_fire_each_quartile_once_and_only_where_playback_ran_over_it()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            const int length = 200;
            var session = Session(Catalog.TrackEvent, length);
            _ = session.Load();
            _ = session.Play();
            var played = new HashSet<int>();
            var (at, views, seen) = (0, 0, new List<int>());
            var total = 0;
            for (var step = 0; step < 12 && !session.IsEnded; step++)
            {
                if (random.Next(2) == 0)
                {
                    at = random.Next(length);
                    _ = session.SeekTo(TimeSpan.FromSeconds(at));
                    continue;
                }
                var run = Math.Min(random.Next(60), length - at);
                var events = session.Advance(TimeSpan.FromSeconds(run));
                for (var s = at + 1; s <= at + run; s++) played.Add(s);
                (at, total) = (at + run, total + run);
                views += events.Count(e => e.Type.Id == 99);
                seen.AddRange(events.Where(e => e.Type.Id is >= 11 and <= 14).Select(e => e.Type.Id));
            }
            var expected = new[] { (11, 50), (12, 100), (13, 150), (14, 200) }.Where(q => played.Contains(q.Item2)).Select(q => q.Item1);
            Assert.True(expected.SequenceEqual(seen.Order()), $"seed {seed}: {string.Join(' ', seen)}");
            Assert.True(total / 10 == views, $"seed {seed}: {views} view events for {total} s");
        }
    }

    [Fact]
    public void Buffering_is_told_by_the_next_view_event()
    {
        var clock = new FakeClock(DateTimeOffset.UnixEpoch.AddSeconds(1_793_000_000));
        var session = Session(Catalog.TrackEvent, 100, clock);
        _ = session.Load();
        _ = session.Play();
        _ = session.BufferStart();
        clock.Advance(TimeSpan.FromSeconds(2.5));
        _ = session.BufferEnd();
        Assert.Equal(["2.5", "0"], session.Advance(TimeSpan.FromSeconds(20)).Where(e => e.Type.Id == 99).Select(e => e["bufferTime"]));
    }

    [Fact]
    public void Step_out_of_order_says_what_it_needs()
    {
        var session = Session(Catalog.TrackEvent, 10);
        var fault = Assert.Throws<InvalidOperationException>(session.Play);
        Assert.Equal("The session is new; this step needs one that is loaded.", fault.Message);
    }

    private static IReadOnlyList<string> Faults(KalturaEvent e) => EventRules.Faults(e);

    private static EventSession Session(EventApi api, int seconds, TimeProvider? clock = null) =>
        new(api, new EventSessionOptions { PartnerId = "101", EntryId = "1_a", Duration = TimeSpan.FromSeconds(seconds), UserId = "ann" }, clock ?? new FakeClock(DateTimeOffset.UnixEpoch.AddSeconds(1_793_000_000)));
}

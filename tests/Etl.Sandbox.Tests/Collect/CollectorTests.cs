using System.Globalization;
using Etl.Testing;

namespace Etl.Sandbox.Tests.Collect;

/// <summary>What events do to reports, and which of them are refused.</summary>
public sealed class CollectorTests
{
    private const string Chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36";

    [Theory]
    [InlineData("event[entryId]", "", "PROPERTY_VALIDATION_CANNOT_BE_NULL")]
    [InlineData("event[sessionId]", null, "PROPERTY_VALIDATION_CANNOT_BE_NULL")]
    [InlineData("event[eventTimestamp]", null, "PROPERTY_VALIDATION_CANNOT_BE_NULL")]
    [InlineData("event[partnerId]", null, "PROPERTY_VALIDATION_CANNOT_BE_NULL")]
    [InlineData("event[eventType]", "41", "INVALID_ENUM_VALUE")]
    [InlineData("event[eventType]", "play", "INVALID_ENUM_VALUE")]
    [InlineData("ks", "garbage", "INVALID_KS")]
    public async Task Stats_event_with_a_fault_is_refused_and_not_kept(string field, string? value, string code)
    {
        await using var api = await CollectApi.StartAsync();
        Assert.Equal(code, Api.CodeOf(await api.CollectAsync("s", "1_abc", 3, (field, value))));
        Assert.Equal("MISSING_MANDATORY_PARAMETER", Api.CodeOf(await api.PostAsync("stats", "collect", ("x", "1"))));
        Assert.Empty(await api.EventsAsync());
    }

    [Theory]
    [InlineData("eventType=3", 400)]
    [InlineData("partnerId=585231", 400)]
    [InlineData("eventType=3&partnerId=585231&ks=garbage", 401)]
    public async Task Tracked_event_with_a_fault_is_refused_by_status(string query, int status)
    {
        await using var api = await CollectApi.StartAsync();
        Assert.Equal(status, (await api.TrackAsync(query)).Status);
        Assert.Empty(await api.EventsAsync());
    }

    [Fact]
    public async Task Expired_session_is_refused_by_both()
    {
        var clock = new FakeClock(CollectApi.Noon);
        await using var api = await CollectApi.StartAsync(clock: clock);
        clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal("INVALID_KS", Api.CodeOf(await api.CollectAsync("s", "1_abc", 3, ("ks", api.Ks))));
        Assert.Equal(401, (await api.TrackAsync("eventType=3&partnerId=585231&ks=" + Uri.EscapeDataString(api.Ks))).Status);
    }

    [Fact]
    public async Task Event_is_counted_at_once_and_after_every_further_one()
    {
        await using var api = await CollectApi.StartAsync();
        Assert.Empty(await api.CountsAsync(2, "count_plays"));
        for (var plays = 1; plays <= 3; plays++)
        {
            await api.CollectAsync("s" + plays, "1_abc", 3);
            Assert.Equal(plays, (await api.CountsAsync(2, "count_plays"))["1_abc"]);
            Assert.Equal($"{plays}", (await api.TotalAsync(2, CollectApi.Around(CollectApi.Noon, TimeSpan.FromHours(1))))["count_plays"]);
        }
    }

    [Fact]
    public async Task Event_waits_for_its_delay()
    {
        var clock = new FakeClock(CollectApi.Noon);
        await using var api = await CollectApi.StartAsync(o => o with { EventDelay = TimeSpan.FromMinutes(10) }, clock);
        await api.CollectAsync("s", "1_abc", 3);
        clock.Advance(TimeSpan.FromSeconds(599));
        Assert.Empty(await api.CountsAsync(2, "count_plays"));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, (await api.CountsAsync(2, "count_plays"))["1_abc"]);
    }

    [Fact]
    public async Task Session_tells_user_application_and_virtual_event()
    {
        await using var api = await CollectApi.StartAsync();
        var ks = await api.StartSessionAsync(("type", "0"), ("userId", "viewer@example.org"), ("privileges", "appId:corporate-portal,virtualeventid:70009"));
        await api.CollectAsync("s", "1_abc", 3, ("ks", ks));
        await api.CollectAsync("other", "1_abc", 3);

        Assert.Equal(["Unknown", "viewer@example.org"], (await api.CountsAsync(13, "count_plays")).Keys.Order());
        Assert.Equal(1, (await api.CountsAsync(13, "count_plays", ("reportInputFilter[userIds]", "viewer@example.org")))["viewer@example.org"]);
        Assert.Equal(1, (await api.CountsAsync(2, "count_plays", ("reportInputFilter[application]", "corporate-portal")))["1_abc"]);
        Assert.Equal(1, (await api.CountsAsync(2, "count_plays", ("reportInputFilter[virtualEventIdIn]", "70009")))["1_abc"]);
        Assert.Empty(await api.CountsAsync(2, "count_plays", ("reportInputFilter[virtualEventIdIn]", "70001")));
        Assert.Contains("corporate-portal", (await api.TableAsync(40, CollectApi.Around(CollectApi.Noon, TimeSpan.FromHours(1)))).Cells("application"));
    }

    [Fact]
    public async Task Headers_tell_place_device_and_browser()
    {
        await using var api = await CollectApi.StartAsync();
        const string Event = "eventType=3&partnerId=585231&entryId=1_abc&sessionId=";
        await api.TrackAsync(Event + "a", ("X-Forwarded-For", "192.0.2.165, 10.0.0.1"), ("User-Agent", Chrome));
        await api.TrackAsync(Event + "b", ("X-Forwarded-For", "2001:db8:8::1"), ("User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"));
        await api.TrackAsync(Event + "c");

        Assert.Equal(["FR", "JP", "Unknown"], (await api.CountsAsync(36, "count_plays")).Keys.Order());
        Assert.Equal(["Computer", "Mobile", "Unknown"], (await api.CountsAsync(21, "count_plays")).Keys.Order());
        Assert.Equal(["Chrome 12", "Mobile Safari", "Unknown"], (await api.CountsAsync(23, "count_plays")).Keys.Order());
        Assert.Equal(["Unknown", "Windows 10", "iOS 18 (iPhone)"], (await api.CountsAsync(22, "count_plays")).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Referrer_is_the_page_without_its_query()
    {
        await using var api = await CollectApi.StartAsync();
        await api.CollectAsync("a", "1_abc", 3, ("event[referrer]", "http%3A//www.shop.test/watch/?utm=1#top"));
        await api.CollectAsync("b", "1_abc", 3, ("event[referrer]", "kiosk://device-001"));
        await api.CollectAsync("c", "1_abc", 3);
        Assert.Equal(["Unknown", "device-001", "www.shop.test"], (await api.CountsAsync(6, "count_plays")).Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["www.shop.test/watch"], (await api.CountsAsync(6, "count_plays", ("objectIds", "www.shop.test"))).Keys);
    }

    [Fact]
    public async Task Quartile_counts_once_per_session_and_heartbeats_are_ten_seconds()
    {
        await using var api = await CollectApi.StartAsync();
        foreach (var type in new[] { 1, 3, 4, 4, 6 })
            await api.CollectAsync("s", "1_abc", type, ("event[duration]", "600000"));
        for (var beat = 0; beat < 18; beat++)
            await api.TrackAsync("eventType=99&partnerId=585231&entryId=1_abc&sessionId=s");
        Assert.Equal(1, (await api.CountsAsync(2, "count_plays_25"))["1_abc"]);
        Assert.Equal(0, (await api.CountsAsync(2, "count_plays_50"))["1_abc"]);
        Assert.Equal(1, (await api.CountsAsync(2, "count_plays_75"))["1_abc"]);
        Assert.Equal(5, (await api.CountsAsync(1, "sum_time_viewed"))["1_abc"]);
        Assert.Equal(3, (await api.CountsAsync(1, "sum_view_period"))["1_abc"]);
        Assert.Equal(50, (await api.CountsAsync(1, "avg_completion_rate"))["1_abc"]);
    }

    [Fact]
    public async Task Count_stands_in_the_hour_of_its_event()
    {
        var clock = new FakeClock(CollectApi.Noon.AddMinutes(58));
        await using var api = await CollectApi.StartAsync(clock: clock);
        await api.TrackAsync("eventType=3&partnerId=585231&entryId=1_abc&sessionId=s");
        for (var minute = 0; minute < 4; minute++, clock.Advance(TimeSpan.FromMinutes(1)))
            await api.TrackAsync("eventType=99&partnerId=585231&entryId=1_abc&sessionId=s");
        var table = await api.TableAsync(34, CollectApi.Around(CollectApi.Noon, TimeSpan.FromHours(3), ("reportInputFilter[interval]", "hours"), ("responseOptions[skipEmptyDates]", "1")));
        var rows = table.Rows.Select(r => $"{r[0]} {r[table.Column("count_plays")]} {double.Parse(r[table.Column("sum_view_period")], CultureInfo.InvariantCulture):0.###}");
        Assert.Equal(["2026031012 1 0.333", "2026031013 0 0.333"], rows.Where(r => !r.EndsWith(" 0 0", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Button_that_is_pressed_more_often_than_a_record_holds_is_counted_all_the_same()
    {
        await using var api = await CollectApi.StartAsync();
        for (var press = 0; press < 40; press++)
            await api.CollectAsync("s", "1_abc", 9);
        Assert.Equal(40, (await api.CountsAsync(3, "count_viral"))["1_abc"]);
    }

    [Fact]
    public async Task Events_without_session_or_of_unknown_type_are_kept_and_not_counted()
    {
        await using var api = await CollectApi.StartAsync();
        await api.TrackAsync("eventType=10003&partnerId=585231&pageType=lobby");
        await api.TrackAsync("eventType=77777&partnerId=585231&entryId=1_abc&sessionId=s");
        await api.TrackAsync("eventType=3&partnerId=999&entryId=1_abc&sessionId=s");
        Assert.Equal(["PAGE_LOAD", ""], (await api.EventsAsync()).Select(e => e.TryGetProperty("eventName", out var name) ? name.GetString() : ""));
        Assert.Empty(await api.CountsAsync(2, "count_plays"));
        Assert.Equal(3, api.Server.Received);
    }

    [Fact]
    public async Task Received_events_stand_beside_generated_ones()
    {
        await using var api = await CollectApi.StartAsync(o => o with { SessionsPerDay = 500 });
        var before = await api.CountsAsync(2, "count_plays");
        var entry = before.MaxBy(e => e.Value).Key;
        await api.CollectAsync("s", entry, 3);
        var after = await api.CountsAsync(2, "count_plays");
        Assert.Equal(before[entry] + 1, after[entry]);
        Assert.Equal(before.Values.Sum() + 1, after.Values.Sum());
        var truth = await api.TruthAsync($"report=2&from={CollectApi.Noon.AddHours(-6).ToUnixTimeSeconds()}&to={CollectApi.Noon.AddHours(34).ToUnixTimeSeconds()}&playbackTypeIn=vod,live,dvr");
        Assert.Equal(after.Values.Sum(), truth.Sum(r => r["count_plays"].GetDouble()));
    }

    [Fact]
    public async Task Live_heartbeats_are_seen_by_the_realtime_reports()
    {
        var clock = new FakeClock(CollectApi.Noon);
        await using var api = await CollectApi.StartAsync(clock: clock);
        for (var beat = 0; beat < 6; beat++, clock.Advance(TimeSpan.FromSeconds(10)))
            await api.TrackAsync("eventType=99&partnerId=585231&entryId=1_abc&sessionId=s&playbackType=live&bufferTime=2");
        var total = await api.TotalAsync(10005, CollectApi.Around(CollectApi.Noon.AddMinutes(-5), TimeSpan.FromMinutes(10), ("reportInputFilter[playbackTypeIn]", null)));
        Assert.Equal(("1", "6"), (total["view_unique_audience"], total["views"]));
        // Twelve seconds of waiting are in the first two of six beats.
        var quality = await api.TotalAsync(10006, CollectApi.Around(CollectApi.Noon.AddMinutes(-5), TimeSpan.FromMinutes(10), ("reportInputFilter[playbackTypeIn]", null)));
        Assert.Equal(1 / 3.0, double.Parse(quality["view_buffer_time_ratio"], CultureInfo.InvariantCulture), 6);
    }

    [Fact]
    public async Task Several_events_go_in_one_multirequest()
    {
        await using var api = await CollectApi.StartAsync();
        var fields = new List<(string, string?)>();
        foreach (var (number, type) in new[] { (1, 1), (2, 3) })
        {
            fields.AddRange([($"{number}[service]", "stats"), ($"{number}[action]", "collect"), ($"{number}[event][partnerId]", "585231"), ($"{number}[event][entryId]", "1_abc"),
                ($"{number}[event][sessionId]", "s"), ($"{number}[event][eventTimestamp]", "1773144000"), ($"{number}[event][eventType]", $"{type}")]);
        }
        Assert.Equal("[null,null]", await api.PostAsync("multirequest", "null", [.. fields]));
        Assert.Equal(1, (await api.CountsAsync(2, "count_loads"))["1_abc"]);
    }
}

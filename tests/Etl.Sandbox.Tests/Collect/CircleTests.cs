using System.Globalization;
using Etl.Sandbox.Collect;
using Etl.Sandbox.Wire;
using Etl.Testing;
using Microsoft.AspNetCore.Http;
using Xunit.Abstractions;

namespace Etl.Sandbox.Tests.Collect;

/// <summary>
/// Random sessions of five days, many of them at a time, against counts of the test's own: a plain dictionary that hears of every event as it is sent.
/// </summary>
public sealed class CircleTests(ITestOutputHelper output)
{
    private const int Sessions = 100_000, AtOnce = 200, Entries = 24, Users = 300;

    // Entries from here on are only ever watched forward, without seeks.
    private const int ForwardFrom = 12;

    private static readonly DateTimeOffset Start = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly (string Text, string Device)[] Agents =
    [
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130.0 Safari/537.36", "Computer"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0) Mobile Safari/604.1", "Mobile"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0) Safari/604.1", "Tablet"),
        ("curl/8", "Unknown"),
    ];

    private static readonly (string Address, string Country)[] Places = [("192.0.2.3", "US"), ("192.0.2.85", "DE"), ("192.0.2.161", "JP"), ("203.0.113.9", "Unknown")];

    private readonly Dictionary<(string Report, string Key, string Metric), double> _expected = [];
    private readonly Dictionary<(string Report, string Key, string Metric), HashSet<string>> _distinct = [];
    private readonly FakeClock _clock = new(Start);
    private int _events;
    private string _ks = "";

    [Fact]
    public async Task Every_additive_metric_of_random_sessions_equals_the_count_of_the_test()
    {
        const int Seed = 20260301;
        output.WriteLine($"Seed {Seed}.");
        await using var api = await Api.StartAsync(CollectApi.Options(_clock));
        var sender = new EventsOf(api.Server.Collector);
        var random = new Random(Seed);
        // The length of an entry is told by its first event.
        for (var entry = 0; entry < Entries; entry++)
        {
            var first = new Viewing(-1 - entry, random) { Entry = entry, IsTracked = false };
            Send(sender, first, "load");
        }
        var open = new List<Viewing>();
        var begun = 0;
        while (begun < Sessions || open.Count > 0)
        {
            while (open.Count < AtOnce && begun < Sessions)
                open.Add(new Viewing(begun++, random));
            var at = random.Next(open.Count);
            // A second between two events: five days in all.
            _clock.Advance(TimeSpan.FromMilliseconds(random.Next(0, 2_000)));
            Send(sender, open[at], open[at].Next());
            if (!open[at].IsOver)
                continue;
            open[at] = open[^1];
            open.RemoveAt(open.Count - 1);
        }
        await sender.Kept;
        // The session of the beginning is over.
        _ks = await api.StartSessionAsync();
        output.WriteLine($"{_events} events until {_clock.GetUtcNow():u}.");
        Assert.Equal(_events, api.Server.Received);
        Assert.True(_events > 3 * Sessions, $"{_events} events are too few.");
        Assert.True(_clock.GetUtcNow() > Start.AddDays(3));

        await CompareAsync(api, 2, "count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100", "count_loads");
        await CompareAsync(api, 1, "sum_time_viewed", "sum_view_period");
        await CompareAsync(api, 3, "count_edit", "count_viral", "count_download", "count_report");
        await CompareAsync(api, 13, "count_plays", "count_loads", "sum_view_period", "count_viral");
        await CompareAsync(api, 21, "count_plays", "count_loads", "sum_time_viewed", "unique_known_users", "unique_viewers");
        await CompareAsync(api, 36, "count_plays", "count_loads");
        await CompareAsync(api, 34, "count_plays", "count_loads", "sum_time_viewed", "sum_view_period");
        await CompareAsync(api, 34, "count_plays", "sum_view_period", zone: -120);
        await MonotoneAsync(api);
    }

    private async Task MonotoneAsync(Api api)
    {
        var table = await api.TableAsync(2, Bounds());
        string[] marks = ["count_loads", "count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100"];
        var forward = table.Rows.Where(r => int.Parse(r[0].AsSpan(6), CultureInfo.InvariantCulture) >= ForwardFrom).ToList();
        Assert.Equal(Entries - ForwardFrom, forward.Count);
        foreach (var row in forward)
        {
            var counts = marks.Select(m => double.Parse(row[table.Column(m)], CultureInfo.InvariantCulture)).ToList();
            Assert.True(counts.Zip(counts.Skip(1)).All(p => p.First >= p.Second) && counts[^1] > 0, string.Join(' ', row));
        }
    }

    private (string, string?)[] Bounds() =>
    [
        ("reportInputFilter[fromDate]", $"{Start.AddDays(-1).ToUnixTimeSeconds()}"), ("reportInputFilter[toDate]", $"{Start.AddDays(20).ToUnixTimeSeconds()}"),
        ("reportInputFilter[playbackTypeIn]", "vod|live|dvr"), ("ks", _ks),
    ];

    private async Task CompareAsync(Api api, int report, params string[] metrics) => await CompareAsync(api, report, metrics, 0);

    private async Task CompareAsync(Api api, int report, string first, string second, int zone) => await CompareAsync(api, report, [first, second], zone);

    private async Task CompareAsync(Api api, int report, string[] metrics, int zone)
    {
        var table = await api.TableAsync(report, [.. Bounds(), ("reportInputFilter[timeZoneOffset]", $"{zone}"), ("responseOptions[skipEmptyDates]", "1")]);
        var dimension = $"{report}@{zone}";
        foreach (var metric in metrics)
        {
            var expected = _expected.Where(e => e.Key.Report == dimension && e.Key.Metric == metric && e.Value > 0).ToDictionary(e => e.Key.Key, e => e.Value);
            foreach (var (at, people) in _distinct.Where(d => d.Key.Report == dimension && d.Key.Metric == metric))
                expected[at.Key] = people.Count;
            var found = table.Rows.Select(r => (Key: r[0], Value: double.Parse(r[table.Column(metric)], CultureInfo.InvariantCulture))).Where(r => r.Value > 0).ToDictionary(r => r.Key, r => r.Value);
            Assert.NotEmpty(expected);
            Assert.Equal(expected.Keys.Order(), found.Keys.Order());
            foreach (var (key, value) in expected)
                Assert.True(Math.Abs(value - found[key]) < 1e-6 * Math.Max(1, value), $"Report {report}, {metric} of '{key}': expected {value}, found {found[key]}.");
        }
    }

    /// <summary>Sends an event and counts it.</summary>
    private void Send(EventsOf sender, Viewing viewing, string what)
    {
        sender.Send(viewing, what);
        _events++;
        var now = _clock.GetUtcNow();
        (string Report, string Key)[] keys =
        [
            ("1@0", viewing.EntryId), ("2@0", viewing.EntryId), ("3@0", viewing.EntryId), ("13@0", viewing.User ?? "Unknown"), ("21@0", Agents[viewing.Agent].Device),
            ("36@0", Places[viewing.Place].Country), ("34@0", $"{now:yyyyMMdd}"), ("34@-120", $"{now.AddHours(2):yyyyMMdd}"),
        ];
        void Add(string metric, double value)
        {
            foreach (var (report, key) in keys)
                _expected[(report, key, metric)] = _expected.GetValueOrDefault((report, key, metric)) + value;
        }
        void Person(string metric, string who)
        {
            foreach (var (report, key) in keys)
            {
                if (!_distinct.TryGetValue((report, key, metric), out var people))
                    _distinct[(report, key, metric)] = people = [];
                people.Add(who);
            }
        }
        var quarter = viewing.LengthMsecs / 4 / 60_000.0;
        switch (what)
        {
            case "load": Add("count_loads", 1); break;
            case "play": Add("count_plays", 1); break;
            case "25" or "50" or "75" or "100":
                if (viewing.Fired.Add(what))
                {
                    Add("count_plays_" + what, 1);
                    Add("sum_time_viewed", quarter);
                }
                break;
            case "view": Add("sum_view_period", 10 / 60.0); break;
            case "edit": Add("count_edit", 1); break;
            case "share": Add("count_viral", 1); break;
            case "download": Add("count_download", 1); break;
            case "report": Add("count_report", 1); break;
            default: return;
        }
        if (viewing.User is { } user)
            Person("unique_known_users", user);
        if (what == "play")
            Person("unique_viewers", viewing.User ?? viewing.Id);
    }

    /// <summary>One random session: what it does next, until it is over.</summary>
    internal sealed class Viewing
    {
        private readonly Queue<string> _plan = [];

        public Viewing(int number, Random random)
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"session-{number}");
            Entry = random.Next(Entries);
            IsTracked = random.Next(2) == 0;
            User = random.Next(3) == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"person{random.Next(Users)}@example.net");
            (Agent, Place) = (random.Next(Agents.Length), random.Next(Places.Length));
            Plan(random);
        }

        public string Id { get; }
        public int Entry { get; init; }
        public bool IsTracked { get; init; }
        public string? User { get; }
        public int Agent { get; }
        public int Place { get; }
        public HashSet<string> Fired { get; } = [];
        public bool IsOver => _plan.Count == 0;
        public string EntryId => string.Create(CultureInfo.InvariantCulture, $"1_test{Entry:000}");
        public long LengthMsecs => (Entry + 1) * 40_000L;
        public string UserAgent => Agents[Agent].Text;
        public string Address => Places[Place].Address;

        public string Next() => _plan.Dequeue();

        private void Plan(Random random)
        {
            _plan.Enqueue("load");
            if (random.Next(10) < 2)
                return;
            _plan.Enqueue("play");
            var leaves = random.Next(0, 6);
            for (var mark = 1; mark <= 4 && mark < leaves; mark++)
            {
                for (var beats = random.Next(3); beats > 0 && IsTracked; beats--)
                    _plan.Enqueue("view");
                // A seek past a mark does not fire it; a second firing is the fault of a player and counts once.
                if (Entry < ForwardFrom && random.Next(5) == 0)
                    _plan.Enqueue("seek");
                else
                    _plan.Enqueue($"{mark * 25}");
                if (random.Next(20) == 0)
                    _plan.Enqueue($"{mark * 25}");
                string[] buttons = IsTracked ? ["share", "download", "report", "pause"] : ["edit", "share", "download", "report", "pause"];
                if (random.Next(4) == 0)
                    _plan.Enqueue(buttons[random.Next(buttons.Length)]);
            }
        }
    }

    /// <summary>Hands events to the collector as a request would, without a network between.</summary>
    internal sealed class EventsOf(Collector collector)
    {
        private static readonly Dictionary<string, (int Stats, int Track)> Types = new()
        {
            ["load"] = (1, 1), ["play"] = (3, 3), ["25"] = (4, 11), ["50"] = (5, 12), ["75"] = (6, 13), ["100"] = (7, 14), ["view"] = (0, 99), ["seek"] = (17, 35),
            ["edit"] = (8, 0), ["share"] = (9, 21), ["download"] = (10, 23), ["report"] = (11, 24), ["pause"] = (14, 33),
        };

        private Task _kept = Task.CompletedTask;

        /// <summary>Done when all events are kept: the log keeps them in order.</summary>
        public Task Kept => _kept;

        public void Send(Viewing viewing, string what)
        {
            var context = new DefaultHttpContext();
            context.Request.Method = "GET";
            context.Request.Headers.UserAgent = viewing.UserAgent;
            context.Request.Headers["X-Forwarded-For"] = viewing.Address;
            var sent = ParamNode.Map();
            var type = viewing.IsTracked ? Types[what].Track : Types[what].Stats;
            foreach (var (name, value) in new (string, string?)[]
            {
                ("partnerId", $"{CollectApi.Partner}"), ("entryId", viewing.EntryId), ("sessionId", viewing.Id), ("eventType", $"{type}"), ("userId", viewing.User),
                ("eventTimestamp", viewing.IsTracked ? null : "1773144000"), ("duration", viewing.IsTracked ? null : $"{viewing.LengthMsecs}"),
            })
            {
                if (value is not null)
                    sent.Set(name, ParamNode.Of(value));
            }
            var call = sent;
            if (!viewing.IsTracked)
            {
                call = ParamNode.Map();
                call.Set("event", sent);
            }
            var caller = new Caller(context);
            var answer = viewing.IsTracked ? collector.Run("analytics", "trackevent", call, () => null, caller) : collector.Run("stats", "collect", call, () => null, caller);
            Assert.True(answer is null or TrackAnswer { Status: 200 });
            _kept = caller.Kept;
        }
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Etl.Core.Errors;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Queue;
using Etl.Kaltura.Events.Sending;
using Etl.Kaltura.Tests.Fakes;
using Etl.Testing.Files;

namespace Etl.Kaltura.Tests.Events;

public sealed class EventSenderTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeClock _clock = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Order_within_a_session_holds_while_answers_fail_and_overtake_each_other()
    {
        var service = new FakeService { MaxDelay = 3 };
        service.Script = (_, random) => random.Next(4) switch
        {
            0 => new EventVerdict(EventFate.Again, "The service answered HTTP 500."),
            // Taken, but the answer was lost.
            1 => null,
            _ => EventVerdict.Delivered,
        };
        using var queue = Open();
        var lines = Enumerable.Range(0, 40).SelectMany(i => Enumerable.Range(0, 20).Select(s => Line($"s{s}", $"{i}"))).ToList();
        await queue.AppendAsync(lines);
        // A host that fails this often may be given up; the next run goes on.
        EventSendResult result;
        var runs = 0;
        do
        {
            using var again = runs == 0 ? null : Reopened(queue);
            using var sender = Sender(again ?? queue, service, o => o with { Concurrency = 6 });
            result = await sender.RunAsync(Task.CompletedTask, default);
        }
        while (result.Left > 0 && ++runs < 50);
        Assert.Equal(0, result.Left);
        Assert.True(service.MostAtOnce > 1, "Sessions were sent one by one.");
        Assert.Equal(20, service.Taken.Select(t => t.Session).Distinct().Count());
        foreach (var session in service.Taken.GroupBy(t => t.Session))
        {
            Assert.Equal(1, service.MostOf(session.Key));
            var sequence = session.Select(t => int.Parse(t.Name, CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(Enumerable.Range(0, 40), sequence.Distinct());
            // Repeats stand right behind their first: nothing ever comes after a later one.
            Assert.Equal(sequence.Order(), sequence);
        }
    }

    [Fact]
    public async Task Retries_wait_1_2_and_4_seconds_and_then_the_event_stays()
    {
        var service = new FakeService { Script = (_, _) => new EventVerdict(EventFate.Again, "The service answered HTTP 503.") };
        using var queue = Open();
        await queue.AppendAsync([Line("a", "1"), Line("a", "2")]);
        using var sender = Sender(queue, service);
        var result = await sender.RunAsync(Task.CompletedTask, default);
        Assert.Equal([1.0, 2, 4], _clock.Waits.Select(w => w.TotalSeconds));
        Assert.Equal(4, service.Attempts);
        Assert.Equal((0, 0, 2), (result.Delivered, result.Refused, result.Left));
        Assert.Equal(FaultKind.Unreachable, result.Fault!.Kind);
        Assert.Contains("HTTP 503", result.Fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Host_that_comes_back_gets_everything_in_order()
    {
        var service = new FakeService();
        var isAway = true;
        service.Script = (_, _) => isAway ? new EventVerdict(EventFate.Again, "No answer.") : EventVerdict.Delivered;
        using var queue = Open();
        await queue.AppendAsync([.. Enumerable.Range(0, 30).Select(i => Line($"s{i % 3}", $"{i:00}"))]);
        var input = new TaskCompletionSource();
        using var sender = Sender(queue, service, o => o with { Warn = w => { lock (_warnings) _warnings.Add(w); } });
        var run = sender.RunAsync(input.Task, default);
        await UntilAsync(() => service.Attempts > 40);
        isAway = false;
        await UntilAsync(() => sender.Delivered == 30);
        input.SetResult();
        var result = await run;
        Assert.Equal((30, 0, 0), (result.Delivered, result.Refused, result.Left));
        foreach (var session in service.Taken.GroupBy(t => t.Session)) Assert.Equal(session.Select(t => t.Name).Order(StringComparer.Ordinal), session.Select(t => t.Name));
        Assert.Equal(2, _warnings.Count);
        Assert.Contains("Events stay in the queue", _warnings[0], StringComparison.Ordinal);
        Assert.Contains("answers again", _warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_event_that_always_fails_holds_up_its_own_session_only()
    {
        var service = new FakeService { Script = (e, _) => e["pageName"] == "bad" ? new EventVerdict(EventFate.Again, "HTTP 500.") : EventVerdict.Delivered };
        using var queue = Open();
        await queue.AppendAsync([Line("a", "1"), Line("a", "bad"), Line("a", "3"), .. Enumerable.Range(0, 50).Select(i => Line($"s{i}", "x"))]);
        using var sender = Sender(queue, service, o => o with { Concurrency = 2 });
        var result = await sender.RunAsync(Task.CompletedTask, default);
        Assert.Equal((51, 0, 2), (result.Delivered, result.Refused, result.Left));
    }

    [Fact]
    public async Task Refused_event_is_not_tried_again_and_its_session_goes_on()
    {
        var service = new FakeService { Script = (e, _) => e["pageName"] == "bad" ? new EventVerdict(EventFate.Refused, "The service answered HTTP 400.") : EventVerdict.Delivered };
        using (var queue = Open())
        {
            await queue.AppendAsync([Line("a", "1"), Line("a", "bad"), Line("a", "3")]);
            using var sender = Sender(queue, service);
            var result = await sender.RunAsync(Task.CompletedTask, default);
            Assert.Equal((2, 1, 0), (result.Delivered, result.Refused, result.Left));
            Assert.Equal((3, false), (service.Attempts, result.IsSessionRefused));
        }
        Assert.Empty(_clock.Waits);
        var line = JsonNode.Parse(Assert.Single(await File.ReadAllLinesAsync(_folder["refused.jsonl"])))!;
        Assert.Equal(("bad", "The service answered HTTP 400."), ((string)line["pageName"]!, (string)line["refused"]!));
        // It can be mended and sent again as it stands.
        Assert.Equal("bad", (await EventFormTests.OneAsync(line.ToJsonString()))["pageName"]);
        using (var queue = Open()) Assert.Equal(0, queue.Count);
    }

    [Fact]
    public async Task Halting_fault_keeps_everything_and_is_told()
    {
        var service = new FakeService { Script = (_, _) => new EventVerdict(EventFate.Halted, "HTTP 404. Check KALTURA_ANALYTICS_URL.") };
        using var queue = Open();
        await queue.AppendAsync([.. Enumerable.Range(0, 100).Select(i => Line($"s{i}", "x"))]);
        using var sender = Sender(queue, service, o => o with { Concurrency = 3 });
        // Although more input may come.
        var result = await sender.RunAsync(new TaskCompletionSource().Task, default);
        Assert.Equal((0, 100), (result.Delivered, result.Left));
        Assert.InRange(service.Attempts, 1, 3);
        Assert.Contains("KALTURA_ANALYTICS_URL", result.Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_host_halts_it_although_more_input_may_come()
    {
        using var queue = Open();
        await queue.AppendAsync([Line("a", "1")]);
        using var sender = Sender(queue, new FakeService { HasHost = false });
        var result = await sender.RunAsync(new TaskCompletionSource().Task, default).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((0, 1, FaultKind.Usage), (result.Delivered, result.Left, result.Fault!.Kind));
    }

    [Fact]
    public async Task Stop_lets_requests_in_flight_end_and_the_rest_is_sent_by_the_next_run()
    {
        var gate = new TaskCompletionSource();
        var service = new FakeService { Gate = gate.Task };
        using var stop = new CancellationTokenSource();
        using (var queue = Open())
        {
            await queue.AppendAsync([.. Enumerable.Range(0, 20).Select(i => Line($"s{i}", $"{i}"))]);
            using var sender = Sender(queue, service, o => o with { Concurrency = 4 });
            var run = sender.RunAsync(new TaskCompletionSource().Task, stop.Token);
            await UntilAsync(() => service.Attempts == 4);
            await stop.CancelAsync();
            gate.SetResult();
            await Assert.ThrowsAsync<OperationCanceledException>(() => run);
            Assert.Equal(4, sender.Delivered);
        }
        using (var queue = Open())
        {
            using var sender = Sender(queue, service);
            Assert.Equal(16, (await sender.RunAsync(Task.CompletedTask, default)).Delivered);
        }
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}").Order(StringComparer.Ordinal), service.Taken.Select(t => t.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Rate_is_kept()
    {
        var service = new FakeService();
        using var queue = Open();
        await queue.AppendAsync([.. Enumerable.Range(0, 100).Select(i => Line($"s{i}", $"{i}"))]);
        var began = _clock.GetUtcNow();
        using var sender = Sender(queue, service, o => o with { Rate = 20 });
        Assert.Equal(100, (await sender.RunAsync(Task.CompletedTask, default)).Delivered);
        // 99 distances of 50 ms, less the 50 ms that timers may be late.
        Assert.InRange((_clock.GetUtcNow() - began).TotalSeconds, 4.85, 5.05);
    }

    [Fact]
    public async Task What_is_appended_while_it_runs_is_sent()
    {
        var service = new FakeService();
        using var queue = Open();
        var input = new TaskCompletionSource();
        using var sender = Sender(queue, service);
        var run = sender.RunAsync(input.Task, default);
        for (var i = 0; i < 50; i++) await queue.AppendAsync([Line("a", $"{i:00}")]);
        input.SetResult();
        Assert.Equal(50, (await run).Delivered);
        Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i:00}"), service.Taken.Select(t => t.Name));
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var waited = 0; !holds(); waited++)
        {
            Assert.True(waited < 6_000, "It did not come to that within a minute.");
            await Task.Delay(10);
        }
    }

    private static EventLine Line(string session, string name)
    {
        var api = EventCatalog.Default.TrackEvent;
        return new EventLine(1, new KalturaEvent(api, api.Find(10003)!, [new("partnerId", "101"), new("sessionId", session), new("pageName", name)]), []);
    }

    private EventQueue Open() => EventQueue.Open(new EventQueueOptions { Folder = _folder["queue"] });

    private EventQueue Reopened(EventQueue queue)
    {
        queue.Dispose();
        return Open();
    }

    private EventSender Sender(EventQueue queue, FakeService service, Func<EventSenderOptions, EventSenderOptions>? with = null)
    {
        var options = new EventSenderOptions { RefusedPath = _folder["refused.jsonl"], Warn = _warnings.Add };
        return new EventSender(queue, with?.Invoke(options) ?? options, service, _clock);
    }

    /// <summary>A collector that notes what it takes. A script's null is an event taken whose answer is lost.</summary>
    private sealed class FakeService : IEventTransport
    {
        private readonly Random _random = new(11);
        private readonly Dictionary<string, (int Now, int Most)> _sessions = [];
        private int _attempts;
        private int _now;

        public Func<KalturaEvent, Random, EventVerdict?> Script { get; set; } = (_, _) => EventVerdict.Delivered;

        public int MaxDelay { get; init; }

        public bool HasHost { get; init; } = true;

        public Task Gate { get; init; } = Task.CompletedTask;

        public int Attempts => Volatile.Read(ref _attempts);

        public int MostAtOnce { get; private set; }

        public List<(string Session, string Name)> Taken { get; } = [];

        public int MostOf(string session) => _sessions[session].Most;

        public Uri HostOf(KalturaEvent e) => HasHost ? new("https://collector.example") : throw new EtlException(FaultKind.Usage, "No host is set.");

        public async Task<EventVerdict> SendAsync(KalturaEvent e, CancellationToken cancellation)
        {
            Interlocked.Increment(ref _attempts);
            var session = e.SessionId!;
            int delay;
            lock (_random)
            {
                var (now, most) = _sessions.GetValueOrDefault(session);
                _sessions[session] = (now + 1, Math.Max(most, now + 1));
                MostAtOnce = Math.Max(MostAtOnce, ++_now);
                delay = _random.Next(MaxDelay + 1);
            }
            await Gate;
            for (; delay > 0; delay--) await Task.Yield();
            lock (_random)
            {
                var verdict = Script(e, _random);
                if (verdict is null or { Fate: EventFate.Delivered }) Taken.Add((session, e["pageName"]!));
                _sessions[session] = (_sessions[session].Now - 1, _sessions[session].Most);
                _now--;
                return verdict ?? new EventVerdict(EventFate.Again, "No answer.");
            }
        }
    }
}

using System.Globalization;
using System.Text;
using Etl.Integration.Tests.Support;
using Etl.Testing.Files;

namespace Etl.Integration.Tests;

/// <summary><c>etl events</c> as a process, against a collector that shares no code with it.</summary>
public sealed class EventSendTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static bool IsNightly => Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1";

    /// <summary>
    /// The sender is killed (<c>kill -9</c>) at 40 points of sending a file, after each of which the same command goes on; at 160 on a night run
    /// (<c>ETL_TESTS_NIGHTLY=1</c>). No event is lost; one is there twice only when its request was in flight at a kill; the order within a session holds.
    /// </summary>
    [Fact]
    public async Task Killed_while_sending_loses_nothing_and_repeats_only_what_was_in_flight()
    {
        const int concurrency = 4, sessions = 50;
        var kills = IsNightly ? 160 : 40;
        var events = kills * 60;
        using var collector = new EventCollector();
        await WriteAsync("events.jsonl", events, sessions);
        string[] command = ["events", "send", "events.jsonl", "--concurrency", $"{concurrency}", "--json"];
        for (var kill = 0; kill < kills; kill++)
        {
            // However late this test comes to kill it, there is something left to send.
            collector.HoldAfter = kill * 30 + 300;
            using var process = EtlProcess.Start(_folder.Path, collector.Environment, command);
            var finished = EtlProcess.FinishAsync(process);
            while (collector.Count < kill * 30 + 1 && !finished.IsCompleted) await Task.Delay(1);
            process.Kill();
            var ended = await finished;
            Assert.True(ended.Exit == 137, ended.ToString());
        }
        collector.HoldAfter = int.MaxValue;
        var before = collector.Count;
        Assert.InRange(before, 1, events + kills * concurrency);
        var last = await EtlProcess.RunAsync(_folder.Path, collector.Environment, command);
        Assert.True(last.Exit == 0, last.ToString());

        var taken = collector.Taken.Select(f => (Session: f["sessionId"], Number: int.Parse(f["pageName"], CultureInfo.InvariantCulture))).ToList();
        Assert.Equal(Enumerable.Range(0, events), taken.Select(t => t.Number).Distinct().Order());
        Assert.InRange(taken.Count - events, 0, kills * concurrency);
        Assert.All(taken.GroupBy(t => t.Number), g => Assert.InRange(g.Count(), 1, kills));
        foreach (var session in taken.GroupBy(t => t.Session)) Assert.Equal(session.Select(t => t.Number).Order(), session.Select(t => t.Number));
        Assert.Empty(last.Error);
        // All was sent: the same file is a new one now.
        var again = await EtlProcess.RunAsync(_folder.Path, collector.Environment, command);
        Assert.Equal(events, again.Of("summary").Single().GetProperty("delivered").GetInt32());
    }

    /// <summary>The same at 10 points (40 by night) of taking the file over, nobody being there to send to.</summary>
    [Fact]
    public async Task Killed_while_taking_over_a_file_takes_each_line_once()
    {
        var kills = IsNightly ? 40 : 10;
        var events = kills * 500;
        var port = EventCollector.FreePort();
        Dictionary<string, string> environment;
        using (var nobody = new EventCollector(port)) environment = nobody.Environment;
        await WriteAsync("events.jsonl", events, sessions: 50);
        var random = new Random(20_261_121);
        for (var kill = 0; kill < kills; kill++)
        {
            var known = QueueFiles();
            using var process = EtlProcess.Start(_folder.Path, environment, "events", "send", "events.jsonl");
            var finished = EtlProcess.FinishAsync(process);
            // It begins a file of its own when it opens the queue.
            while (QueueFiles().Except(known).FirstOrDefault() is null && !finished.IsCompleted) await Task.Delay(1);
            await Task.Delay(random.Next(40));
            process.Kill();
            Assert.Equal(137, (await finished).Exit);
        }
        using var collector = new EventCollector(port);
        var last = await EtlProcess.RunAsync(_folder.Path, environment, "events", "send", "events.jsonl");
        Assert.True(last.Exit == 0, last.ToString());
        Assert.Equal(Enumerable.Range(0, events), collector.Taken.Select(f => int.Parse(f["pageName"], CultureInfo.InvariantCulture)).Order());
    }

    [Fact]
    public async Task Events_wait_while_the_collector_is_away_and_are_sent_in_order_when_it_is_there()
    {
        var port = EventCollector.FreePort();
        await WriteAsync("events.jsonl", 60, sessions: 3);
        Dictionary<string, string> environment;
        using (var nobody = new EventCollector(port)) environment = nobody.Environment;
        var away = await EtlProcess.RunAsync(_folder.Path, environment, "events", "send", "events.jsonl", "--json");
        Assert.True(away.Exit == 5, away.ToString());
        Assert.Contains("60 events stay in the queue", away.Error, StringComparison.Ordinal);
        Assert.Contains($"'http://127.0.0.1:{port}' could not be reached", away.Error, StringComparison.Ordinal);

        using var collector = new EventCollector(port);
        // The same command again takes nothing over twice.
        var there = await EtlProcess.RunAsync(_folder.Path, environment, "events", "send", "events.jsonl", "--json");
        Assert.True(there.Exit == 0, there.ToString());
        Assert.Equal(60, collector.Count);
        foreach (var session in collector.Taken.GroupBy(f => f["sessionId"]))
        {
            var numbers = session.Select(f => int.Parse(f["pageName"], CultureInfo.InvariantCulture)).ToList();
            Assert.Equal(numbers.Order(), numbers);
        }
    }

    [Fact]
    public async Task Faulty_file_is_refused_whole_with_every_fault()
    {
        using var collector = new EventCollector();
        await File.WriteAllLinesAsync(_folder["bad.jsonl"],
        [
            """{"api":"stats.collect","eventType":"PLAY","entryId":"1_a","sessionId":"s","eventTimestamp":1793000000}""",
            """{"api":"stats.collect","eventType":"PAUSE","entryId":"1_a","sessionId":"s","eventTimestamp":1793000000}""",
            """{"api":"stats.collect","eventType":"PLAY","sessionId":"s","eventTimestamp":1793000000123}""",
        ]);
        var result = await EtlProcess.RunAsync(_folder.Path, collector.Environment, "events", "send", "bad.jsonl");
        Assert.True(result.Exit == 2, result.ToString());
        Assert.Contains("line 2: stats.collect cannot take 'PAUSE': stats.collect knows no pause; send PAUSE_CLICKED (33) by analytics.trackEvent.", result.Error, StringComparison.Ordinal);
        Assert.Contains("line 3: 'entryId' is missing", result.Error, StringComparison.Ordinal);
        Assert.Contains("line 3: 'eventTimestamp' is 1793000000123, a Unix time in milliseconds; seconds are due.", result.Error, StringComparison.Ordinal);
        Assert.Contains("2 of 3 events in 'bad.jsonl' have faults; none was queued or sent.", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, collector.Count);
        Assert.False(Directory.Exists(_folder["data/events/queue"]));
    }

    [Fact]
    public async Task Missing_host_is_told_before_anything_is_queued_and_stops_a_stream_that_stays_open()
    {
        using var collector = new EventCollector();
        var environment = collector.Environment;
        environment.Remove("KALTURA_ANALYTICS_URL");
        await WriteAsync("events.jsonl", 3, sessions: 1);
        var result = await EtlProcess.RunAsync(_folder.Path, environment, "events", "send", "events.jsonl");
        Assert.True(result.Exit == 2, result.ToString());
        Assert.Contains("KALTURA_ANALYTICS_URL is not set", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["data"]));

        using var process = EtlProcess.Start(_folder.Path, environment, input: true, ["events", "send", "-"]);
        await process.StandardInput.WriteLineAsync("{\"api\":\"analytics.trackEvent\",\"eventType\":10003}");
        await process.StandardInput.FlushAsync();
        // Its input is never closed.
        var stopped = await EtlProcess.FinishAsync(process);
        Assert.True(stopped.Exit == 2, stopped.ToString());
        Assert.Contains("1 events stay in the queue", stopped.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Standard_input_is_sent_as_it_comes_and_bad_lines_are_named()
    {
        using var collector = new EventCollector();
        using var process = EtlProcess.Start(_folder.Path, collector.Environment, input: true, ["events", "send", "-", "--api", "analytics.trackEvent", "--json"]);
        var finished = EtlProcess.FinishAsync(process);
        await process.StandardInput.WriteLineAsync("""{"eventType":10003,"pageName":"first"}""");
        await process.StandardInput.FlushAsync();
        for (var waited = 0; collector.Count < 1; waited++)
        {
            Assert.True(waited < 6_000 && !finished.IsCompleted, "The first event was not sent while the input was open.");
            await Task.Delay(10);
        }
        await process.StandardInput.WriteLineAsync("""{"eventType":10004}""");
        await process.StandardInput.WriteLineAsync("""{"eventType":10002,"buttonName":"second"}""");
        process.StandardInput.Close();
        var result = await finished;
        Assert.True(result.Exit == 1, result.ToString());
        Assert.Contains("line 2: analytics.trackEvent has no event type 10004.", result.Error, StringComparison.Ordinal);
        Assert.Equal(["10003", "10002"], collector.Taken.Select(f => f["eventType"]));
        Assert.Equal([1, 3], result.Of("queued").Select(q => q.GetProperty("line").GetInt32()));
    }

    [Fact]
    public async Task Refused_event_is_kept_with_its_reason_and_no_token_is_on_disk()
    {
        using var collector = new EventCollector { Status = f => f["pageName"] == "3" ? 400 : 200 };
        await WriteAsync("events.jsonl", 6, sessions: 2);
        var result = await EtlProcess.RunAsync(_folder.Path, collector.Environment, "events", "send", "events.jsonl");
        Assert.True(result.Exit == 1, result.ToString());
        Assert.Equal(5, collector.Count);
        var line = Assert.Single(await File.ReadAllLinesAsync(_folder["data/events/refused.jsonl"]));
        Assert.Contains("answered HTTP 400", line, StringComparison.Ordinal);
        var tokens = collector.Taken.Select(f => f["ks"]).Distinct().ToList();
        Assert.NotEmpty(tokens);
        foreach (var file in Directory.GetFiles(_folder["data"], "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "lock"))
        {
            var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.All(tokens, t => Assert.DoesNotContain(t[..24], text, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Interrupt_ends_with_130_and_the_rest_is_sent_later()
    {
        using var collector = new EventCollector();
        await WriteAsync("events.jsonl", 400, sessions: 10);
        using var process = EtlProcess.Start(_folder.Path, collector.Environment, ["events", "send", "events.jsonl", "--rate", "100"]);
        var finished = EtlProcess.FinishAsync(process);
        while (collector.Count < 20 && !finished.IsCompleted) await Task.Delay(5);
        EtlProcess.Interrupt(process);
        var stopped = await finished;
        Assert.True(stopped.Exit == 130, stopped.ToString());
        Assert.Contains("stay in the queue", stopped.Error, StringComparison.Ordinal);
        Assert.InRange(collector.Count, 20, 399);
        var rest = await EtlProcess.RunAsync(_folder.Path, collector.Environment, "events", "send");
        Assert.True(rest.Exit == 0, rest.ToString());
        // In flight at the signal was let end: nothing twice.
        Assert.Equal(Enumerable.Range(0, 400), collector.Taken.Select(f => int.Parse(f["pageName"], CultureInfo.InvariantCulture)).Order());
    }

    [Theory]
    [InlineData("stats.collect")]
    [InlineData("analytics.trackEvent")]
    public async Task Play_sends_whole_sessions(string api)
    {
        using var collector = new EventCollector();
        var result = await EtlProcess.RunAsync(_folder.Path, collector.Environment, "events", "play", "--entry", "1_a", "--duration", "60", "--users", "8", "--speed", "0", "--seed", "4", "--api", api, "--json");
        Assert.True(result.Exit == 0, result.ToString());
        Assert.Equal(collector.Count, result.Of("summary").Single().GetProperty("delivered").GetInt32());
        var (type, user) = api == "stats.collect" ? ("event[eventType]", "event[userId]") : ("eventType", "userId");
        Assert.Equal(8, collector.Taken.Select(f => f[user]).Distinct().Count());
        // Each viewer has a session token of their own.
        Assert.Equal(8, collector.Taken.Select(f => f["ks"]).Distinct().Count());
        Assert.Contains(collector.Taken, f => f[type] == "3");
    }

    [Fact]
    public async Task Dry_run_shows_requests_and_touches_nothing()
    {
        using var collector = new EventCollector();
        await WriteAsync("events.jsonl", 2, sessions: 1);
        var result = await EtlProcess.RunAsync(_folder.Path, collector.Environment, "events", "send", "events.jsonl", "--dry-run", "--json");
        Assert.True(result.Exit == 0, result.ToString());
        var requests = result.Of("request");
        Assert.Equal(["0", "1"], requests.Select(r => r.GetProperty("fields").GetProperty("pageName").GetString()));
        Assert.Equal($"{collector.Url}/api_v3/index.php?service=analytics&action=trackEvent", requests[0].GetProperty("address").GetString());
        Assert.Equal(0, collector.Count);
        Assert.False(Directory.Exists(_folder["data"]));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    public async Task Verify_compares_what_was_sent_with_the_reports(int lost, int exit)
    {
        using var collector = new EventCollector();
        var looks = 0;
        collector.Totals = report =>
        {
            // Nothing for a while, as a service that still computes.
            if (Interlocked.Increment(ref looks) <= 2) return report == "2" ? ("count_plays|count_loads", "|") : ("count_plays|unique_known_users", "|");
            var taken = collector.Taken;
            int Of(int type) => taken.Count(f => f["eventType"] == $"{type}");
            var users = taken.Select(f => f["userId"]).Distinct().Count();
            return report == "2"
                ? ("count_plays|count_plays_25|count_plays_50|count_plays_75|count_plays_100|play_through_ratio|count_loads", $"{Of(3)}|{Of(11)}|{Of(12) - lost}|{Of(13)}|{Of(14)}|0.5|{Of(1)}")
                : ("unique_known_users|count_plays|sum_view_period", string.Create(CultureInfo.InvariantCulture, $"{users}|{Of(3)}|{Of(99) / 6.0}"));
        };
        var result = await EtlProcess.RunAsync(_folder.Path, collector.Environment, "events", "verify", "--entry", "1_a", "--duration", "120", "--users", "10", "--wait", lost == 0 ? "60" : "3", "--json");
        Assert.True(result.Exit == exit, result.ToString());
        var metrics = result.Of("metric").ToDictionary(m => m.GetProperty("metric").GetString()!, m => m.GetProperty("equal").GetBoolean());
        Assert.Equal(["count_loads", "count_plays", "count_plays_100", "count_plays_25", "count_plays_50", "count_plays_75", "sum_view_period", "unique_known_users"], metrics.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(lost == 0 ? [] : ["count_plays_50"], metrics.Where(m => !m.Value).Select(m => m.Key));
    }

    [SkippableFact]
    public async Task Full_disk_stops_the_taking_over_and_the_same_command_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.Mount(_folder["data"], megabytes: 2);
        using var collector = new EventCollector();
        var filling = new string('x', 700);
        await File.WriteAllLinesAsync(_folder["events.jsonl"], Enumerable.Range(0, 3_000).Select(i =>
            $$"""{"api":"analytics.trackEvent","eventType":10003,"sessionId":"s{{i % 40}}","pageName":"{{i}}","customVar1":"{{filling}}"}"""));
        string[] command = ["events", "send", "events.jsonl", "--concurrency", "16"];
        var full = await EtlProcess.RunAsync(_folder.Path, collector.Environment, command);
        Assert.True(full.Exit == 1, full.ToString());
        Assert.Contains("Make room on the disk; what was taken over before is kept.", full.Error, StringComparison.Ordinal);
        // What was sent has made room; the disk holds a third of the file at a time.
        var rest = full;
        for (var runs = 0; rest.Exit == 1 && runs < 5; runs++) rest = await EtlProcess.RunAsync(_folder.Path, collector.Environment, command);
        Assert.True(rest.Exit == 0, rest.ToString());
        var taken = collector.Taken.Select(f => (Session: f["sessionId"], Number: int.Parse(f["pageName"], CultureInfo.InvariantCulture))).ToList();
        Assert.Equal(Enumerable.Range(0, 3_000), taken.Select(t => t.Number).Order());
        foreach (var session in taken.GroupBy(t => t.Session)) Assert.Equal(session.Select(t => t.Number).Order(), session.Select(t => t.Number));
    }

    private string[] QueueFiles() => Directory.Exists(_folder["data/events/queue"]) ? Directory.GetFiles(_folder["data/events/queue"], "*.events") : [];

    private Task WriteAsync(string file, int events, int sessions) => File.WriteAllLinesAsync(_folder[file],
        Enumerable.Range(0, events).Select(i => $$"""{"api":"analytics.trackEvent","eventType":10003,"sessionId":"s{{i % sessions}}","pageName":"{{i}}"}"""));
}

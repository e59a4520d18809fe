using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;
using Etl.Testing.Servers;

namespace Etl.Integration.Tests;

/// <summary>Alerts of the real program: told by a run, by servers, and tried out by hand.</summary>
public sealed class AlertTests
{
    private const string Rules = """
        alerts:
          - { name: few, when: sum(count_plays) < 1000000000, notify: [ops] }
          - { name: none, when: rows < 1, notify: [ops] }
        """;

    [Fact]
    public async Task Run_tells_what_fires_before_its_summary_and_alerts_shows_it()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly", lookback: 1, extra: Rules.Replace("[ops]", "[log]", StringComparison.Ordinal));
        var run = await shop.RunAsync("run", "nightly", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var told = Assert.Single(run.Of("alert"));
        Assert.Equal(("few", "firing", Workshop.LatestDay()), (Text(told, "alert"), Text(told, "state"), Text(told, "window")));
        Assert.Equal("summary", Text(run.Objects[^1], "type"));
        Assert.Empty((await shop.RunAsync("run", "nightly", "--json")).Of("alert"));

        var listed = (await shop.RunAsync("alerts", "--json")).Of("alert");
        Assert.Equal([("few", "firing"), ("none", "ok")], listed.Select(a => (Text(a, "alert"), Text(a, "state"))));
        Assert.Equal("delivered", Text(listed[0].GetProperty("delivery"), "state"));

        var plain = await shop.RunAsync("alerts");
        Assert.Contains("sum(count_plays) < 1000000000", plain.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_says_value_and_verdict_and_tries_each_channel()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly", lookback: 1, extra: Rules);
        var early = await shop.RunAsync("alerts", "test", "nightly", "--json", "--dry-run");
        Assert.True(early.Exit == 0, early.ToString());
        Assert.All(early.Of("trial"), t => Assert.Equal("nothing landed", Text(t, "verdict")));
        Assert.False(Directory.Exists(shop.DataFolder));

        await shop.RunAsync("run", "nightly");
        var dry = await shop.RunAsync("alerts", "test", "nightly", "--json", "--dry-run");
        Assert.Equal([("few", "would fire"), ("none", "ok")], dry.Of("trial").Select(t => (Text(t, "alert"), Text(t, "verdict"))));
        Assert.Empty(dry.Of("channel"));

        var unset = await shop.RunAsync("alerts", "test", "nightly", "--json");
        Assert.Equal(1, unset.Exit);
        Assert.StartsWith("Channel 'ops' is not configured. Set ETL_ALERT_OPS to ", Text(Assert.Single(unset.Of("channel")), "fault"), StringComparison.Ordinal);

        using var receiver = new Listener();
        receiver.AddTo(shop);
        var sent = await shop.RunAsync("alerts", "test", "nightly", "--json");
        Assert.True(sent.Exit == 0, sent.ToString());
        var body = Assert.Single(receiver.Bodies);
        Assert.Equal("test", Text(body, "state"));
        Assert.Contains("This is a test of channel 'ops'.", Text(body, "message"), StringComparison.Ordinal);
        Assert.DoesNotContain(Listener.Secret, sent.Out + sent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_without_alerts_cannot_be_tried()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly");
        var result = await shop.RunAsync("alerts", "test", "nightly");
        Assert.Equal(2, result.Exit);
        Assert.Contains("has no alerts", result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Two_servers_on_one_ledger_tell_an_alert_once()
    {
        await using var shop = await Workshop.OpenAsync();
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        using var receiver = new Listener();
        receiver.AddTo(shop);
        shop.Environment["ETL_LEDGER"] = "postgres:" + database.ConnectionString;
        shop.WriteJob("nightly", lookback: 4, extra: "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }\n" + Rules);
        var servers = Enumerable.Range(0, 2).Select(_ => EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--json")).ToList();
        // Interrupted before it runs, a process knows no better than to die of it.
        foreach (var server in servers) Assert.Contains("serving", await server.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        await UntilAsync(async () => (await shop.RunAsync("status", "nightly", "--json")).Of("window").Count(w => Text(w, "state") == "landed") == 4 && !receiver.Bodies.IsEmpty);
        foreach (var server in servers)
        {
            EtlProcess.Interrupt(server);
            var result = await EtlProcess.FinishAsync(server);
            Assert.True(result.Exit == 0, result.ToString());
            Assert.Empty(result.Error);
            server.Dispose();
        }
        Assert.Equal(("few", "firing"), (Text(Assert.Single(receiver.Bodies), "alert"), Text(receiver.Bodies.Single(), "state")));
        Assert.Equal([("few", "firing"), ("none", "ok")], (await shop.RunAsync("alerts", "--json")).Of("alert").Select(a => (Text(a, "alert"), Text(a, "state"))));
    }

    [SkippableFact]
    public async Task Server_that_polls_a_live_job_tells_a_fault_of_the_encoder_in_the_minute_that_shows_it()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 2, BeaconEvery = TimeSpan.FromSeconds(5) });
        using var receiver = new Listener();
        receiver.AddTo(shop);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var entry = JsonDocument.Parse((await shop.GetAsync($"/sandbox/truth-beacons?from={now - 60}&to={now}")).Split('\n')[0]).RootElement.GetProperty("objectId").GetString();
        shop.WriteJobText("desk", $$"""
            job: desk
            source: { action: beacons, kind: health, entries: [{{entry}}] }
            window: { every: minute, settle: 5s }
            land: [ table: { name: desk } ]
            alerts:
              - { name: stream-trouble, when: any(severity >= 3), notify: [ops] }
            """);
        // Well for this minute, ill from the next one on.
        var trouble = now / 60 * 60 + 60;
        await shop.PostAsync("/sandbox/beacons", $$"""{"severity":0,"from":{{now - 3600}}}""");
        await shop.PostAsync("/sandbox/beacons", $$"""{"severity":4,"from":{{trouble}}}""");
        using var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--json");
        Assert.Contains("serving", await server.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        await UntilAsync(async () =>
        {
            await Task.Delay(500);
            return !receiver.Bodies.IsEmpty;
        });
        EtlProcess.Interrupt(server);
        var result = await EtlProcess.FinishAsync(server);

        Assert.True(result.Exit == 0, result.ToString());
        var told = Assert.Single(receiver.Bodies);
        Assert.Equal(("desk", "stream-trouble", "firing", "any(severity >= 3)"), (Text(told, "job"), Text(told, "alert"), Text(told, "state"), Text(told, "when")));
        var label = DateTimeOffset.FromUnixTimeSeconds(trouble).ToString("yyyy-MM-dd'T'HH-mm'm'", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(label, Text(told, "window"));
        var rows = shop.Query("SELECT _window AS w, severity AS s FROM desk").Select(r => (Window: Text(r, "w")!, Severity: r.GetProperty("s").GetInt32())).ToList();
        Assert.Equal(told.GetProperty("value").GetInt32(), rows.Count(r => r.Window == label));
        Assert.All(rows, r => Assert.Equal(string.CompareOrdinal(r.Window, label) < 0 ? 0 : 4, r.Severity));
        var listed = Assert.Single((await shop.RunAsync("alerts", "--json")).Of("alert"));
        Assert.Equal(("firing", "delivered"), (Text(listed, "state"), Text(listed.GetProperty("delivery"), "state")));
    }

    private static string? Text(JsonElement from, string name) => from.GetProperty(name).GetString();

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition()) Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), "It did not happen within 5 minutes.");
    }

    /// <summary>Takes webhooks on this machine.</summary>
    private sealed class Listener : IDisposable
    {
        public const string Secret = "the receivers own secret";

        private readonly HttpListener _http = new();
        private readonly string _address;

        public Listener()
        {
            using var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
            free.Start();
            _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
            free.Stop();
            _http.Prefixes.Add(_address);
            _http.Start();
            _ = ListenAsync();
        }

        public ConcurrentQueue<JsonElement> Bodies { get; } = [];

        public void AddTo(Workshop shop)
        {
            shop.Environment["ETL_ALERT_OPS"] = "webhook:" + _address;
            shop.Environment["ETL_ALERT_OPS_SECRET"] = Secret;
        }

        public void Dispose() => _http.Close();

        private async Task ListenAsync()
        {
            try
            {
                while (true)
                {
                    var context = await _http.GetContextAsync();
                    Bodies.Enqueue((await JsonDocument.ParseAsync(context.Request.InputStream)).RootElement);
                    context.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }
    }
}

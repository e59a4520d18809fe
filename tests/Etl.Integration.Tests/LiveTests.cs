using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>Live jobs from the command line against the sandbox, for seconds of real time; what landed equals what the sandbox holds.</summary>
public sealed class LiveTests
{
    private static readonly SandboxOptions s_options = new() { Entries = 40, Users = 60, Days = 2, SessionsPerDay = 40_000, BeaconEvery = TimeSpan.FromSeconds(5) };

    /// <summary>Every live source at once, watching one entry.</summary>
    private static string Job(string entry, string settle = "2m") => $$"""
        job: ops
        sources:
          users: { report: 10005, action: table, interval: ten_seconds }
          devices: { report: 10004, action: table }
          viewers: { action: live-events, entries: [{{entry}}], live: true }
          alerts: { action: beacons, kind: health, entries: [{{entry}}] }
          encoder: { action: beacons, kind: diagnostics, entries: [{{entry}}] }
          nodes: { action: stream-status, entries: [{{entry}}] }
        window: { every: minute, settle: {{settle}} }
        land:
          - { from: users, parquet: { dataset: live_users } }
          - { from: users, table: { name: live_users } }
          - { from: devices, table: { name: live_devices } }
          - { from: viewers, table: { name: live_viewers } }
          - { from: alerts, table: { name: live_alerts } }
          - { from: encoder, table: { name: live_encoder } }
          - { from: nodes, table: { name: live_nodes } }
        """;

    private static async Task<(Workshop Shop, string Entry)> OpenAsync()
    {
        Sqlite3.Require();
        var shop = await Workshop.OpenAsync(s_options);
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var entry = (await TruthAsync(shop, $"truth-live?from={now - 600}&to={now}"))[0].GetProperty("entry_id").GetString()!;
        shop.WriteJobText("ops", Job(entry));
        return (shop, entry);
    }

    private static async Task<JsonElement[]> TruthAsync(Workshop shop, string path)
    {
        using var http = new HttpClient { BaseAddress = shop.Sandbox.BaseUrl };
        var text = await http.GetStringAsync(new Uri("/sandbox/" + path, UriKind.Relative));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    /// <summary>A landed minute and the seconds of it that no poll covered.</summary>
    private sealed record Minute(string Label, IReadOnlyList<(long From, long To)> Gaps)
    {
        public long Start => LiveTests.Start(Label);

        public bool Covers(long time) => Gaps.All(g => time < g.From || time >= g.To);
    }

    /// <summary>The landed minutes of a source, as the check 'coverage' tells them.</summary>
    private static List<Minute> Minutes(EtlResult run, string source) => [.. run.Of("window").Where(w => w.GetProperty("source").GetString() == source)
        .GroupBy(w => w.GetProperty("window").GetString()!)
        .Select(g => new Minute(g.Key, Gaps(g.Key, g.Last().GetProperty("checks").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "coverage").GetProperty("detail").GetString()!)))];

    private static List<(long, long)> Gaps(string label, string detail)
    {
        long At(string time)
        {
            var at = Start(label) / 3600 * 3600 + int.Parse(time.AsSpan(3, 2), CultureInfo.InvariantCulture) * 60 + int.Parse(time.AsSpan(6, 2), CultureInfo.InvariantCulture);
            return at < Start(label) ? at + 3600 : at;
        }
        return [.. Regex.Matches(detail, @"(\d\d:\d\d:\d\d) to (\d\d:\d\d:\d\d)").Select(m => (At(m.Groups[1].Value), At(m.Groups[2].Value)))];
    }

    private static long Start(string label) =>
        DateTimeOffset.ParseExact(label, "yyyy-MM-dd'T'HH-mm'm'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeSeconds();

    private static string[] Rows(Workshop shop, string sql) => [.. shop.Query(sql).Select(r => string.Join(' ', r.EnumerateObject().Select(p => p.Value.ToString())))];

    /// <summary>Asserts that each minute holds the truth where polls covered it, and nothing where they did not.</summary>
    private static async Task AssertEqualAsync(List<Minute> minutes, Func<string, string[]> landed, Func<long, Task<(long Time, string Row)[]>> truth)
    {
        var rows = 0;
        foreach (var minute in minutes)
        {
            Assert.Equal((await truth(minute.Start)).Where(t => minute.Covers(t.Time)).Select(t => t.Row), landed(minute.Label));
            rows += landed(minute.Label).Length;
        }
        Assert.True(rows > 0, "No minute has rows.");
    }

    private static async Task AssertUsersAsync(Workshop shop, List<Minute> minutes) => await AssertEqualAsync(
        minutes,
        label => Rows(shop, $"SELECT strftime('%s', date_id) AS t, view_unique_audience AS a, views AS v FROM live_users WHERE _window = '{label}' ORDER BY 1"),
        async from => [.. (await TruthAsync(shop, $"truth-realtime?report=10005&from={from}&to={from + 60}&interval=ten_seconds"))
            .Select(r => (long.Parse(r.GetProperty("date_id").GetString()!, CultureInfo.InvariantCulture), $"{r.GetProperty("date_id").GetString()} {r.GetProperty("view_unique_audience")} {r.GetProperty("views")}"))]);

    [SkippableFact]
    public async Task Every_live_source_lands_minutes_that_equal_the_truth()
    {
        var (shop, entry) = await OpenAsync();
        await using var _ = shop;

        var run = await shop.RunAsync("run", "ops", "--for", "7s", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        Assert.All(run.Of("window"), w => Assert.Equal("landed", w.GetProperty("state").GetString()));
        await AssertUsersAsync(shop, Minutes(run, "users"));
        await AssertEqualAsync(
            Minutes(run, "devices"),
            label => Rows(shop, $"SELECT device AS d, view_unique_audience AS a, sum_view_time AS s FROM live_devices WHERE _window = '{label}' ORDER BY 1"),
            async from => [.. (await TruthAsync(shop, $"truth-realtime?report=10004&from={from}&to={from + 60}"))
                .Select(r => (from, $"{r.GetProperty("device").GetString()} {r.GetProperty("view_unique_audience")} {r.GetProperty("sum_view_time")}")).OrderBy(r => r.Item2, StringComparer.Ordinal)]);
        await AssertEqualAsync(
            Minutes(run, "viewers"),
            label => Rows(shop, $"SELECT entry_id AS e, strftime('%s', time) AS t, audience AS a, dvr_audience AS d FROM live_viewers WHERE _window = '{label}' ORDER BY 2"),
            async from =>
            {
                var sessions = (await TruthAsync(shop, $"truth-live?from={from}&to={from + 60}")).Where(s => s.GetProperty("entry_id").GetString() == entry)
                    .Select(s => (Type: s.GetProperty("playback_type").GetString(), Start: s.GetProperty("start").GetInt64() / 10 * 10, Beats: s.GetProperty("heartbeats").GetInt64())).ToList();
                int Count(string type, long t) => sessions.Count(s => s.Type == type && s.Start <= t && t < s.Start + 10 * s.Beats);
                return [.. Enumerable.Range(0, 6).Select(i => from + 10 * i).Where(t => Count("live", t) + Count("dvr", t) > 0).Select(t => (t, $"{entry} {t} {Count("live", t)} {Count("dvr", t)}"))];
            });
        foreach (var (source, table, suffixes) in new[] { ("alerts", "live_alerts", (string[])["healthData"]), ("encoder", "live_encoder", ["staticData", "dynamicData"]) })
        {
            var rows = 0;
            foreach (var minute in Minutes(run, source))
            {
                var truth = (await TruthAsync(shop, $"truth-beacons?from={minute.Start}&to={minute.Start + 60}"))
                    .Where(b => b.GetProperty("objectId").GetString() == entry && suffixes.Any(s => b.GetProperty("eventType").GetString()!.EndsWith(s, StringComparison.Ordinal)))
                    .Select(b => (Id: b.GetProperty("id").GetString()!, Time: b.GetProperty("updatedAt").GetInt64())).ToList();
                var landed = Rows(shop, $"SELECT id FROM {table} WHERE _window = '{minute.Label}'");
                Assert.Subset(truth.Select(b => b.Id).ToHashSet(), landed.ToHashSet());
                Assert.Equal(landed.Length, landed.Distinct().Count());
                // The log has them all, some newer than a poll speaks for; the state only the latest of each poll.
                if (source == "alerts") Assert.Superset(truth.Where(b => minute.Covers(b.Time)).Select(b => b.Id).ToHashSet(), landed.ToHashSet());
                rows += landed.Length;
            }
            Assert.True(rows > 0, $"No minute of '{source}' has rows.");
        }
        Assert.Equal("0", Rows(shop, "SELECT count(*) FROM live_alerts WHERE severity IS NULL OR severity <> json_extract(private_data, '$.maxSeverity')").Single());
        // Polled every five seconds: two or three times, and once more on a machine that is slow to stop.
        Assert.InRange(Rows(shop, "SELECT DISTINCT observed_at FROM live_nodes").Length, 2, 4);
        Assert.Equal(["0", "1"], Rows(shop, "SELECT DISTINCT status FROM live_nodes ORDER BY 1"));
        // One file per minute, below its hour.
        var last = Minutes(run, "users").Max(m => m.Label)!;
        Assert.True(File.Exists(Path.Combine(shop.DataFolder, "parquet", "live_users", $"date={last[..10]}", $"hour={last[11..13]}", $"minute={last[14..16]}", "data.parquet")));
        Assert.Empty(shop.Leftovers());
    }

    [SkippableFact]
    public async Task Ctrl_C_lands_what_was_collected_and_the_next_run_goes_on()
    {
        var (shop, _) = await OpenAsync();
        await using var __ = shop;
        using var process = EtlProcess.Start(shop.Folder, shop.Environment, "run", "ops", "--for", "1h", "--json");
        await WaitUntilCollectingAsync(shop);
        EtlProcess.Interrupt(process);
        var run = await EtlProcess.FinishAsync(process);

        Assert.True(run.Exit == 130, run.ToString());
        Assert.All(run.Of("window"), w => Assert.Equal("landed", w.GetProperty("state").GetString()));
        await AssertUsersAsync(shop, Minutes(run, "users"));
        Assert.Empty(shop.Leftovers());
        Assert.Equal("0", Ledger(shop, "SELECT count(*) AS n FROM etl_window WHERE landed_pull IS NULL"));

        var again = await shop.RunAsync("run", "ops", "--for", "1s", "--json");
        Assert.True(again.Exit == 0, again.ToString());
        // A minute that was whole is left as it is.
        var whole = Minutes(run, "users").Where(m => m.Gaps.Count == 0).Select(m => m.Label);
        Assert.Empty(Minutes(again, "users").Select(m => m.Label).Intersect(whole));
    }

    [SkippableFact]
    public async Task Killed_run_leaves_nothing_half_landed_and_the_next_run_states_the_gaps()
    {
        var (shop, _) = await OpenAsync();
        await using var __ = shop;
        using (var process = EtlProcess.Start(shop.Folder, shop.Environment, "run", "ops", "--for", "1h", "--json"))
        {
            await WaitUntilCollectingAsync(shop);
            process.Kill();
            await EtlProcess.FinishAsync(process);
        }
        var begun = Ledger(shop, "SELECT count(*) AS n FROM etl_window WHERE source = 'users'");
        Assert.NotEqual("0", begun);

        var run = await shop.RunAsync("run", "ops", "--for", "6s", "--json");

        Assert.True(run.Exit == 0, run.ToString());
        await AssertUsersAsync(shop, Minutes(run, "users"));
        Assert.Equal("0", Ledger(shop, "SELECT count(*) AS n FROM etl_window WHERE landed_pull IS NULL"));
        // What the service shows of a moment only is gone with the run that saw it.
        Assert.Contains(Minutes(run, "nodes"), m => m.Gaps.Count > 0);
        Assert.Empty(shop.Leftovers());
    }

    [SkippableFact]
    public async Task Refused_session_ends_the_run_at_once()
    {
        var (shop, _) = await OpenAsync();
        await using var __ = shop;
        shop.Environment["KALTURA_ADMIN_SECRET"] = "ffffffffffffffffffffffffffffffff";
        var run = await shop.RunAsync("run", "ops", "--for", "1h");

        Assert.True(run.Exit == 4, run.ToString());
        Assert.Contains("INVALID_KS", run.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("say how long: 'etl run ops --for 10m'", "run", "ops")]
    [InlineData("no windows can be named", "run", "ops", "--from", "2026-11-19T14-05m")]
    [InlineData("no windows can be named", "run", "ops", "--for", "1s", "--to", "2026-11-19T14-05m")]
    [InlineData("no windows can be named", "backfill", "ops", "--from", "2026-11-19T14-05m", "--to", "2026-11-19T14-06m")]
    [InlineData("no windows can be named", "plan", "ops", "--from", "2026-11-19T14-05m")]
    [InlineData("such as 90s, 10m or 2h, not 'soon'", "run", "ops", "--for", "soon")]
    [InlineData("not '0m'", "run", "ops", "--for", "0m")]
    [InlineData("'nightly' is not a live one", "run", "nightly", "--for", "10m")]
    public async Task What_does_not_fit_is_refused_before_anything_is_touched(string words, params string[] arguments)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("ops", Job("1_abc"));
        shop.WriteJob("nightly");

        var run = await shop.RunAsync(arguments);

        Assert.True(run.Exit == 2, run.ToString());
        Assert.Contains(words, run.Error.ReplaceLineEndings(" "), StringComparison.OrdinalIgnoreCase);
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    [SkippableFact]
    public async Task Plan_counts_calls_a_minute_and_validate_names_the_right_form()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("ops", Job("1_abc, 1_def"));

        var plan = await shop.RunAsync("plan", "ops", "--json");
        Assert.True(plan.Exit == 0, plan.ToString());
        Assert.Equal(
            ["users 30 2", "devices 30 3", "viewers 30 4", "alerts 10 6", "encoder 30 2", "nodes 5 12"],
            plan.Of("planned").Select(p => $"{p.GetProperty("source").GetString()} {p.GetProperty("everySeconds")} {p.GetProperty("callsPerMinute")}"));

        shop.WriteJobText("ops", Job("1_abc").Replace("ten_seconds", "tenSeconds", StringComparison.Ordinal).Replace("report: 10004", "report: 38", StringComparison.Ordinal));
        var faulty = await shop.RunAsync("validate");
        Assert.Equal(2, faulty.Exit);
        Assert.Contains("Did you mean 'ten_seconds'?", faulty.Out + faulty.Error, StringComparison.Ordinal);
        Assert.Contains("the table of a realtime report: 10001", faulty.Out + faulty.Error, StringComparison.Ordinal);
        Assert.Contains("by a live job", (await shop.RunAsync("reports", "10005")).Out, StringComparison.Ordinal);
    }

    /// <summary>Waits until a poll of each source was answered: then the node samples and the users' minutes are entered, and some rows are in memory.</summary>
    private static async Task WaitUntilCollectingAsync(Workshop shop)
    {
        var path = Path.Combine(shop.DataFolder, "ledger.db");
        for (var i = 0; i < 300; i++)
        {
            if (File.Exists(path) && int.TryParse(TryLedger(shop, "SELECT count(DISTINCT source) AS n FROM etl_window"), out var sources) && sources == 6) break;
            await Task.Delay(100);
        }
        // The first polls follow at once; nothing else tells of them until a minute lands.
        await Task.Delay(3000);
    }

    private static string? TryLedger(Workshop shop, string sql)
    {
        try
        {
            return Ledger(shop, sql);
        }
        catch (Xunit.Sdk.TrueException)
        {
            return null; // not there yet
        }
    }

    private static string Ledger(Workshop shop, string sql) =>
        JsonDocument.Parse(Sqlite3.Json(Path.Combine(shop.DataFolder, "ledger.db"), sql)).RootElement[0].EnumerateObject().First().Value.ToString();
}

using System.Diagnostics;
using System.Text.Json;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>Hooks all the way round: registered with the sandbox, an entry is ready there, the notification comes in, windows land.</summary>
public sealed class HookTests
{
    [SkippableFact]
    public async Task Entry_that_is_ready_lands_what_is_due_and_the_same_notification_again_does_nothing()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("other", lookback: 1, extra: "hooks: due");
        using var server = await Serving.StartAsync(shop);
        // A job that is new to a running server is not looked at before somebody asks.
        await server.UntilAsync(async () => (await LandedAsync(shop, "other")).Length == 1);
        shop.WriteJob("plays", lookback: 2, extra: "hooks: due");
        await server.UntilAsync(async () =>
        {
            await Task.Delay(1_000);
            return await PostAsync(server, "plays", null) == 401;
        });
        Assert.Empty(await LandedAsync(shop));

        Assert.Equal(["created", "activated"], Done(await RegisterAsync(shop, server.Url)));
        Assert.Empty(Done(await RegisterAsync(shop, server.Url)));

        var sent = await NotifyAsync(shop, new { entry = await EntryAsync(shop), status = "2" });
        Assert.Equal("200", Answers(sent));
        await server.UntilAsync(async () => (await LandedAsync(shop)).Length == 2);
        var label = Workshop.LatestDay();
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));

        Assert.Equal("200", Answers(await NotifyAsync(shop, new { again = true })));
        var result = await server.StopAsync();
        Assert.Equal(2, result.Of("window").Count(w => w.GetProperty("job").GetString() == "plays"));
        Assert.Equal(["plays/1"], Query(shop, "SELECT job || '/' || passed_on AS v FROM etl_hook"));
    }

    [SkippableFact]
    public async Task Notification_that_found_no_server_is_sent_again_and_taken_then()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1, extra: "hooks: due");
        Uri url;
        using (var first = await Serving.StartAsync(shop))
        {
            url = first.Url;
            await RegisterAsync(shop, url);
            await first.StopAsync();
        }
        Assert.Equal("pending", (await NotifyAsync(shop, new { entry = await EntryAsync(shop), status = "2" })).Single().State);
        Assert.Equal("0", Answers(await NotifyAsync(shop, new { pass = 59 })));
        using var server = await Serving.StartAsync(shop, url);
        Assert.Equal("0, 200", Answers(await NotifyAsync(shop, new { pass = 1 })));
        await server.UntilAsync(() => Task.FromResult(Query(shop, "SELECT passed_on AS v FROM etl_hook").SequenceEqual(["1"])));
        await server.StopAsync();
    }

    [SkippableFact]
    public async Task Event_of_a_landed_window_pulls_that_window_again_and_no_other()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 3, extra: "hooks: window");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 0, run.ToString());
        using var server = await Serving.StartAsync(shop);
        await RegisterAsync(shop, server.Url);
        var label = Workshop.LatestDay();
        await NotifyAsync(shop, new { entry = await EntryAsync(shop), status = "2", at = Workshop.Bounds(label).From + 3_600 });
        await server.UntilAsync(() => Task.FromResult(Query(shop, $"SELECT COUNT(*) AS v FROM etl_pull WHERE label = '{label}'").Single() == "2"));
        var result = await server.StopAsync();
        Assert.Equal([label], result.Of("window").Select(w => w.GetProperty("window").GetString()));
    }

    [SkippableFact]
    public async Task Post_without_a_proof_is_refused_and_asks_for_nothing()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", extra: "hooks: due");
        shop.WriteJob("deaf");
        using var server = await Serving.StartAsync(shop);
        Assert.Equal((401, 401, 404), (await PostAsync(server, "plays", null), await PostAsync(server, "plays", shop.Environment["KALTURA_ADMIN_SECRET"]), await PostAsync(server, "deaf", null)));
        await server.StopAsync();
        Assert.Equal(["0"], Query(shop, "SELECT COUNT(*) AS v FROM etl_hook"));
    }

    [SkippableFact]
    public async Task Secret_of_the_job_is_enough_to_ask()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1, extra: "hooks: due");
        shop.Environment["ETL_HOOK_SECRET_PLAYS"] = "own-secret-of-the-job";
        using var server = await Serving.StartAsync(shop);
        Assert.Equal(200, await PostAsync(server, "plays", "own-secret-of-the-job"));
        await server.UntilAsync(() => Task.FromResult(Query(shop, "SELECT passed_on AS v FROM etl_hook").SequenceEqual(["1"])));
        var result = await server.StopAsync();
        Assert.DoesNotContain("own-secret", result.Out + result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Registering_says_what_it_would_do_survives_a_lost_answer_and_lists_what_is_there()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", extra: "hooks: due");
        shop.WriteJob("deaf");
        string[] register = ["hooks", "register", "plays", "--url", "https://etl.example.com/behind/", "--json"];
        var dry = await shop.RunAsync([.. register, "--dry-run"]);
        Assert.Equal(["created"], Done(dry));
        Assert.Empty((await shop.RunAsync("hooks", "list", "--json")).Of("template"));

        await shop.FaultAsync("""{"kind":"lost-reply","action":"eventnotification_eventnotificationtemplate.clone"}""");
        Assert.Equal(["created", "activated"], Done(await shop.RunAsync(register)));
        var template = Assert.Single((await shop.RunAsync("hooks", "list", "--json")).Of("template"));
        Assert.Equal(
            ("ETL_PLAYS_ENTRY_READY", "active", "entry changed", "https://etl.example.com/behind/hooks/plays", true),
            (template.GetProperty("systemName").GetString(), template.GetProperty("status").GetString(), template.GetProperty("tells").GetString(), template.GetProperty("url").GetString(), template.GetProperty("ours").GetBoolean()));

        var moved = await shop.RunAsync("hooks", "register", "plays", "--url", "https://new.example.com", "--json");
        Assert.Equal(["updated"], Done(moved));
        Assert.Equal("https://new.example.com/hooks/plays", Assert.Single((await shop.RunAsync("hooks", "list", "--json")).Of("template")).GetProperty("url").GetString());

        Assert.Contains("HTTP_ENTRY_STATUS_EQUALS", await FailAsync(shop, 2, "hooks", "register", "plays", "--url", "https://a.example.com", "--event", "entry-vanished"), StringComparison.Ordinal);
        Assert.Contains("hooks: due", await FailAsync(shop, 2, "hooks", "register", "deaf", "--url", "https://a.example.com"), StringComparison.Ordinal);
        Assert.Contains("--url", await FailAsync(shop, 2, "hooks", "register", "plays", "--url", "http://a.example.com"), StringComparison.Ordinal);
        await shop.FaultAsync("""{"kind":"expired-session","action":"eventnotification_eventnotificationtemplate.list","times":-1}""");
        await FailAsync(shop, 4, "hooks", "list");
    }

    private static async Task<string> FailAsync(Workshop shop, int exit, params string[] arguments)
    {
        var result = await shop.RunAsync(arguments);
        Assert.True(result.Exit == exit, result.ToString());
        return result.Error;
    }

    private static Task<EtlResult> RegisterAsync(Workshop shop, Uri url) => shop.RunAsync("hooks", "register", "plays", "--url", url.ToString(), "--json");

    private static string[] Done(EtlResult result)
    {
        Assert.True(result.Exit == 0, result.ToString());
        return [.. Assert.Single(result.Of("hook")).GetProperty("done").EnumerateArray().Select(d => d.GetString()!)];
    }

    private static async Task<string> EntryAsync(Workshop shop)
    {
        var first = (await shop.GetAsync("/sandbox/truth-list?of=entries")).Split('\n')[0];
        return JsonDocument.Parse(first).RootElement.GetProperty("id").GetString()!;
    }

    private static async Task<IReadOnlyList<(int[] Answers, string State)>> NotifyAsync(Workshop shop, object body)
    {
        using var reply = JsonDocument.Parse(await shop.PostAsync("/sandbox/notifications", JsonSerializer.Serialize(body)));
        return [.. reply.RootElement.EnumerateArray().Select(n => (n.GetProperty("answers").EnumerateArray().Select(a => a.GetInt32()).ToArray(), n.GetProperty("state").GetString()!))];
    }

    private static async Task<int> PostAsync(Serving server, string job, string? bearer)
    {
        using var client = new HttpClient { BaseAddress = server.Url };
        if (bearer is not null) client.DefaultRequestHeaders.Add("Authorization", "Bearer " + bearer);
        using var reply = await client.PostAsync(new Uri($"/hooks/{job}", UriKind.Relative), null);
        return (int)reply.StatusCode;
    }

    private static string Answers(IReadOnlyList<(int[] Answers, string State)> sent) => string.Join(", ", sent.Single().Answers);

    private static async Task<string[]> LandedAsync(Workshop shop, string job = "plays") =>
        [.. (await shop.RunAsync("status", job, "--json")).Of("window").Where(w => w.GetProperty("state").GetString() == "landed").Select(w => w.GetProperty("window").GetString()!)];

    private static string[] Query(Workshop shop, string sql)
    {
        var json = Sqlite3.Json(Path.Combine(shop.DataFolder, "ledger.db"), sql);
        return json.Length == 0 ? [] : [.. JsonDocument.Parse(json).RootElement.EnumerateArray().Select(r => r.GetProperty("v").ToString())];
    }

    /// <summary><c>etl serve</c> as a process.</summary>
    private sealed class Serving : IDisposable
    {
        private readonly Process _process;

        private readonly string _said;

        private Serving(Process process, Uri url, string said) => (_process, Url, _said) = (process, url, said);

        public Uri Url { get; }

        public static async Task<Serving> StartAsync(Workshop shop, Uri? url = null)
        {
            var process = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", (url ?? new Uri("http://127.0.0.1:0")).ToString(), "--workers", "2", "--json");
            var line = await process.StandardOutput.ReadLineAsync();
            if (line is null) Assert.Fail((await EtlProcess.FinishAsync(process)).ToString());
            return new Serving(process, new Uri(JsonDocument.Parse(line).RootElement.GetProperty("urls")[0].GetString()!), line + "\n");
        }

        public async Task UntilAsync(Func<Task<bool>> condition)
        {
            for (var clock = Stopwatch.StartNew(); !await condition();)
            {
                Assert.False(_process.HasExited, "The server ended by itself.");
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), "It did not happen within 5 minutes.");
                await Task.Delay(100);
            }
        }

        public async Task<EtlResult> StopAsync()
        {
            EtlProcess.Interrupt(_process);
            var result = await EtlProcess.FinishAsync(_process);
            Assert.True(result.Exit == 0, result.ToString());
            return result with { Out = _said + result.Out };
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }
}

using System.Diagnostics;
using System.Globalization;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Integration.Tests.Support;
using Etl.Landing.Sql.Postgres;
using Etl.Sandbox;
using Etl.Testing.Servers;
using Xunit.Abstractions;

namespace Etl.Integration.Tests;

/// <summary>
/// Three servers on one PostgreSQL ledger work on a backfill while one after another is killed at random points and started again. A bounded share
/// always; all of it on a night run (<c>ETL_TESTS_NIGHTLY=1</c>). <c>ETL_TESTS_SEED</c> repeats the choices of a run.
/// </summary>
public sealed class ClusterTests(ITestOutputHelper output)
{
    private const int Servers = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(10);

    [SkippableFact]
    public async Task Killed_servers_lose_no_window_of_a_backfill_and_publish_none_twice()
    {
        Sqlite3.Require();
        var (windows, kills) = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? (300, 30) : (40, 4);
        var seed = int.Parse(Environment.GetEnvironmentVariable("ETL_TESTS_SEED") ?? $"{Environment.TickCount & 0xFFFF}", CultureInfo.InvariantCulture);
        output.WriteLine($"ETL_TESTS_SEED={seed}");
        var random = new Random(seed);
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 20, Users = 30, Days = windows + 5 });
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        shop.Environment["ETL_LEDGER"] = "postgres:" + database.ConnectionString;
        shop.WriteJob("nightly", lookback: 1, extra: "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }");
        var servers = Enumerable.Range(0, Servers).Select(_ => Serve(shop)).ToArray();
        try
        {
            await using var ledger = await PostgresLedger.OpenAsync(database.ConnectionString, default);
            var clock = Stopwatch.StartNew();
            await UntilAsync(async () => (await ledger.ServersAsync(default)).Count > 0, clock);
            var labels = Days(windows).ToList();
            var asked = await shop.RunAsync("backfill", "nightly", "--from", labels[0], "--to", labels[^1], "--parallel", "6", "--detach");
            Assert.True(asked.Exit == 0, asked.ToString());
            clock.Restart();
            for (var kill = 1; kill <= kills; kill++)
            {
                // Spread over the work that there is, and a random moment after that.
                var left = windows - windows * kill / (kills + 1);
                await UntilAsync(async () => (await ledger.ListAsync(default)).Count <= left, clock);
                await Task.Delay(random.Next(200));
                var victim = random.Next(Servers);
                servers[victim].Kill();
                await servers[victim].WaitForExitAsync();
                servers[victim].Dispose();
                servers[victim] = Serve(shop);
            }
            await UntilAsync(async () => (await ledger.ListAsync(default)).Count == 0, clock);
            output.WriteLine($"{windows} windows, {kills} kills: {clock.Elapsed.TotalSeconds:0.0} s");
            await StopAsync(servers);

            var pulls = 0;
            foreach (var label in labels)
            {
                var truth = await shop.ExpectedAsync("38", label);
                Assert.NotEmpty(truth);
                Assert.Equal(truth, await shop.TableAsync("38", "nightly", label));
                Assert.Equal(truth, shop.Parquet("nightly", label));
            }
            foreach (var window in await ledger.WindowsAsync("nightly", default))
            {
                pulls += (await ledger.PullsAsync(window.Key, default)).Count;
                AssertLandedOnce(window, await ledger.LandingsAsync(window.Key, default));
            }
            output.WriteLine($"{pulls} pulls of {windows + 1} windows");
            // A killed server loses at most what it had in hand: two windows.
            Assert.InRange(pulls, windows + 1, windows + 1 + 2 * kills);

            var idle = await shop.RunAsync("run", "nightly", "--json");
            Assert.True(idle.Exit == 0 && idle.Of("window").Count == 0, idle.ToString());
            Assert.Empty(shop.Leftovers());
        }
        finally
        {
            foreach (var server in servers.Where(s => !s.HasExited)) server.Kill();
        }
    }

    /// <summary>Each target published a fence once, and what it shows is what the ledger says.</summary>
    private static void AssertLandedOnce(WindowRecord window, IReadOnlyList<LandingRecord> landings)
    {
        Assert.Equal(2, landings.Select(l => l.Target).Distinct().Count());
        foreach (var target in landings.GroupBy(l => l.Target))
        {
            var published = target.Where(l => l.Outcome == LandingOutcome.Landed).Select(l => l.Fence).ToList();
            Assert.Equal(published.Distinct(), published);
            // A server that died before it could write down what it had published left that to the next one, which found it there.
            var told = target.Where(l => l.Fence == window.LandedFence && l.Outcome != LandingOutcome.Superseded).ToList();
            Assert.NotEmpty(told);
            Assert.All(told, l => Assert.Equal(window.LandedPull, l.Pull));
            Assert.Equal(window.LandedFence, target.Where(l => l.Outcome != LandingOutcome.Superseded).Max(l => l.Fence));
        }
    }

    private static Process Serve(Workshop shop) => EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--quiet");

    private static async Task StopAsync(IEnumerable<Process> servers)
    {
        foreach (var server in servers) EtlProcess.Interrupt(server);
        foreach (var server in servers)
        {
            var result = await EtlProcess.FinishAsync(server);
            // One that was started a moment ago dies of an interruption that it is not ready for.
            Assert.True(result.Exit is 0 or 130, result.ToString());
        }
    }

    private static IEnumerable<string> Days(int count)
    {
        var last = DateOnly.ParseExact(Workshop.LatestDay(), "yyyy-MM-dd", CultureInfo.InvariantCulture);
        for (var back = count; back >= 1; back--) yield return last.AddDays(-back).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, Stopwatch clock)
    {
        while (!await condition())
        {
            Assert.True(clock.Elapsed < s_patience, $"It did not happen within {s_patience.TotalMinutes} minutes.");
            await Task.Delay(100);
        }
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using Etl.Integration.Tests.Support;
using Etl.Testing.Servers;
using Npgsql;

namespace Etl.Integration.Tests;

/// <summary>The database of ledger and scheduler is taken away from running servers and given back.</summary>
public sealed class DatabaseAwayTests
{
    /// <summary>8 seconds, or 30 on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).</summary>
    private static readonly TimeSpan s_away = TimeSpan.FromSeconds(Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 30 : 8);

    [SkippableFact]
    public async Task Servers_outlive_it_and_every_window_lands_once()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var direct = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var line = CuttableLine.To(direct.Port);
        shop.Environment["ETL_LEDGER"] = "postgres:" + new NpgsqlConnectionStringBuilder(database.ConnectionString) { Host = "127.0.0.1", Port = line.Port, Timeout = 5 }.ConnectionString;
        // What a worker had in hand stays leased when the ledger cannot be told how it ended.
        shop.Environment["ETL_LEASE"] = "5s";
        shop.WriteJob("nightly", lookback: 9, extra: "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }");
        var said = new ConcurrentQueue<string>();
        var told = new ConcurrentQueue<string>();
        var servers = Enumerable.Range(0, 2).Select(_ => Start(shop, told, said)).ToList();

        await UntilAsync(servers, said, () => told.Count(IsLanded) >= 2);
        await line.CutAsync();
        await Task.Delay(s_away);
        Assert.All(servers, server => Assert.False(server.HasExited, "A server ended when the database went away. " + string.Join('\n', said)));
        line.Mend();
        await UntilAsync(servers, said, () => told.Count(IsLanded) >= 9);
        foreach (var server in servers)
        {
            EtlProcess.Interrupt(server);
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
            await server.WaitForExitAsync(limit.Token);
            Assert.Equal(0, server.ExitCode);
            server.Dispose();
        }

        // Told a few times by each server and not with every attempt.
        Assert.InRange(said.Count, 1, 40);
        Assert.DoesNotContain(said, sentence => sentence.Contains("   at ", StringComparison.Ordinal));
        var status = await shop.RunAsync("status", "nightly", "--json");
        var labels = status.Of("window").Select(w => w.GetProperty("window").GetString()!).ToList();
        Assert.Equal(9, labels.Count);
        Assert.All(status.Of("window"), w => Assert.Equal("landed", w.GetProperty("state").GetString()));
        foreach (var label in labels) Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "nightly", label));
        await using var ledger = new NpgsqlConnection(database.ConnectionString);
        await ledger.OpenAsync();
        await using var query = new NpgsqlCommand("SELECT count(*) FROM (SELECT label FROM etl_landing_log WHERE outcome = 'landed' GROUP BY label, target HAVING count(*) > 1) twice", ledger);
        Assert.Equal(0L, await query.ExecuteScalarAsync());
    }

    private static bool IsLanded(string line) =>
        line.Contains("\"type\":\"window\"", StringComparison.Ordinal) && line.Contains("\"state\":\"landed\"", StringComparison.Ordinal);

    private static Process Start(Workshop shop, ConcurrentQueue<string> told, ConcurrentQueue<string> said)
    {
        var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--json");
        server.OutputDataReceived += (_, line) => Keep(told, line.Data);
        server.ErrorDataReceived += (_, line) => Keep(said, line.Data);
        server.BeginOutputReadLine();
        server.BeginErrorReadLine();
        return server;

        static void Keep(ConcurrentQueue<string> lines, string? line)
        {
            if (line is { Length: > 0 }) lines.Enqueue(line);
        }
    }

    private static async Task UntilAsync(IEnumerable<Process> servers, IEnumerable<string> said, Func<bool> condition)
    {
        using var end = new CancellationTokenSource(TimeSpan.FromMinutes(8));
        while (!condition())
        {
            if (end.IsCancellationRequested || servers.Any(s => s.HasExited))
            {
                foreach (var server in servers.Where(s => !s.HasExited)) server.Kill();
                Assert.Fail("It did not happen, or a server ended by itself. " + string.Join('\n', said));
            }
            await Task.Delay(50);
        }
    }
}

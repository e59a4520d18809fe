using System.Diagnostics;
using Etl.Integration.Tests.Support;
using Etl.Testing.Servers;
using Npgsql;

namespace Etl.Integration.Tests;

/// <summary><c>etl serve</c> as a process: it catches up when it starts, ends well when it is stopped, and loses nothing when it is killed.</summary>
public sealed class ServeTests
{
    private const string Nightly = "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }";

    [SkippableFact]
    public async Task Server_catches_up_when_it_starts_and_ends_with_zero_when_it_is_stopped()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly", lookback: 3, extra: Nightly);
        shop.WriteJob("by-hand", lookback: 3);
        using var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--json");
        await UntilAsync(async () => (await StatesAsync(shop, "nightly")).Count(s => s == "landed") == 3, server);
        EtlProcess.Interrupt(server);
        var result = await EtlProcess.FinishAsync(server);
        Assert.True(result.Exit == 0, result.ToString());
        Assert.Equal("quartz", Assert.Single(result.Of("serving")).GetProperty("engine").GetString());
        Assert.Equal(3, result.Of("window").Count);
        Assert.Equal("nightly", Assert.Single(result.Of("alarm")).GetProperty("job").GetString());
        Assert.DoesNotContain("landed", await StatesAsync(shop, "by-hand"));
        var label = Workshop.LatestDay();
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "nightly", label));
    }

    [SkippableFact]
    public async Task Server_that_is_told_to_terminate_lets_its_windows_end()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly", lookback: 1, extra: Nightly);
        await shop.FaultAsync("""{"kind":"slow","action":"getTable","parameter":"5","times":-1}""");
        using var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--json");
        await UntilAsync(async () => (await StatesAsync(shop, "nightly")).Contains("pulling"), server);
        EtlProcess.Terminate(server);
        var result = await EtlProcess.FinishAsync(server);
        Assert.True(result.Exit == 0, result.ToString());
        Assert.Equal("landed", Assert.Single(result.Of("window")).GetProperty("state").GetString());
    }

    [SkippableFact]
    public async Task Second_interruption_ends_at_once_what_the_first_would_let_finish()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly", lookback: 1, extra: Nightly);
        await shop.FaultAsync("""{"kind":"slow","action":"getTable","parameter":"60","times":-1}""");
        using var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--json");
        await UntilAsync(async () => (await StatesAsync(shop, "nightly")).Contains("pulling"), server);
        EtlProcess.Interrupt(server);
        // Signals that come together are one.
        await Task.Delay(1000);
        EtlProcess.Interrupt(server);
        var result = await EtlProcess.FinishAsync(server);
        Assert.True(result.Exit == 130, result.ToString());
        Assert.Empty(result.Of("summary"));
        Assert.Empty(await shop.TableAsync("38", "nightly", Workshop.LatestDay()));
    }

    [SkippableFact]
    public async Task Killed_server_leaves_its_windows_to_the_next_one()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("nightly", lookback: 6, extra: Nightly);
        using (var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2"))
        {
            await UntilAsync(async () => (await StatesAsync(shop, "nightly")).Any(s => s == "landed"), server);
            server.Kill();
            await server.WaitForExitAsync();
        }
        using var next = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--json");
        // Interrupted before it runs, a process knows no better than to die of it.
        Assert.Contains("serving", await next.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        await UntilAsync(async () => (await StatesAsync(shop, "nightly")).Count(s => s == "landed") == 6, next);
        EtlProcess.Interrupt(next);
        Assert.Equal(0, (await EtlProcess.FinishAsync(next)).Exit);
        var label = Workshop.LatestDay();
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "nightly", label));
    }

    [SkippableFact]
    public async Task Three_servers_on_one_ledger_share_the_windows_though_one_is_killed()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        await using var database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        shop.Environment["ETL_LEDGER"] = "postgres:" + database.ConnectionString;
        shop.WriteJob("nightly", lookback: 9, extra: Nightly);
        var servers = Enumerable.Range(0, 3).Select(_ => EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", "2", "--json")).ToList();
        foreach (var server in servers) Assert.Contains("serving", await server.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        await UntilAsync(async () => (await StatesAsync(shop, "nightly")).Count(s => s == "landed") >= 2, servers[0]);
        servers[2].Kill();
        await UntilAsync(async () => (await StatesAsync(shop, "nightly")).Count(s => s == "landed") == 9, servers[0]);
        var results = new List<EtlResult>();
        foreach (var server in servers)
        {
            if (!server.HasExited) EtlProcess.Interrupt(server);
            results.Add(await EtlProcess.FinishAsync(server));
            server.Dispose();
        }
        Assert.Equal([0, 0, 137], results.Select(r => r.Exit));
        // What one server told as landed no other one pulled again; the killed one may not have told of the two that it had in hand.
        var landed = results.SelectMany(r => r.Of("window")).Where(w => w.GetProperty("state").GetString() == "landed").Select(w => w.GetProperty("window").GetString()).ToList();
        Assert.Equal(landed.Distinct(), landed);
        Assert.InRange(landed.Count, 7, 9);
        foreach (var label in await LabelsAsync(shop, "nightly"))
            Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "nightly", label));
    }

    [Fact]
    public async Task Server_waits_for_a_ledger_that_is_not_up_yet()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.Environment["ETL_LEDGER"] = "postgres:Host=127.0.0.1;Port=9;Database=etl;Username=etl;Password=s3cret;Timeout=2";
        shop.WriteJob("nightly", extra: Nightly);
        using var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0");
        var first = await server.StandardError.ReadLineAsync();
        Assert.Contains("Waiting for the ledger", first, StringComparison.Ordinal);
        EtlProcess.Interrupt(server);
        var result = await EtlProcess.FinishAsync(server);
        Assert.True(result.Exit == 0, result.ToString());
        Assert.DoesNotContain("s3cret", first + result.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Server_goes_on_when_its_ledger_comes_up_and_when_somebody_makes_its_database()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var postgres = await PostgresServer.SharedAsync();
        var direct = new NpgsqlConnectionStringBuilder(postgres.ConnectionString);
        await using var line = CuttableLine.To(direct.Port);
        await line.CutAsync();
        var name = "t_late_" + Guid.NewGuid().ToString("n");
        shop.Environment["ETL_LEDGER"] = "postgres:" + new NpgsqlConnectionStringBuilder(direct.ConnectionString) { Host = "127.0.0.1", Port = line.Port, Database = name };
        shop.WriteJob("nightly", lookback: 1, extra: Nightly);
        using var server = EtlProcess.Start(shop.Folder, shop.Environment, "serve", "--urls", "http://127.0.0.1:0", "--json");
        await SaysAsync("cannot be reached");
        // The server is up, and nobody has made the database yet.
        line.Mend();
        await SaysAsync("Create the database");
        await using var database = await postgres.CreateDatabaseAsync(name);
        Assert.Contains("serving", await server.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        await UntilAsync(async () => (await StatesAsync(shop, "nightly")).SequenceEqual(["landed"]), server);
        EtlProcess.Interrupt(server);
        var result = await EtlProcess.FinishAsync(server);
        Assert.True(result.Exit == 0, result.ToString());

        async Task SaysAsync(string why)
        {
            var said = await server.StandardError.ReadLineAsync();
            Assert.StartsWith("Waiting for the ledger: ", said, StringComparison.Ordinal);
            Assert.Contains(why, said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Server_without_anything_to_do_says_what_to_add()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("by-hand");
        var result = await shop.RunAsync("serve");
        Assert.Equal(2, result.Exit);
        Assert.Contains("schedule", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    private static async Task<IReadOnlyList<string>> StatesAsync(Workshop shop, string job) => [.. (await StatusAsync(shop, job)).Select(w => w.State)];

    private static async Task<IReadOnlyList<string>> LabelsAsync(Workshop shop, string job) => [.. (await StatusAsync(shop, job)).Select(w => w.Label)];

    private static async Task<IReadOnlyList<(string Label, string State)>> StatusAsync(Workshop shop, string job)
    {
        var status = await shop.RunAsync("status", job, "--json");
        return [.. status.Of("window").Select(w => (w.GetProperty("window").GetString()!, w.GetProperty("state").GetString()!))];
    }

    private static async Task UntilAsync(Func<Task<bool>> condition, Process server)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.False(server.HasExited, "The server ended by itself.");
            if (clock.Elapsed < TimeSpan.FromMinutes(5)) continue;
            server.Kill();
            Assert.Fail($"It did not happen within 5 minutes. {await server.StandardOutput.ReadToEndAsync()} {await server.StandardError.ReadToEndAsync()}");
        }
    }
}

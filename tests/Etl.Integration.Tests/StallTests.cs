using System.Diagnostics;
using System.Globalization;
using Dapper;
using Etl.Core.Ledger;
using Etl.Integration.Tests.Support;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing;
using Etl.Testing.Servers;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Etl.Integration.Tests;

/// <summary>
/// A run is stopped by the system right before it commits, for longer than its lease lives; another run pulls newer content and lands it; then the first
/// goes on. The older pull never wins, the run says that it lost, and no row is there twice. 6 times, 600 on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).
/// Mostly its heartbeat finds out before its commit could; what happens when it does not is told by the stalls of the targets' own tests.
/// </summary>
public sealed class StallTests
{
    private static readonly int s_rounds = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 200 : 2;

    private static readonly Dictionary<string, string> s_short = new() { ["ETL_LEASE"] = "1s", ["ETL_HEARTBEAT"] = "200ms" };

    [SkippableTheory]
    [InlineData("parquet", "landing.prepared", "parquet.compared")]
    [InlineData("sqlite", "landing.prepared", "landing.prepared")]
    [InlineData("postgres", "landing.prepared", "table.begin")]
    public async Task Run_that_stalls_before_it_commits_never_publishes_over_a_newer_pull(string kind, string point, string otherPoint)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        await using var database = kind == "postgres" ? await (await PostgresServer.SharedAsync()).CreateDatabaseAsync() : null;
        // The ledger too is where a cluster has it.
        if (database is not null) shop.Environment["ETL_LEDGER"] = shop.Environment["ETL_CONNECTION_WAREHOUSE"] = "postgres:" + database.ConnectionString;
        shop.WriteJobText("stall", $$"""
            job: stall
            source: { report: 38, action: table }
            window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
            land: [ {{(kind == "parquet" ? "parquet: { dataset: stall }" : "table: { connection: warehouse, name: stall }")}} ]
            checks: { shrink: off }
            freeze: off
            """);
        var latest = DateOnly.ParseExact(Workshop.LatestDay(), "yyyy-MM-dd", CultureInfo.InvariantCulture);
        var codes = new List<string>();
        for (var round = 0; round < s_rounds; round++)
        {
            var label = latest.AddDays(-round % 8).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            codes.Add(await StallAsync(shop, database?.ConnectionString, kind, label, round % 2 == 0 ? point : otherPoint));
        }
        Assert.All(codes, code => Assert.Contains(code, (string[])["lease-lost", "superseded"]));
    }

    private static async Task<string> StallAsync(Workshop shop, string? postgres, string kind, string label, string point)
    {
        string[] run = ["run", "stall", "--from", label, "--to", label, "--force", "--json"];
        using var stalled = await StalledAsync(shop, postgres, point, run);
        await using ILedger ledger = postgres is null
            ? await SqliteLedger.OpenAsync(Path.Combine(shop.DataFolder, "ledger.db"), default) : await PostgresLedger.OpenAsync(postgres, default);
        await UntilAsync(async () => !(await WindowAsync(ledger, label)).IsLeased);

        await shop.RestateAsync(label);
        var newer = await shop.RunAsync(run);
        Assert.True(newer.Exit == 0, newer.ToString());
        var won = Assert.Single(newer.Of("window"));
        var (pull, rows) = (won.GetProperty("pull").GetString()!, won.GetProperty("rows").GetInt64());
        Assert.Equal(rows, await RowsOfAsync(shop, postgres, kind, label, pull));

        Signals.Continue(stalled);
        var older = await EtlProcess.FinishAsync(stalled);
        Assert.True(older.Exit == 1, older.ToString());
        var lost = Assert.Single(older.Of("window"));
        Assert.Equal("superseded", lost.GetProperty("state").GetString());
        Assert.Equal(rows, await RowsOfAsync(shop, postgres, kind, label, pull));
        if (kind == "parquet") Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("stall", label));
        var window = await WindowAsync(ledger, label);
        Assert.Equal((WindowState.Landed, pull, null, 0), (window.State, window.LandedPull, window.Owner, window.Strikes));
        Assert.Empty(shop.Leftovers());
        return lost.GetProperty("code").GetString()!;
    }

    /// <summary>
    /// A run that the system stopped at a point while nothing of it writes to the ledger: a heartbeat that was stopped between its begin and its commit would keep
    /// all others from writing for as long as it sleeps, which is not what is looked at here. Such a run goes on to its end, and another one is stopped; so it is
    /// where a busy machine lets a lease of one second run out before the point is reached.
    /// </summary>
    private static async Task<Process> StalledAsync(Workshop shop, string? postgres, string point, string[] run)
    {
        for (var attempt = 1; ; attempt++)
        {
            var process = EtlProcess.Start(shop.Folder, shop.Environment.Concat(s_short).Append(new("ETL_STOP_AT", point)).ToDictionary(), run);
            var isStopped = await Signals.StopsAsync(process);
            if (isStopped && !await WritesAsync(shop, postgres)) return process;
            Assert.True(attempt < 20, "Every one of 20 runs was stopped while it wrote to the ledger, or lost its lease before.");
            if (isStopped) Signals.Continue(process);
            var ended = await EtlProcess.FinishAsync(process);
            Assert.True(isStopped || ended.Of("window") is [var window] && window.GetProperty("code").GetString() == "lease-lost", ended.ToString());
            process.Dispose();
        }
    }

    /// <summary>True when somebody holds the ledger's write lock, or rows of it.</summary>
    private static async Task<bool> WritesAsync(Workshop shop, string? postgres)
    {
        if (postgres is not null)
        {
            await using var connection = new NpgsqlConnection(postgres);
            return await connection.ExecuteScalarAsync<bool>("""
                SELECT EXISTS (
                    SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
                    WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND c.relname = 'etl_window' AND l.mode = 'RowExclusiveLock')
                """);
        }
        try
        {
            await using var connection = new SqliteConnection($"Data Source={Path.Combine(shop.DataFolder, "ledger.db")};Default Timeout=1;Pooling=false");
            await connection.OpenAsync();
            await using var transaction = connection.BeginTransaction(deferred: false);
            return false;
        }
        catch (SqliteException fault) when (fault.SqliteErrorCode == 5)
        {
            return true;
        }
    }

    private static async Task<WindowRecord> WindowAsync(ILedger ledger, string label) => (await ledger.WindowsAsync("stall", default)).Single(w => w.Key.Label == label);

    /// <summary>Rows of a window at its target, which all have to be of one pull.</summary>
    private static async Task<long> RowsOfAsync(Workshop shop, string? postgres, string kind, string label, string pull)
    {
        if (kind == "parquet") return shop.Parquet("stall", label).Length;
        if (postgres is null)
        {
            var counts = Assert.Single(shop.Query($"SELECT _pull, count(*) AS n FROM stall WHERE _window = '{label}' GROUP BY _pull"));
            Assert.Equal(pull, counts.GetProperty("_pull").GetString());
            return counts.GetProperty("n").GetInt64();
        }
        await using var connection = new NpgsqlConnection(postgres);
        var found = Assert.Single(await connection.QueryAsync<(string Pull, long Rows)>("SELECT _pull, count(*) FROM stall WHERE _window = @label GROUP BY _pull", new { label }));
        Assert.Equal(pull, found.Pull);
        return found.Rows;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(5), "It did not come to that within five minutes.");
            await Task.Delay(20);
        }
    }
}

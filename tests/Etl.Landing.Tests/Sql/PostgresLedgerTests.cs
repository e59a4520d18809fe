using Dapper;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Landing.Sql.Ledger;
using Etl.Landing.Sql.Postgres;
using Etl.Testing.Ledger;
using Etl.Testing.Rows;
using Etl.Testing.Servers;
using Npgsql;

namespace Etl.Landing.Tests.Sql;

public sealed class PostgresLedgerTests : LedgerContract
{
    private PostgresDatabase _database = null!;

    protected override async Task<ILedger> OpenAsync() => await PostgresLedger.OpenAsync(_database.ConnectionString, None);

    public override async Task InitializeAsync()
    {
        _database = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task Many_processes_may_find_an_empty_database_at_once()
    {
        await using var fresh = await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        var ledgers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PostgresLedger.OpenAsync(fresh.ConnectionString, None))));
        Assert.NotNull(await ledgers[0].TryLeaseAsync(Keys.Key(), Keys.Day(), "a", Lifetime, 0, None));
        Assert.Null(await ledgers[^1].TryLeaseAsync(Keys.Key(), Keys.Day(), "b", Lifetime, 0, None));
        foreach (var ledger in ledgers) await ledger.DisposeAsync();
    }

    [Fact]
    public async Task First_label_of_a_job_that_several_workers_begin_at_once_is_one_label()
    {
        for (var round = 0; round < 20; round++)
        {
            var job = new JobKey($"job{round}", "main", "101");
            using var start = new Barrier(4);
            var labels = await Task.WhenAll(Enumerable.Range(1, 4).Select(worker => Task.Run(async () =>
            {
                start.SignalAndWait();
                return await Ledger.BeginJobAsync(job, $"2026-11-0{worker}", None);
            })));
            Assert.Single(labels.Distinct());
        }
    }

    [Fact]
    public async Task Workers_that_race_for_a_lease_get_it_one_after_the_other_with_growing_fences()
    {
        var fences = new System.Collections.Concurrent.ConcurrentBag<long>();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
        {
            for (var round = 0; round < 30; round++)
            {
                if (await Ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), $"w{worker}", Lifetime, 0, None) is not { } lease) continue;
                fences.Add(lease.Fence);
                await Ledger.MoveAsync(lease, WindowState.Pulling, null, "", None);
                await Ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned }, None);
            }
        })));
        Assert.NotEmpty(fences);
        Assert.Equal(Enumerable.Range(1, fences.Count).Select(f => (long)f), fences.Order());
    }

    [Fact]
    public async Task Few_among_many_windows_are_found_by_indices_which_an_older_ledger_gets_too()
    {
        await using var connection = new NpgsqlConnection(_database.ConnectionString);
        await connection.OpenAsync();
        await connection.ExecuteAsync("DROP INDEX ix_etl_window_attention, ix_etl_landing_restated; UPDATE etl_ledger_version SET version = 12");
        await new ManyWindows(Jobs: 4, Windows: 1000, Pulls: 2, new DateOnly(2026, 11, 19)).FillAsync(connection);
        await (await PostgresLedger.OpenAsync(_database.ConnectionString, None)).DisposeAsync();
        Assert.Equal(LedgerMigrations.Latest, await connection.ExecuteScalarAsync<int>("SELECT version FROM etl_ledger_version"));
        await connection.ExecuteAsync("VACUUM ANALYZE");
        var attention = SqlLedger.Match(new WindowQuery("job-00") { States = [WindowState.Parked, WindowState.Held, WindowState.Unknown, WindowState.Failed] });
        foreach (var (sql, plan) in new[]
        {
            ($"SELECT * FROM etl_window WHERE {attention} ORDER BY from_utc DESC LIMIT 20", "ix_etl_window_attention"),
            ("SELECT * FROM etl_landing_log WHERE job = @job AND restated_added IS NOT NULL ORDER BY id DESC LIMIT 20", "ix_etl_landing_restated"),
        })
            Assert.Contains(plan, string.Join('\n', await connection.QueryAsync<string>("EXPLAIN " + sql, new { job = "job-00" })), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connection_string_that_is_none_is_not_repeated()
    {
        var fault = await Assert.ThrowsAsync<EtlException>(() => PostgresLedger.OpenAsync("Hots=db;Password=s3cret", None));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
    }
}

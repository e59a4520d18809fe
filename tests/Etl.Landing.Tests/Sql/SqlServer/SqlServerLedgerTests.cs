using Etl.Core.Ledger;
using Etl.Landing.Sql.SqlServer;
using Etl.Testing.Ledger;
using Etl.Testing.Rows;
using Etl.Testing.Servers;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Tests.Sql.SqlServer;

public sealed class SqlServerLedgerTests : LedgerContract
{
    private SqlServerDatabase? _database;

    protected override async Task<ILedger> OpenAsync() => await SqlServerLedger.OpenAsync(_database!.ConnectionString, None);

    public override async Task InitializeAsync()
    {
        _database = await (await SqlServerServer.SharedAsync()).CreateDatabaseAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        if (_database is null) return;
        await base.DisposeAsync();
        SqlConnection.ClearAllPools();
        await _database.DisposeAsync();
    }

    [SkippableFact]
    public async Task Many_processes_may_find_an_empty_database_at_once()
    {
        await using var fresh = await (await SqlServerServer.SharedAsync()).CreateDatabaseAsync();
        var ledgers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SqlServerLedger.OpenAsync(fresh.ConnectionString, None))));
        Assert.NotNull(await ledgers[0].TryLeaseAsync(Keys.Key(), Keys.Day(), "a", Lifetime, 0, None));
        Assert.Null(await ledgers[^1].TryLeaseAsync(Keys.Key(), Keys.Day(), "b", Lifetime, 0, None));
        SqlConnection.ClearAllPools();
    }

    [SkippableFact]
    public async Task Workers_that_lease_windows_of_one_gap_at_once_all_get_theirs()
    {
        var leases = await Task.WhenAll(Enumerable.Range(1, 28).Select(day => Task.Run(() =>
            Ledger.TryLeaseAsync(Keys.Key($"2026-11-{day:00}"), Keys.Day($"2026-11-{day:00}"), "w" + day, Lifetime, 0, None))));
        Assert.All(leases, lease => Assert.Equal(1, lease!.Fence));
    }
}

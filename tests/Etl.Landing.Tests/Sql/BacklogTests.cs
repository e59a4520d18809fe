using Etl.Core.Ledger;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Files;
using Etl.Testing.Ledger;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteBacklogTests : BacklogContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override async Task<ILedger> OpenAsync() => await SqliteLedger.OpenAsync(_folder["ledger.db"], default);

    public void Dispose() => _folder.Dispose();
}

public sealed class PostgresBacklogTests : BacklogContract
{
    private PostgresDatabase _database = null!;

    protected override async Task<ILedger> OpenAsync() => await PostgresLedger.OpenAsync(_database.ConnectionString, default);

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
}

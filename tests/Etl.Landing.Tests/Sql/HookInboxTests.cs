using Etl.Core.Hooks;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Files;
using Etl.Testing.Ledger;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteHookInboxTests : HookInboxContract, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override async Task<IHookInbox> OpenAsync() => await SqliteLedger.OpenAsync(_folder["ledger.db"], CancellationToken.None);

    public void Dispose() => _folder.Dispose();
}

public sealed class PostgresHookInboxTests : HookInboxContract
{
    private PostgresDatabase _database = null!;

    protected override async Task<IHookInbox> OpenAsync() => await PostgresLedger.OpenAsync(_database.ConnectionString, CancellationToken.None);

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

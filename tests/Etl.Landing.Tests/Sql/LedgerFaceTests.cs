using Etl.Core.Exports;
using Etl.Core.Hooks;
using Etl.Core.Ledger;
using Etl.Core.Sources;
using Etl.Landing.Sql.Ledger;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Sql.SqlServer;
using Etl.Testing.Files;
using Etl.Testing.Ledger;
using Etl.Testing.Servers;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Tests.Sql;

public sealed class SqliteAlertStoreTests : AlertStoreContract
{
    private readonly SqliteLedgers _ledgers = new();

    protected override async Task<ILedger> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class PostgresAlertStoreTests : AlertStoreContract
{
    private readonly PostgresLedgers _ledgers = new();

    protected override async Task<ILedger> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqlServerAlertStoreTests : AlertStoreContract
{
    private readonly SqlServerLedgers _ledgers = new();

    protected override async Task<ILedger> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqliteBacklogTests : BacklogContract
{
    private readonly SqliteLedgers _ledgers = new();

    protected override async Task<ILedger> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class PostgresBacklogTests : BacklogContract
{
    private readonly PostgresLedgers _ledgers = new();

    protected override async Task<ILedger> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqlServerBacklogTests : BacklogContract
{
    private readonly SqlServerLedgers _ledgers = new();

    protected override async Task<ILedger> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqliteCallBudgetTests : CallBudgetContract
{
    private readonly SqliteLedgers _ledgers = new();

    protected override async Task<ICallBudget> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class PostgresCallBudgetTests : CallBudgetContract
{
    private readonly PostgresLedgers _ledgers = new();

    protected override async Task<ICallBudget> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqlServerCallBudgetTests : CallBudgetContract
{
    private readonly SqlServerLedgers _ledgers = new();

    protected override async Task<ICallBudget> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqliteExportStoreTests : ExportStoreContract
{
    private readonly SqliteLedgers _ledgers = new();

    protected override async Task<IExportStore> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class PostgresExportStoreTests : ExportStoreContract
{
    private readonly PostgresLedgers _ledgers = new();

    protected override async Task<IExportStore> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqlServerExportStoreTests : ExportStoreContract
{
    private readonly SqlServerLedgers _ledgers = new();

    protected override async Task<IExportStore> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqliteHookInboxTests : HookInboxContract
{
    private readonly SqliteLedgers _ledgers = new();

    protected override async Task<IHookInbox> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class PostgresHookInboxTests : HookInboxContract
{
    private readonly PostgresLedgers _ledgers = new();

    protected override async Task<IHookInbox> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

public sealed class SqlServerHookInboxTests : HookInboxContract
{
    private readonly SqlServerLedgers _ledgers = new();

    protected override async Task<IHookInbox> OpenAsync() => await _ledgers.OpenAsync();

    public override Task DisposeAsync() => _ledgers.EndAsync(base.DisposeAsync);
}

/// <summary>An empty ledger in a place of its own, which goes with the test.</summary>
internal abstract class EmptyLedgers
{
    private bool _isOpen;

    public async Task<SqlLedger> OpenAsync()
    {
        var ledger = await OpenPlaceAsync();
        _isOpen = true;
        return ledger;
    }

    public async Task EndAsync(Func<Task> close)
    {
        // Skipped: nothing was opened.
        if (!_isOpen) return;
        await close();
        await RemoveAsync();
    }

    /// <summary>Opens it; makes its place when it is opened first.</summary>
    protected abstract Task<SqlLedger> OpenPlaceAsync();

    protected abstract Task RemoveAsync();
}

internal sealed class SqliteLedgers : EmptyLedgers
{
    private TempFolder? _folder;

    protected override async Task<SqlLedger> OpenPlaceAsync() => await SqliteLedger.OpenAsync((_folder ??= new TempFolder())["ledger.db"], default);

    protected override Task RemoveAsync()
    {
        _folder!.Dispose();
        return Task.CompletedTask;
    }
}

internal sealed class PostgresLedgers : EmptyLedgers
{
    private PostgresDatabase? _database;

    protected override async Task<SqlLedger> OpenPlaceAsync()
    {
        _database ??= await (await PostgresServer.SharedAsync()).CreateDatabaseAsync();
        return await PostgresLedger.OpenAsync(_database.ConnectionString, default);
    }

    protected override async Task RemoveAsync() => await _database!.DisposeAsync();
}

internal sealed class SqlServerLedgers : EmptyLedgers
{
    private SqlServerDatabase? _database;

    protected override async Task<SqlLedger> OpenPlaceAsync()
    {
        _database ??= await (await SqlServerServer.SharedAsync()).CreateDatabaseAsync();
        return await SqlServerLedger.OpenAsync(_database.ConnectionString, default);
    }

    protected override async Task RemoveAsync()
    {
        SqlConnection.ClearAllPools();
        await _database!.DisposeAsync();
    }
}

using Npgsql;

namespace Etl.Testing.Servers;

/// <summary>A database of one test class, dropped when disposed.</summary>
public sealed class PostgresDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;

    internal PostgresDatabase(PostgresServer server, string name, string connectionString)
    {
        _server = server;
        Name = name;
        ConnectionString = connectionString;
    }

    public string Name { get; }

    public string ConnectionString { get; }

    public async ValueTask DisposeAsync()
    {
        using (var pooled = new NpgsqlConnection(ConnectionString)) NpgsqlConnection.ClearPool(pooled);
        await _server.DropAsync(Name);
    }
}

/// <summary>
/// A class fixture: one database for all tests of a class. Ask for it in the test or in the test class's
/// <c>InitializeAsync</c>, so that a missing server skips the test.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly Lazy<Task<PostgresDatabase>> _database = new(async () => await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());

    public Task<PostgresDatabase> DatabaseAsync() => _database.Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_database.IsValueCreated && _database.Value.IsCompletedSuccessfully) await (await _database.Value).DisposeAsync();
    }
}

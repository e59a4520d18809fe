using Etl.Testing.Servers;
using Npgsql;

namespace Etl.Landing.Tests.Servers;

public sealed class PostgresServerTests
{
    [SkippableFact]
    public async Task Databases_are_apart_utf8_and_gone_when_disposed()
    {
        var server = await PostgresServer.SharedAsync();
        PostgresDatabase[] databases = await Task.WhenAll(server.CreateDatabaseAsync(), server.CreateDatabaseAsync());
        foreach (var database in databases) Assert.Equal("UTF8 C", await AskAsync(database, "CREATE TABLE t (a int); SELECT current_setting('server_encoding') || ' ' || datcollate FROM pg_database WHERE datname = current_database()"));
        await AskAsync(databases[0], "INSERT INTO t VALUES (1)");
        Assert.Equal(0L, await AskAsync(databases[1], "SELECT count(*) FROM t"));

        await databases[0].DisposeAsync();
        var fault = await Assert.ThrowsAsync<PostgresException>(() => AskAsync(databases[0], "SELECT 1"));
        Assert.Equal(PostgresErrorCodes.InvalidCatalogName, fault.SqlState);
        Assert.Equal(0L, await AskAsync(databases[1], "SELECT count(*) FROM t"));
        await databases[1].DisposeAsync();
    }

    [SkippableFact]
    public async Task Two_servers_run_at_once_and_one_leaves_nothing_when_disposed()
    {
        var servers = await Task.WhenAll(PostgresServer.StartAsync(), PostgresServer.StartAsync());
        var kept = await servers[1].CreateDatabaseAsync();
        await using (await servers[0].CreateDatabaseAsync())
        {
            Assert.True(Directory.Exists(servers[0].Folder));
        }
        await servers[0].DisposeAsync();
        Assert.False(Directory.Exists(servers[0].Folder));
        await Assert.ThrowsAnyAsync<NpgsqlException>(servers[0].CreateDatabaseAsync);
        Assert.Equal(1, await AskAsync(kept, "SELECT 1"));
        await servers[1].DisposeAsync();
        Assert.False(Directory.Exists(servers[1].Folder));
    }

    [SkippableFact]
    public async Task Server_ends_with_a_test_process_that_is_killed()
    {
        await (await PostgresServer.StartAsync()).DisposeAsync(); // skips when there is none
        await KilledHost.LeavesNothingAsync("postgres");
    }

    [SkippableFact]
    public async Task Class_fixture_makes_one_database_and_drops_it()
    {
        var fixture = new PostgresFixture();
        var database = await fixture.DatabaseAsync();
        Assert.Same(database, await fixture.DatabaseAsync());
        await fixture.DisposeAsync();
        await Assert.ThrowsAsync<PostgresException>(() => AskAsync(database, "SELECT 1"));
    }

    private static async Task<object?> AskAsync(PostgresDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

using Etl.Testing.Servers;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Tests.Servers;

/// <summary>Asks for its database where a whole suite would: a missing server skips every test from there.</summary>
public sealed class SqlServerServerTests(SqlServerFixture fixture) : IClassFixture<SqlServerFixture>, IAsyncLifetime
{
    private SqlServerDatabase _database = null!;

    public async Task InitializeAsync() => _database = await fixture.DatabaseAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [SkippableFact]
    public async Task Database_answers() => Assert.Equal(_database.Name, await AskAsync(_database.ConnectionString, "SELECT DB_NAME()"));

    [SkippableFact]
    public async Task Database_is_gone_when_disposed()
    {
        var server = await SqlServerServer.SharedAsync();
        var database = await server.CreateDatabaseAsync();
        await database.DisposeAsync();
        Assert.Equal(DBNull.Value, await AskAsync(server.ConnectionString, $"SELECT DB_ID('{database.Name}')"));
    }

    private static async Task<object?> AskAsync(string connectionString, string sql)
    {
        await using var connection = new SqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new SqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}

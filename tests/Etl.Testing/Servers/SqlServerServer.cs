using Microsoft.Data.SqlClient;

namespace Etl.Testing.Servers;

/// <summary>
/// A SQL Server for tests: the one that <c>ETL_TEST_SQLSERVER</c> (a connection string of a login that may create
/// databases) names, with <c>DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=0</c>, without which the client opens nothing; in the <c>full</c> package set also a container, where Docker runs. There is no package to start
/// one from, so its tests may skip in a strict run too.
/// </summary>
public sealed class SqlServerServer
{
    /// <summary>The variable that names a server.</summary>
    public const string Variable = "ETL_TEST_SQLSERVER";

    private static readonly Lazy<Task<SqlServerServer>> s_shared = new(FindAsync);

    private SqlServerServer(string connectionString) => ConnectionString = WithEncrypt(connectionString);

    public string ConnectionString { get; }

    /// <summary>The server of this test process; skips the test when there is none.</summary>
    public static Task<SqlServerServer> SharedAsync() => s_shared.Value;

    /// <summary>Makes an empty database, dropped when disposed.</summary>
    public async Task<SqlServerDatabase> CreateDatabaseAsync()
    {
        var name = "t_" + Guid.NewGuid().ToString("N");
        await ExecuteAsync($"CREATE DATABASE {name}");
        return new SqlServerDatabase(this, name, new SqlConnectionStringBuilder(ConnectionString) { InitialCatalog = name }.ConnectionString);
    }

    internal Task DropAsync(string database) =>
        ExecuteAsync($"ALTER DATABASE {database} SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE {database}");

    private static async Task<SqlServerServer> FindAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return new SqlServerServer(named);
        await Task.CompletedTask;
#if FULL
        if (SqlServerContainer.CanRun) return new SqlServerServer(await SqlServerContainer.StartAsync());
#endif
        throw new SkipException(
            $"no SQL Server: set {Variable} to a connection string (docker-compose.yml has a server), or build with PackageSet=full where Docker runs.");
    }

    // Old and new versions of the client disagree about the default.
    private static string WithEncrypt(string connectionString)
    {
        var builder = new SqlConnectionStringBuilder(connectionString);
        if (!builder.ShouldSerialize("Encrypt")) builder.Encrypt = true;
        return builder.ConnectionString;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqlConnection(new SqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new SqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>A database of one test class, dropped when disposed.</summary>
public sealed class SqlServerDatabase : IAsyncDisposable
{
    private readonly SqlServerServer _server;

    internal SqlServerDatabase(SqlServerServer server, string name, string connectionString)
    {
        _server = server;
        Name = name;
        ConnectionString = connectionString;
    }

    public string Name { get; }

    public string ConnectionString { get; }

    public async ValueTask DisposeAsync() => await _server.DropAsync(Name);
}

/// <summary>
/// A class fixture: one database for all tests of a class. Ask for it in the test or in the test class's
/// <c>InitializeAsync</c>, so that a missing server skips the test.
/// </summary>
public sealed class SqlServerFixture : IAsyncLifetime
{
    private readonly Lazy<Task<SqlServerDatabase>> _database = new(async () => await (await SqlServerServer.SharedAsync()).CreateDatabaseAsync());

    public Task<SqlServerDatabase> DatabaseAsync() => _database.Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_database.IsValueCreated && _database.Value.IsCompletedSuccessfully) await (await _database.Value).DisposeAsync();
    }
}

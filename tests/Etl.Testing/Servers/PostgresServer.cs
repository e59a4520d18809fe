using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Etl.Testing.Servers;

/// <summary>
/// A PostgreSQL server for tests: the Debian package's, in a temporary folder on a free port of the loopback, without
/// fsync; or the one that <c>ETL_TEST_POSTGRES</c> (an Npgsql connection string of a superuser) names.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>The variable that names an existing server.</summary>
    public const string Variable = "ETL_TEST_POSTGRES";

    private const string ServerUser = "postgres"; // the server refuses to run as root
    private const int Attempts = 5;

    private static readonly Lazy<Task<PostgresServer>> s_shared = new(() => StartAsync(Environment.GetEnvironmentVariable(Variable)));

    private readonly ServerProcess? _process;
    private readonly string _administration;

    private PostgresServer(ServerProcess? process, string connectionString)
    {
        _process = process;
        _administration = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
        ConnectionString = connectionString;
    }

    /// <summary>To the database that every server has.</summary>
    public string ConnectionString { get; }

    /// <summary>Everything that the server keeps; null for an existing one.</summary>
    public string? Folder => _process?.Folder;

    /// <summary>The server of this test process, started when first asked for. Skips or fails the test when there is none.</summary>
    public static Task<PostgresServer> SharedAsync() => s_shared.Value;

    /// <summary>Starts a server of one's own; with a connection string, uses the server that it names.</summary>
    public static async Task<PostgresServer> StartAsync(string? existing = null)
    {
        if (existing is { Length: > 0 }) return new PostgresServer(null, existing);
        if (FindPrograms() is not { } programs)
        {
            Requirement.Missing($"no PostgreSQL: set {Variable}, or install the package 'postgresql' as tests/run does.");
            throw new UnreachableException();
        }
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            try
            {
                return new PostgresServer(await StartAsync(programs, port), ConnectionStringOf(port));
            }
            catch (InvalidOperationException fault) when (attempt < Attempts && fault.Message.Contains("Address already in use", StringComparison.Ordinal))
            {
                // Somebody else took the port in between.
            }
        }
    }

    /// <summary>Path of a program of the package that the server comes from, such as <c>psql</c>; its bare name when the package is not here.</summary>
    public static string Program(string name) => FindPrograms() is { } folder ? Path.Combine(folder, name) : name;

    /// <summary>Makes an empty database, dropped when disposed.</summary>
    public Task<PostgresDatabase> CreateDatabaseAsync() => CreateDatabaseAsync("t_" + Guid.NewGuid().ToString("N"));

    /// <summary>Makes an empty database of this name, dropped when disposed.</summary>
    public async Task<PostgresDatabase> CreateDatabaseAsync(string name)
    {
        await ExecuteAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        return new PostgresDatabase(this, name, new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString);
    }

    /// <summary>Ends the server, unless it is an existing one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }

    internal async Task DropAsync(string database)
    {
        try
        {
            await ExecuteAsync($"DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        }
        catch (NpgsqlException fault) when (_process is not null && fault is not PostgresException)
        {
            // The server of this process has ended and its folder with it.
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_administration);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<ServerProcess> StartAsync(string programs, int port)
    {
        var folder = Directory.CreateTempSubdirectory("etl-postgres-").FullName;
        var data = Path.Combine(folder, "data");
        if (Environment.IsPrivilegedProcess) await RunAsync(["chown", ServerUser, folder]);
        await RunAsync(
        [
            .. AsServerUser(), Path.Combine(programs, "initdb"), "--pgdata", data, "--username", "postgres", "--encoding", "UTF8", "--locale", "C",
            "--auth", "trust", "--no-sync",
        ]);
        var (process, _) = await ServerProcess.StartAsync(folder, "QUIT", "database system is ready to accept connections",
        [
            .. AsServerUser(), Path.Combine(programs, "postgres"), "-D", data, "-p", port.ToString(CultureInfo.InvariantCulture), "-k", folder,
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "fsync=off", "-c", "full_page_writes=off",
            // Not UTC: an instant that is read or written as local time shows.
            "-c", "timezone=America/New_York",
        ]);
        return process;
    }

    // setpriv becomes the program it runs, so that signals reach the server itself.
    private static string[] AsServerUser() =>
        Environment.IsPrivilegedProcess ? ["setpriv", "--reuid", ServerUser, "--regid", ServerUser, "--init-groups", "--"] : [];

    private static string ConnectionStringOf(int port) => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = port,
        Username = "postgres",
        Database = "postgres",
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
    }.ConnectionString;

    private static string? FindPrograms() =>
        !Directory.Exists("/usr/lib/postgresql") ? null
        : Directory.EnumerateDirectories("/usr/lib/postgresql")
            .Where(f => File.Exists(Path.Combine(f, "bin", "postgres")))
            .OrderBy(f => int.TryParse(Path.GetFileName(f), CultureInfo.InvariantCulture, out var version) ? version : 0)
            .Select(f => Path.Combine(f, "bin"))
            .LastOrDefault();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task RunAsync(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"'{string.Join(' ', command)}' failed: {string.Concat(output)}");
    }
}

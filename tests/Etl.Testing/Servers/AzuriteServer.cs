using System.Security.Cryptography;

namespace Etl.Testing.Servers;

/// <summary>
/// Azure Blob storage for tests: Azurite from <c>tests/azurite</c> in a temporary folder on a free port of the loopback,
/// with an account and a key of its own; or the one that <c>ETL_TEST_AZURITE</c> (a connection string) names.
/// </summary>
public sealed class AzuriteServer : IAsyncDisposable
{
    /// <summary>The variable that names an existing server.</summary>
    public const string Variable = "ETL_TEST_AZURITE";

    private const string Account = "etltest";
    private const string ReadyLine = "successfully listens on http://";

    private static readonly Lazy<Task<AzuriteServer>> s_shared = new(() => StartAsync(Environment.GetEnvironmentVariable(Variable)));

    private readonly ServerProcess? _process;

    private AzuriteServer(ServerProcess? process, string connectionString)
    {
        _process = process;
        ConnectionString = connectionString;
    }

    /// <summary>Account, key and endpoint in the form that Azure's own tools take.</summary>
    public string ConnectionString { get; }

    /// <summary>Everything that the server keeps; null for an existing one.</summary>
    public string? Folder => _process?.Folder;

    /// <summary>The server of this test process, started when first asked for. Skips or fails the test when there is none.</summary>
    public static Task<AzuriteServer> SharedAsync() => s_shared.Value;

    /// <summary>Starts a server of one's own; with a connection string, uses the server that it names.</summary>
    public static async Task<AzuriteServer> StartAsync(string? existing = null)
    {
        if (existing is { Length: > 0 }) return new AzuriteServer(null, existing);
        var program = Repository.PathOf("tests", "azurite", "node_modules", "azurite", "dist", "src", "blob", "main.js");
        if (!File.Exists(program)) Requirement.Missing($"no Azurite: set {Variable}, or run npm install in tests/azurite as tests/run does.");
        var folder = Directory.CreateTempSubdirectory("etl-azurite-").FullName;
        var key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(64));
        var (process, line) = await ServerProcess.StartAsync(
            folder, "KILL", ReadyLine,
            ["node", program, "--blobHost", "127.0.0.1", "--blobPort", "0", "--location", folder, "--disableTelemetry", "--skipApiVersionCheck", "--silent"],
            new Dictionary<string, string> { ["AZURITE_ACCOUNTS"] = $"{Account}:{key}" });
        var endpoint = line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim();
        return new AzuriteServer(process, $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint={endpoint}/{Account};");
    }

    /// <summary>Makes an empty container, deleted when disposed.</summary>
    public async Task<AzuriteContainer> CreateContainerAsync()
    {
        var name = "t" + Guid.NewGuid().ToString("N");
        await new AzuriteRequests(ConnectionString).SendAsync(HttpMethod.Put, name);
        return new AzuriteContainer(this, name);
    }

    /// <summary>Ends the server, unless it is an existing one.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }
}

/// <summary>A container of one test class, deleted when disposed.</summary>
public sealed class AzuriteContainer : IAsyncDisposable
{
    private readonly AzuriteServer _server;

    internal AzuriteContainer(AzuriteServer server, string name)
    {
        _server = server;
        Name = name;
    }

    public string Name { get; }

    public string ConnectionString => _server.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        try
        {
            await new AzuriteRequests(ConnectionString).SendAsync(HttpMethod.Delete, Name);
        }
        catch (HttpRequestException fault) when (fault.StatusCode is null)
        {
            // The server has ended and its folder with it.
        }
    }
}

/// <summary>
/// A class fixture: one container for all tests of a class. Ask for it in the test or in the test class's
/// <c>InitializeAsync</c>, so that a missing server skips the test.
/// </summary>
public sealed class AzuriteFixture : IAsyncLifetime
{
    private readonly Lazy<Task<AzuriteContainer>> _container = new(async () => await (await AzuriteServer.SharedAsync()).CreateContainerAsync());

    public Task<AzuriteContainer> ContainerAsync() => _container.Value;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_container.IsValueCreated && _container.Value.IsCompletedSuccessfully) await (await _container.Value).DisposeAsync();
    }
}

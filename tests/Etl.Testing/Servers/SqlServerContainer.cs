using Testcontainers.MsSql;

namespace Etl.Testing.Servers;

/// <summary>A SQL Server in a container that goes with this process. Compiled in the <c>full</c> package set only.</summary>
internal static class SqlServerContainer
{
    private const string Image = "mcr.microsoft.com/mssql/server:2022-CU14-ubuntu-22.04";

    /// <summary>True where a Docker engine is to be expected.</summary>
    public static bool CanRun => Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } || File.Exists("/var/run/docker.sock");

    /// <summary>Starts it and says how to reach it; the library's reaper removes it after this process.</summary>
    public static async Task<string> StartAsync()
    {
        var container = new MsSqlBuilder(Image).Build();
        await container.StartAsync();
        return container.GetConnectionString();
    }
}

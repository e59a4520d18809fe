using System.Diagnostics;
using Etl.Testing.Crash;

namespace Etl.Landing.Tests.Crash;

/// <summary>Runs <c>Etl.Testing.Crash</c> in a process of its own.</summary>
internal static class Child
{
    /// <summary>Exit code of a process that was killed: 128 and the signal's number.</summary>
    public const int Killed = 137;

    public static Task<(int Exit, string Output)> RunAsync(string? crashAt, params string[] arguments) =>
        RunAsync(crashAt, new Dictionary<string, string>(), arguments);

    /// <summary>With a connection for its table.</summary>
    public static Task<(int Exit, string Output)> RunWithAsync(string? connection, string? crashAt, params string[] arguments) =>
        RunAsync(crashAt, connection is null ? [] : new Dictionary<string, string> { [Worker.ConnectionVariable] = connection }, arguments);

    /// <summary>With more variables.</summary>
    public static async Task<(int Exit, string Output)> RunAsync(string? crashAt, Dictionary<string, string> environment, params string[] arguments)
    {
        if (crashAt is not null) environment = new Dictionary<string, string>(environment) { ["ETL_CRASH_AT"] = crashAt };
        using var process = Start(environment, arguments);
        return await FinishAsync(process);
    }

    /// <summary>Starts one, to be looked at while it runs.</summary>
    public static Process Start(Dictionary<string, string> environment, params string[] arguments)
    {
        var program = Path.ChangeExtension(typeof(Worker).Assembly.Location, ".dll");
        var host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host, [program, .. arguments]) { RedirectStandardError = true, RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment.Remove("ETL_CRASH_AT");
        start.Environment.Remove(Worker.ConnectionVariable);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Waits for its end.</summary>
    public static async Task<(int Exit, string Output)> FinishAsync(Process process)
    {
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }
}

using System.Diagnostics;
using System.Text.Json;
using Etl.Testing;

namespace Etl.Integration.Tests.Support;

/// <summary>What a finished <c>etl</c> process left behind.</summary>
internal sealed record EtlResult(int Exit, string Out, string Error)
{
    /// <summary>The JSON objects on stdout.</summary>
    public IReadOnlyList<JsonElement> Objects =>
        [.. Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The JSON objects of one type.</summary>
    public IReadOnlyList<JsonElement> Of(string type) => [.. Objects.Where(o => o.GetProperty("type").GetString() == type)];

    public override string ToString() => $"exit {Exit}\n--- stdout\n{Out}\n--- stderr\n{Error}";
}

/// <summary>Runs the real command line as a process of its own.</summary>
internal static class EtlProcess
{
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "etl.dll");

    public static async Task<EtlResult> RunAsync(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(folder, environment, arguments);
        return await FinishAsync(process);
    }

    public static Process Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Start(folder, environment, input: false, arguments);

    /// <summary>The same, optionally with a pipe as standard input.</summary>
    public static Process Start(string folder, IReadOnlyDictionary<string, string> environment, bool input, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = input };
        start.ArgumentList.Add(s_program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("KALTURA_", StringComparison.Ordinal) || k.StartsWith("ETL_C", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>What Ctrl-C sends.</summary>
    public static void Interrupt(Process process) => Signals.Interrupt(process);

    /// <summary>What systemd, compose and <c>kill</c> send.</summary>
    public static void Terminate(Process process) => Signals.Terminate(process);

    public static async Task<EtlResult> FinishAsync(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(6));
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"etl did not end within 6 minutes. {await output} {await error}");
        }
        return new EtlResult(process.ExitCode, await output, await error);
    }
}

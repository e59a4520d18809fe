using System.Diagnostics;
using System.Text.Json;

namespace Etl.Benchmarks;

/// <summary><c>etl serve</c> as a process of its own, at a port of its own, until it is disposed.</summary>
internal sealed class ServedEtl : IAsyncDisposable
{
    private readonly Task<string> _rest;

    private ServedEtl(Process process, Uri url, Task<string> rest) => (Process, Url, _rest) = (process, url, rest);

    /// <summary>The process.</summary>
    internal Process Process { get; }

    /// <summary>Where its page is.</summary>
    internal Uri Url { get; }

    /// <summary>Starts it; it answers when this returns.</summary>
    /// <param name="program">The published program.</param>
    /// <param name="folder">Where it finds <c>jobs/</c> and makes <c>data/</c>.</param>
    /// <param name="environment">Its settings, on top of this process's.</param>
    internal static async Task<ServedEtl> StartAsync(string program, string folder, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, ["serve", "--urls", "http://127.0.0.1:0", "--json"]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server ended before it served.");
        var url = JsonDocument.Parse(line).RootElement.GetProperty("urls")[0].GetString()!;
        return new ServedEtl(process, new Uri(url), process.StandardOutput.ReadToEndAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!Process.HasExited) Process.Kill();
        await Process.WaitForExitAsync();
        await _rest;
        Process.Dispose();
    }
}

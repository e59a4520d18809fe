using System.Diagnostics;
using Etl.Testing.Crash;

namespace Etl.Landing.Tests.Servers;

/// <summary>Starts a server in a process of its own and kills that process.</summary>
internal static class KilledHost
{
    public static async Task LeavesNothingAsync(string server)
    {
        var start = new ProcessStartInfo("dotnet", [Path.ChangeExtension(typeof(Worker).Assembly.Location, ".dll"), "serve", server])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var host = Process.Start(start)!;
        var folder = await host.StandardOutput.ReadLineAsync();
        Assert.True(Directory.Exists(folder), $"'{folder}' is no folder");
        host.Kill();
        // The watching shell holds the error stream until it has removed the folder.
        await host.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1));
        Assert.False(Directory.Exists(folder));
    }
}

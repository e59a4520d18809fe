using System.Diagnostics;
using System.Text.RegularExpressions;
using Etl.Testing.Crash;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Crash;

/// <summary>A kill loses nothing that was written, a loss of power does: what was synced, and when, is read off the system calls.</summary>
public sealed partial class DurabilityTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Every_rename_has_a_synced_file_before_it_and_a_synced_folder_after_it()
    {
        var calls = await TraceAsync("land", _folder.Path, "parquet", "p1", "1", "500");
        var renames = calls.Where(c => c.Name == "rename").ToList();
        Assert.Equal(2, renames.Count);
        foreach (var rename in renames)
        {
            var folder = Path.GetDirectoryName(rename.Path)!;
            Assert.Contains(calls.TakeWhile(c => c != rename), c => c.Name == "fsync" && c.Path == rename.Path);
            Assert.Contains(calls.SkipWhile(c => c != rename), c => c.Name == "fsync" && c.Path == folder);
            // Folders that were made on the way have a durable name as well.
            for (var made = folder; made != _folder.Path; made = Path.GetDirectoryName(made)!)
                Assert.Contains(calls.TakeWhile(c => c != rename), c => c.Name == "fsync" && c.Path == Path.GetDirectoryName(made));
        }
    }

    /// <summary>The renames (by what was renamed) and fsyncs (by the file's path) of a child, in order.</summary>
    private static async Task<List<Call>> TraceAsync(params string[] arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/strace"), "There is no strace here.");
        using var output = new TempFolder();
        var log = output["trace"];
        string[] command = ["-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2", "-o", log, "dotnet", typeof(Worker).Assembly.Location, .. arguments];
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/strace", command))!;
        await process.WaitForExitAsync();
        Skip.IfNot(process.ExitCode == 0, "strace may not trace here.");
        return
        [
            .. from line in await File.ReadAllLinesAsync(log)
               let fsync = Fsync().Match(line)
               let rename = Rename().Match(line)
               where fsync.Success || rename.Success
               select fsync.Success ? new Call("fsync", fsync.Groups[1].Value) : new Call("rename", rename.Groups[1].Value),
        ];
    }

    [GeneratedRegex("""fsync\(\d+<([^>]+)>""")]
    private static partial Regex Fsync();

    [GeneratedRegex("""rename\w*\([^"]*"([^"]+)",[^"]*"([^"]+)".*\) = 0""")]
    private static partial Regex Rename();

    private sealed record Call(string Name, string Path);
}

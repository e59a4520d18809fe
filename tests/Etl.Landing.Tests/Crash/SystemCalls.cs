using System.Diagnostics;
using System.Text.RegularExpressions;
using Etl.Testing.Crash;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Crash;

/// <summary>Reads off a child's system calls what it renamed, linked and synced, and in which order.</summary>
internal static partial class SystemCalls
{
    /// <summary>The renames and links that went well (with what has the new name) and the fsyncs (with the file's path) of a child, in order. Skips the test where nobody may trace.</summary>
    public static async Task<IReadOnlyList<SystemCall>> TraceAsync(params string[] arguments)
    {
        Skip.IfNot(OperatingSystem.IsLinux() && File.Exists("/usr/bin/strace"), "There is no strace here.");
        using var output = new TempFolder();
        var log = output["trace"];
        string[] command = ["-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2,link,linkat", "-o", log, "dotnet", typeof(Worker).Assembly.Location, .. arguments];
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/strace", command))!;
        await process.WaitForExitAsync();
        Skip.IfNot(process.ExitCode == 0, "strace may not trace here.");
        return
        [
            .. from line in await File.ReadAllLinesAsync(log)
               let fsync = Fsync().Match(line)
               let named = Named().Match(line)
               where fsync.Success || named.Success
               select fsync.Success ? new SystemCall("fsync", fsync.Groups[1].Value, "") : new SystemCall(named.Groups[1].Value, named.Groups[2].Value, named.Groups[3].Value),
        ];
    }

    [GeneratedRegex("""fsync\(\d+<([^>]+)>""")]
    private static partial Regex Fsync();

    [GeneratedRegex("""(rename|link)\w*\([^"]*"([^"]+)",[^"]*"([^"]+)".*\) = 0""")]
    private static partial Regex Named();
}

/// <summary>One call.</summary>
/// <param name="Name"><c>rename</c>, <c>link</c> or <c>fsync</c>.</param>
/// <param name="Path">What had the old name, or was synced.</param>
/// <param name="To">The new name; empty for an fsync.</param>
internal sealed record SystemCall(string Name, string Path, string To);

using System.Diagnostics;
using System.Globalization;
using Etl.Testing;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>strace on a running process: writes down its calls on files, and makes one of them fail or kill. What the process did before is not counted.</summary>
internal sealed class Strace : IAsyncDisposable
{
    private const string Program = "/usr/bin/strace";

    // With a question mark: not every processor has all of them.
    private static readonly string s_calls = string.Join(',', ((string[])
    [
        "open", "openat", "creat", "write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat", "unlink", "unlinkat",
        "mkdir", "mkdirat", "rmdir", "close", "truncate", "ftruncate", "fallocate", "copy_file_range", "sendfile",
    ]).Select(c => "?" + c));

    private static readonly TimeSpan s_dying = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly bool _kills;
    private readonly Task<string> _rest;

    private Strace(Process process, bool kills)
    {
        _process = process;
        _kills = kills;
        _rest = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Ends the test as skipped, or as failed in <c>tests/run</c>, where there is no strace.</summary>
    public static void Require()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(Program)) Requirement.Missing("no strace: install the package 'strace' as tests/run does.");
    }

    /// <summary>Begins; returns when every thread is watched. Skips the test where the system lets nobody trace.</summary>
    /// <param name="process">Id of the process.</param>
    /// <param name="log">Where the calls are written.</param>
    /// <param name="inject">What to do to which call, as strace writes it; null for nothing.</param>
    /// <param name="withBytes">True to write down all that is written, and where.</param>
    public static async Task<Strace> AttachAsync(int process, string log, string? inject = null, bool withBytes = false)
    {
        List<string> arguments = ["-f", "-y", "-e", "signal=none", "-e", "trace=" + s_calls + (withBytes ? ",lseek" : ""), "-o", log, "-p", process.ToString(CultureInfo.InvariantCulture)];
        if (inject is not null) arguments.AddRange(["-e", "inject=" + inject]);
        if (withBytes) arguments.AddRange(["-xx", "-s", "16000000"]);
        var strace = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardError = true })!;
        var said = "";
        while (await strace.StandardError.ReadLineAsync().WaitAsync(SweepChild.Patience) is { } line)
        {
            if (line.Contains("attached", StringComparison.Ordinal)) return new Strace(strace, inject is not null && inject.Contains("signal=KILL", StringComparison.Ordinal));
            said += line;
        }
        await strace.WaitForExitAsync();
        strace.Dispose();
        Skip.If(said.Contains("not permitted", StringComparison.Ordinal), "strace may not trace here: " + said);
        throw new InvalidOperationException("strace did not begin: " + said);
    }

    /// <summary>True when strace did not end and was killed: the log may lack its end, and the process may stand still for ever. Seen once in 1,500 times on a busy machine.</summary>
    public bool WasStuck { get; private set; }

    /// <summary>Lets the process go; the log is complete then, unless <see cref="WasStuck"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_kills)
        {
            try
            {
                // It ends with the process that it killed. Told to end meanwhile, it would wait for a thread that nobody takes away any more.
                await _process.WaitForExitAsync().WaitAsync(s_dying);
            }
            catch (TimeoutException)
            {
                // The call did not come, and the process lives.
            }
        }
        if (!_process.HasExited)
        {
            try
            {
                Signals.Interrupt(_process);
            }
            catch (Xunit.Sdk.XunitException) when (_process.HasExited)
            {
                // It ended with the process that it watched.
            }
        }
        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_dying);
        }
        catch (TimeoutException)
        {
            WasStuck = true;
            _process.Kill();
            await _process.WaitForExitAsync().WaitAsync(SweepChild.Patience);
        }
        await _rest;
        _process.Dispose();
    }
}

using System.Diagnostics;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>A process that does what it is told, on one thread; see <c>SweepLoop</c>.</summary>
internal sealed class SweepChild : IAsyncDisposable
{
    /// <summary>How long anything may take: more than a second is only seen on a busy machine, and a work that waits for itself never ends.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;

    private SweepChild(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>True when it did not answer in time, and can be asked no more.</summary>
    public bool Hangs { get; private set; }

    /// <summary>Starts one.</summary>
    /// <param name="crashAt">A named point to die at; null for none.</param>
    public static async Task<SweepChild> StartAsync(string? crashAt = null)
    {
        // No diagnostics: they would open files of their own.
        var environment = new Dictionary<string, string> { ["DOTNET_PROCESSOR_COUNT"] = "1", ["DOTNET_EnableDiagnostics"] = "0" };
        if (crashAt is not null) environment["ETL_CRASH_AT"] = crashAt;
        var process = Child.Start(environment, "sweep");
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync().WaitAsync(Patience));
        return new SweepChild(process);
    }

    /// <summary>True when it can be asked no more: it ended, or <see cref="Hangs"/>.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Gives a command and waits for its answer; null when the process died of it, or <see cref="Hangs"/>.</summary>
    public async Task<string?> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
        try
        {
            var answer = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            IsGone = answer is null;
            return answer;
        }
        catch (TimeoutException)
        {
            IsGone = Hangs = true;
            return null;
        }
    }

    /// <summary>Waits for its end; the exit code.</summary>
    public async Task<int> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
        await _process.WaitForExitAsync().WaitAsync(Patience);
        _process.Dispose();
    }
}

using System.Diagnostics;

namespace Etl.Testing.Servers;

/// <summary>
/// A server program with a folder of its own that cannot outlive this process: a shell watches a pipe that only this
/// process holds, and when it breaks, by <see cref="DisposeAsync"/>, by exit or by kill -9, ends the server and removes the folder.
/// </summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>
    /// $1 folder, $2 signal that ends the server, then its command line. Terminal signals are ignored: the pipe decides.
    /// A server that ends by itself ends the watch.
    /// </summary>
    private const string Watch = """
        folder=$1; stop=$2; shift 2
        trap '' INT HUP TERM
        exec 3<&0
        "$@" </dev/null 3<&- 2>&1 &
        server=$!
        ( read -r _ <&3; kill -s "$stop" "$server" ) >/dev/null 2>&1 &
        watcher=$!
        wait "$server" 2>/dev/null
        kill -s KILL "$watcher" 2>/dev/null
        rm -rf "$folder"
        """;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _shell;
    private readonly string _name;
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string name, string folder, Process shell)
    {
        Folder = folder;
        _name = name;
        _shell = shell;
    }

    public string Folder { get; }

    /// <summary>Starts a server and waits until it prints a line that holds <paramref name="readyLine"/>; that line is the answer.</summary>
    /// <param name="folder">Removed when the server has ended.</param>
    /// <param name="stopSignal">What ends it at once: <c>QUIT</c>, <c>KILL</c>.</param>
    /// <exception cref="InvalidOperationException">It ended, or stayed silent for a minute; the message has its last lines.</exception>
    public static async Task<(ServerProcess Server, string Line)> StartAsync(
        string folder, string stopSignal, string readyLine, IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("sh", ["-c", Watch, "watch", folder, stopSignal, .. command])
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var server = new ServerProcess(Path.GetFileName(command[0]), folder, Process.Start(start)!);
        AppDomain.CurrentDomain.ProcessExit += server.OnExit;
        server._shell.OutputDataReceived += (_, line) => server.Take(line.Data, readyLine);
        server._shell.BeginOutputReadLine();
        try
        {
            return (server, await server._ready.Task.WaitAsync(s_patience));
        }
        catch (Exception fault)
        {
            await server.DisposeAsync();
            throw new InvalidOperationException($"'{string.Join(' ', command)}' did not start: {string.Join('\n', server._lastLines)}", fault);
        }
    }

    /// <summary>Ends the server and removes its folder; returns when both are done.</summary>
    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync().WaitAsync(s_patience);
    }

    private void OnExit(object? sender, EventArgs e)
    {
        _shell.StandardInput.Close();
        _shell.WaitForExit(s_patience);
    }

    private void Take(string? line, string readyLine)
    {
        if (line is null)
        {
            _ready.TrySetException(new InvalidOperationException($"'{_name}' ended."));
            return;
        }
        lock (_lastLines)
        {
            _lastLines.Enqueue(line);
            if (_lastLines.Count > 20) _lastLines.Dequeue();
        }
        if (line.Contains(readyLine, StringComparison.Ordinal)) _ready.TrySetResult(line);
    }
}

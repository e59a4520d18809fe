using System.Collections.Concurrent;
using Etl.Core.Exports;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Pipeline.Serving;

/// <summary>Passes what happens in this process to whoever listens, for as long as they listen. A listener must not block: it is called by the workers.</summary>
public sealed class RunFeed : IRunObserver
{
    private readonly ConcurrentDictionary<IRunObserver, byte> _listeners = new();

    /// <summary>Makes a feed with its first listeners.</summary>
    public RunFeed(params IReadOnlyList<IRunObserver> listeners)
    {
        foreach (var listener in listeners) _listeners.TryAdd(listener, 0);
    }

    /// <summary>Listens until the result is disposed.</summary>
    public IDisposable Listen(IRunObserver listener)
    {
        _listeners.TryAdd(listener, 0);
        return new Listening(() => _listeners.TryRemove(listener, out _));
    }

    /// <inheritdoc/>
    public void Planned(string job, int windows, int notDue) => Tell(l => l.Planned(job, windows, notDue));

    /// <inheritdoc/>
    public void Moved(WindowKey key, WindowState state) => Tell(l => l.Moved(key, state));

    /// <inheritdoc/>
    public void Progressed(WindowKey key, PullProgress progress) => Tell(l => l.Progressed(key, progress));

    /// <inheritdoc/>
    public void Finished(WindowOutcome outcome) => Tell(l => l.Finished(outcome));

    /// <inheritdoc/>
    public void Exported(ExportOutcome outcome) => Tell(l => l.Exported(outcome));

    private void Tell(Action<IRunObserver> tell)
    {
        foreach (var listener in _listeners.Keys) tell(listener);
    }

    private sealed class Listening(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}

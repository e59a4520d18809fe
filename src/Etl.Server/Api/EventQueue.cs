using System.Threading.Channels;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Server.Api;

/// <summary>
/// Events that wait for one listener. A worker that tells never waits: of a pull's progress only the latest is kept, and when the queue is full
/// the oldest event goes and the listener is told that it missed some.
/// </summary>
internal sealed class EventQueue(int most) : IRunObserver
{
    private readonly Lock _lock = new();
    private readonly LinkedList<RunEvent> _events = new();
    private readonly Channel<byte> _some = Channel.CreateBounded<byte>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private bool _missed;

    public void Planned(string job, int windows, int notDue) => Add(new RunEvent("planned", new { job, windows, notDue }));

    public void Moved(WindowKey key, WindowState state) => Add(new RunEvent("moved", new { key.Job, key.Source, key.Account, window = key.Label, state }));

    public void Progressed(WindowKey key, PullProgress progress) => Add(new RunEvent(
        "progress", new { key.Job, key.Source, key.Account, window = key.Label, progress.Calls, progress.Rows, progress.Bytes, progress.Doing }, key));

    public void Finished(WindowOutcome outcome) => Add(new RunEvent("finished", new
    {
        outcome.Key.Job, outcome.Key.Source, outcome.Key.Account, window = outcome.Key.Label, outcome.State, outcome.Pull, outcome.Rows, outcome.Code, outcome.Message,
        seconds = outcome.Elapsed.TotalSeconds,
    }));

    /// <summary>Waits until there is something; false when there was nothing for that long.</summary>
    public async Task<bool> WaitAsync(TimeSpan patience, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(patience);
        try
        {
            await _some.Reader.ReadAsync(end.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>Takes all that waits.</summary>
    public IReadOnlyList<RunEvent> Take()
    {
        lock (_lock)
        {
            IReadOnlyList<RunEvent> taken = _missed ? [new RunEvent("missed", new { }), .. _events] : [.. _events];
            _events.Clear();
            _missed = false;
            return taken;
        }
    }

    private void Add(RunEvent item)
    {
        lock (_lock)
        {
            // A pull tells its progress for every page: the last word replaces the one before it.
            if (item.Replaces is not null && _events.Last?.Value.Replaces == item.Replaces) _events.RemoveLast();
            _events.AddLast(item);
            if (_events.Count > most)
            {
                _events.RemoveFirst();
                _missed = true;
            }
            _some.Writer.TryWrite(0);
        }
    }
}

/// <summary>An event.</summary>
/// <param name="Name">Its kind.</param>
/// <param name="Data">What is told, as JSON.</param>
/// <param name="Replaces">The window whose progress it is; null for what must not be left out.</param>
internal sealed record RunEvent(string Name, object Data, WindowKey? Replaces = null);

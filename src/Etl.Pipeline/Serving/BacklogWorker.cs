using System.Collections.Concurrent;
using Etl.Core.Errors;
using Etl.Core.Scheduling;

namespace Etl.Pipeline.Serving;

/// <summary>
/// Works on the backlog with the workers that have nothing better to do. Work that the scheduler hands out (the night's windows) comes first: it waits at
/// most for a window of the backlog to end, and while it waits nothing of the backlog begins. What runs here, from either side, can be cancelled.
/// </summary>
internal sealed class BacklogWorker : IDisposable
{
    /// <summary>An item that so many servers died with, or could not even plan, is given up.</summary>
    public const int MostTries = 5;

    /// <summary>
    /// How many numbers behind the newest one a cancellation is still looked for. A number is given before its transaction ends, so a smaller one may show after
    /// a larger one; as many as this would have to be told meanwhile for it to be missed. More costs reading as many rows at each look after a wave of them.
    /// </summary>
    private const long CancelOverlap = 1_000;

    private static readonly TimeSpan s_busyWait = TimeSpan.FromSeconds(5), s_faultWait = TimeSpan.FromMinutes(1), s_stoppedWait = TimeSpan.FromMinutes(15), s_tellAgain = TimeSpan.FromSeconds(2), s_reconcileEvery = TimeSpan.FromMinutes(1);

    private readonly IBacklog _backlog;
    private readonly ServerRecord _self;
    private readonly Func<WorkItem, CancellationToken, Task<WorkEnd>> _do;
    private readonly Action _freed;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _workers;
    private readonly ConcurrentDictionary<Running, bool> _running = [];
    private readonly CancellationTokenSource _end = new();
    private readonly HashSet<long> _heardOrders = [];
    private long? _heard;
    private long _begun, _rested = -1;
    private long? _idleSince, _reconciled;
    private volatile bool _stopped;

    /// <summary>Makes the worker; it takes nothing by itself.</summary>
    /// <param name="backlog">What to do.</param>
    /// <param name="self">This server.</param>
    /// <param name="work">Does an item.</param>
    /// <param name="freed">Told when a worker became free.</param>
    /// <param name="say">Takes one sentence for the log; from several threads.</param>
    /// <param name="time">The clock.</param>
    public BacklogWorker(IBacklog backlog, ServerRecord self, Func<WorkItem, CancellationToken, Task<WorkEnd>> work, Action freed, Action<string> say, TimeProvider time)
    {
        (_backlog, _self, _do, _freed, _say, _time) = (backlog, self, work, freed, say, time);
        _workers = new SemaphoreSlim(self.Workers);
    }

    /// <summary>Told of an item that ended here because somebody cancelled it; from several threads.</summary>
    public Action<WorkItem> Cancelled { get; init; } = _ => { };

    /// <summary>Does what the scheduler hands out, as soon as a worker is free.</summary>
    /// <exception cref="OperationCanceledException">The scheduler cancelled it.</exception>
    public async Task<WorkEnd> DoScheduledAsync(WorkItem item, CancellationToken cancellation)
    {
        // The look at what is due pulls nothing and must not wait for what it would hand out.
        if (item.Label is null)
        {
            return await _do(item, cancellation).ConfigureAwait(false);
        }
        await _workers.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            using var running = Begin(item, cancellation);
            try
            {
                var end = await _do(item, running.Token).ConfigureAwait(false);
                return running.IsCancelled ? WorkEnd.Cancelled : end;
            }
            catch (OperationCanceledException) when (running.IsCancelled)
            {
                Cancelled(item);
                // An engine whose own token fired hears so; for any other it ended as it was wished, and there is nothing to tell of.
                cancellation.ThrowIfCancellationRequested();
                return WorkEnd.Cancelled;
            }
        }
        finally
        {
            _workers.Release();
        }
    }

    /// <summary>
    /// Hears cancellations, gives back what it has without knowing, and takes as much of the backlog as there are free workers; what was taken goes on by
    /// itself. One look at a time.
    /// </summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        await HearAsync(cancellation).ConfigureAwait(false);
        await ReconcileAsync(cancellation).ConfigureAwait(false);
        // Whoever waits for a worker is served first: then none is free here.
        while (!_stopped && await _workers.WaitAsync(0, cancellation).ConfigureAwait(false))
        {
            TakenItem? taken = null;
            try
            {
                taken = await _backlog.TakeAsync(_self.Name, cancellation).ConfigureAwait(false);
            }
            catch
            {
                // It may have gone through, and its answer not.
                _reconciled = null;
                throw;
            }
            finally
            {
                if (taken is null) _workers.Release();
            }
            if (taken is null) return;
            var running = Begin(taken.Item, _end.Token, taken.Id);
            _ = Task.Run(() => DoTakenAsync(taken, running), CancellationToken.None);
        }
    }

    /// <summary>
    /// Gives back the memory of a night's work once there has been nothing to do for a while: the runtime keeps it as long as nobody else needs it,
    /// and a server is idle most of the day.
    /// </summary>
    /// <returns>True when it did: once after the start and after each stretch of work.</returns>
    public bool Rest(TimeProvider time, TimeSpan after)
    {
        var begun = Interlocked.Read(ref _begun);
        if (begun == _rested || !_running.IsEmpty)
        {
            _idleSince = null;
            return false;
        }
        _idleSince ??= time.GetTimestamp();
        if (time.GetElapsedTime(_idleSince.Value) < after) return false;
        (_rested, _idleSince) = (begun, null);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return true;
    }

    /// <summary>Cancels a window where it is worked on here.</summary>
    public bool Cancel(string job, string label)
    {
        var found = false;
        foreach (var running in _running.Keys.Where(r => r.Item.Job == job && r.Item.Label == label))
        {
            running.Cancel();
            found = true;
        }
        return found;
    }

    /// <summary>Takes nothing more and gives what it took some time to end; past it, it is cancelled.</summary>
    public async Task StopAsync(TimeSpan grace, TimeProvider time)
    {
        _stopped = true;
        _end.CancelAfter(grace);
        while (_running.Keys.Any(r => r.TakenId is not null)) await Task.Delay(TimeSpan.FromMilliseconds(20), time).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _workers.Dispose();
        _end.Dispose();
    }

    private async Task HearAsync(CancellationToken cancellation)
    {
        if (_heard is not { } newest)
        {
            // What was told before this server began is no matter of what runs here.
            newest = (await _backlog.CancelsAsync(null, cancellation).ConfigureAwait(false)).Select(c => c.Id).DefaultIfEmpty().Max();
            foreach (var order in await _backlog.CancelsAsync(newest - CancelOverlap, cancellation).ConfigureAwait(false))
                if (order.Id <= newest) _heardOrders.Add(order.Id);
            _heard = newest;
            return;
        }
        foreach (var order in await _backlog.CancelsAsync(newest - CancelOverlap, cancellation).ConfigureAwait(false))
        {
            if (!_heardOrders.Add(order.Id)) continue;
            Cancel(order.Job, order.Label);
            _heard = Math.Max(_heard.Value, order.Id);
        }
        _heardOrders.RemoveWhere(id => id <= _heard - CancelOverlap);
    }

    /// <summary>
    /// Gives back what stands in this server's name and does not run here: it was taken, and the answer was lost. No living server's item is taken by
    /// another one, so it would stand there until this server stops. At once after a take that failed, and now and then, since such a take may go through later.
    /// </summary>
    private async Task ReconcileAsync(CancellationToken cancellation)
    {
        if (_reconciled is { } last && _time.GetElapsedTime(last) < s_reconcileEvery) return;
        // Before the list is read: what ends meanwhile is still known here, and nothing is taken but by a look.
        var known = _running.Keys.Select(r => r.TakenId).ToHashSet();
        foreach (var item in await _backlog.ListAsync(cancellation).ConfigureAwait(false))
            if (item.TakenBy == _self.Name && !known.Contains(item.Id)) await _backlog.GiveBackAsync(item.Id, _self.Name, TimeSpan.Zero, cancellation).ConfigureAwait(false);
        _reconciled = _time.GetTimestamp();
    }

    private async Task DoTakenAsync(TakenItem taken, Running running)
    {
        try
        {
            if (taken.Tries > MostTries)
            {
                _say($"'{taken.Item}' was given up: {MostTries} servers took it and none came to an end with it. 'etl history {taken.Item.Job}' tells how far they got; ask for it again when the reason is gone.");
                await TellAsync(() => _backlog.DoneAsync(taken.Id, _self.Name, CancellationToken.None)).ConfigureAwait(false);
                return;
            }
            var end = await EndAsync(taken.Item, running).ConfigureAwait(false);
            await TellAsync(() => end is WorkEnd.Done or WorkEnd.Cancelled
                ? _backlog.DoneAsync(taken.Id, _self.Name, CancellationToken.None)
                : _backlog.GiveBackAsync(taken.Id, _self.Name, WaitAfter(end), CancellationToken.None)).ConfigureAwait(false);
        }
        finally
        {
            _workers.Release();
            _freed();
            running.Dispose();
        }
    }

    private static TimeSpan WaitAfter(WorkEnd end) => end switch
    {
        WorkEnd.Busy => s_busyWait,
        WorkEnd.Fault => s_faultWait,
        WorkEnd.Stopped => s_stoppedWait,
        _ => TimeSpan.Zero,
    };

    /// <summary>
    /// Tells the ledger how an item ended, for as long as it takes: nobody may take what a living server has, so an item that it was not told of would
    /// stand there until this server stops.
    /// </summary>
    private async Task TellAsync(Func<Task> tell)
    {
        while (true)
        {
            try
            {
                await tell().ConfigureAwait(false);
                return;
            }
            catch (Exception fault)
            {
                _say(fault.Message);
                // Stopped for good: what this server had is free when it has left, or when its heart stands still.
                if (_end.IsCancellationRequested) return;
                await Task.Delay(s_tellAgain, _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<WorkEnd> EndAsync(WorkItem item, Running running)
    {
        try
        {
            var end = await _do(item, running.Token).ConfigureAwait(false);
            // A window that somebody cancelled is not wanted any more; one that the stop of this server cut short is.
            return running.IsCancelled ? WorkEnd.Cancelled : _end.IsCancellationRequested ? WorkEnd.Cut : end;
        }
        catch (OperationCanceledException) when (running.Token.IsCancellationRequested)
        {
            if (!running.IsCancelled) return WorkEnd.Cut;
            Cancelled(item);
            return WorkEnd.Cancelled;
        }
        catch (Exception fault)
        {
            // A fault of the plan: the ledger, the list of accounts, a disk. Only a label or a job that is none any more is not worth another try.
            var again = fault is not EtlException { Kind: FaultKind.Usage, IsTransient: false };
            _say($"'{item}' ended with a fault{(again ? " and is tried again in a minute" : "")}: {fault.Message}");
            return again ? WorkEnd.Fault : WorkEnd.Done;
        }
    }

    private Running Begin(WorkItem item, CancellationToken cancellation, long? takenId = null)
    {
        Interlocked.Increment(ref _begun);
        var running = new Running(item, takenId, CancellationTokenSource.CreateLinkedTokenSource(cancellation), r => _running.TryRemove(r, out _));
        _running[running] = true;
        return running;
    }

    private sealed class Running(WorkItem item, long? takenId, CancellationTokenSource source, Action<Running> over) : IDisposable
    {
        private readonly Lock _gate = new();
        private bool _over;

        public WorkItem Item => item;
        /// <summary>Its number in the backlog; null for what the scheduler handed out.</summary>
        public long? TakenId => takenId;

        public CancellationToken Token { get; } = source.Token;
        public bool IsCancelled { get; private set; }

        public void Cancel()
        {
            lock (_gate)
            {
                if (_over) return;
                IsCancelled = true;
                source.Cancel();
            }
        }

        public void Dispose()
        {
            over(this);
            lock (_gate) _over = true;
            source.Dispose();
        }
    }
}

/// <summary>How the work on an item ended.</summary>
public enum WorkEnd
{
    /// <summary>Nothing is left to do: the window is settled, however, or needs nothing.</summary>
    Done,

    /// <summary>Somebody cancelled it: it is not wanted any more.</summary>
    Cancelled,

    /// <summary>Another run works on the window.</summary>
    Busy,

    /// <summary>It could not be planned for now.</summary>
    Fault,

    /// <summary>A part of it was not begun: the service refused the account's session, or a setting is wrong.</summary>
    Stopped,

    /// <summary>This server was stopped.</summary>
    Cut,
}

namespace Etl.Kaltura.Api;

/// <summary>Lets calls of one account through, one by one.</summary>
internal interface IAccountGate
{
    /// <summary>Requests that may be in flight now.</summary>
    int Limit { get; }

    /// <summary>Waits until a call may be made; give its place back with <see cref="LeaveAsync"/>.</summary>
    /// <param name="tell">Takes what is waited for, in a few words.</param>
    /// <param name="cancellation">Stops waiting.</param>
    ValueTask EnterAsync(Action<string>? tell, CancellationToken cancellation);

    /// <summary>Gives a place back.</summary>
    /// <param name="success">True when the call brought an answer.</param>
    /// <param name="slowDown">When the service asked to slow down: how long to wait at least; zero when it did not say. Null when it did not ask.</param>
    ValueTask LeaveAsync(bool success, TimeSpan? slowDown);
}

/// <summary>
/// Bounds the requests in flight of one account. The bound halves when the service asks to slow down and grows back by
/// one after a run of successes. Waiting callers go in order. Safe for concurrent use.
/// </summary>
internal sealed class AccountGate : IAccountGate
{
    /// <summary>Successes in a row after which one more request may be in flight.</summary>
    internal const int SuccessesToGrow = 50;

    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource> _waiting = new();
    private readonly int _most;
    private int _limit, _inFlight, _successes;

    public AccountGate(int limit) => _limit = _most = limit;

    /// <summary>Requests that may be in flight now.</summary>
    public int Limit
    {
        get
        {
            lock (_lock) return _limit;
        }
    }

    /// <inheritdoc/>
    public async ValueTask EnterAsync(Action<string>? tell, CancellationToken cancellation)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (_lock)
        {
            if (_inFlight < _limit && _waiting.Count == 0)
            {
                _inFlight++;
                return;
            }
            place = _waiting.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        using var registration = cancellation.Register(() => place.Value.TrySetCanceled(cancellation));
        try
        {
            await place.Value.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (place.List is not null) _waiting.Remove(place);
            }
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(bool success, TimeSpan? slowDown)
    {
        Leave(success, slowDown is not null);
        return ValueTask.CompletedTask;
    }

    private void Leave(bool success, bool slowDown)
    {
        lock (_lock)
        {
            _inFlight--;
            if (slowDown)
            {
                _limit = Math.Max(1, _limit / 2);
                _successes = 0;
            }
            else if (success && _limit < _most && ++_successes >= SuccessesToGrow)
            {
                _limit++;
                _successes = 0;
            }
            while (_inFlight < _limit && _waiting.First is { } next)
            {
                _waiting.RemoveFirst();
                if (next.Value.TrySetResult()) _inFlight++;
            }
        }
    }
}

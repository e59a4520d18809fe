namespace Etl.Kaltura.Tests.Fakes;

/// <summary>
/// A clock that never makes a test wait: a wait is over at once and moves the time to its due moment. A time limit is no wait: it
/// stays until the test lets time pass, with <see cref="Advance"/> or <see cref="PassAsync"/>.
/// </summary>
internal sealed class FakeClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<Limit> _limits = [];
    private DateTimeOffset _now = new(2026, 4, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Waits asked for, in order.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return _now;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().Ticks;

    public void Advance(TimeSpan time)
    {
        List<Limit> over;
        lock (_lock)
        {
            _now += time;
            over = _limits.FindAll(l => l.Due <= _now);
            _limits.RemoveAll(l => l.Due <= _now);
        }
        foreach (var limit in over) limit.Fire();
    }

    /// <summary>Lets time pass, a second at a time, until it is stopped or half an hour is over: what happens while a server is silent.</summary>
    public async Task PassAsync(CancellationToken stop)
    {
        for (var seconds = 0; seconds < 1800 && !stop.IsCancellationRequested; seconds++)
        {
            Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1, CancellationToken.None);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (state is CancellationTokenSource)
        {
            var limit = new Limit(this, () => callback(state));
            limit.Change(dueTime, period);
            return limit;
        }
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            lock (_lock)
            {
                Waits.Add(dueTime);
                _now += dueTime;
            }
            ThreadPool.QueueUserWorkItem(_ => callback(state));
        }
        return new Fired();
    }

    private sealed class Limit(FakeClock clock, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                clock._limits.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = clock._now + dueTime;
                clock._limits.Add(this);
            }
            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Fired : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

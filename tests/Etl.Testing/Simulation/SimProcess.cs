namespace Etl.Testing.Simulation;

/// <summary>A process of the world: it can stand still for a while, and die. Its clock may be off.</summary>
/// <param name="world">Where it lives.</param>
/// <param name="name">Its name.</param>
/// <param name="skew">How far its clock is ahead.</param>
public sealed class SimProcess(World world, string name, TimeSpan skew) : TimeProvider
{
    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Where it lives.</summary>
    public World World => world;

    /// <summary>True once it was killed: nothing happens to it any more, and no call of its comes back.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Until then nothing happens to it, its timers included.</summary>
    public DateTimeOffset StalledUntil { get; private set; }

    /// <summary>Kills it.</summary>
    public void Kill()
    {
        world.Note($"{name} is killed");
        IsDead = true;
    }

    /// <summary>Stops it for a while, as a machine that swaps or a paused virtual machine does.</summary>
    public void Stall(TimeSpan time)
    {
        world.Note($"{name} stalls for {time.TotalSeconds:0} s");
        if (world.Now + time > StalledUntil) StalledUntil = world.Now + time;
    }

    /// <summary>For what a process does without waiting: throws when it is dead, so that the dead one changes nothing any more.</summary>
    public void RequireLife()
    {
        world.RequireThread();
        if (IsDead) throw new InvalidOperationException($"{name} is dead.");
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => world.Now + skew;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => world.Now.UtcTicks;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Timer(this, () => callback(state), dueTime, period);

    private sealed class Timer : ITimer
    {
        private readonly SimProcess _process;
        private readonly Action _ring;
        private IDisposable? _next;
        private bool _isOver;

        public Timer(SimProcess process, Action ring, TimeSpan dueTime, TimeSpan period)
        {
            (_process, _ring) = (process, ring);
            Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (_isOver) return false;
            _next?.Dispose();
            _next = dueTime == Timeout.InfiniteTimeSpan ? null : _process.World.After(dueTime, _process, () =>
            {
                // A process that stalled finds one tick waiting, not all that it missed.
                if (period > TimeSpan.Zero) Change(period, period);
                _ring();
            });
            return true;
        }

        public void Dispose()
        {
            _isOver = true;
            _next?.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

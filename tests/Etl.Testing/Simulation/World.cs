namespace Etl.Testing.Simulation;

/// <summary>
/// Virtual time: a queue of things to happen, one source of chance, and one thread on which everything happens in order. The same seed gives the same order.
/// Nothing here has a synchronization context, so what awaits the world's tasks goes on inside the event that ends them.
/// </summary>
public sealed class World
{
    private readonly PriorityQueue<Happening, (long Ticks, long Number)> _queue = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<string>? _log;
    private long _numbers;
    private ulong _hash = 14695981039346656037;

    /// <summary>Makes a world in which nothing has happened.</summary>
    /// <param name="seed">Decides all that is left to chance.</param>
    /// <param name="start">When it begins.</param>
    /// <param name="keepsLog">Whether <see cref="Log"/> is kept: it costs more than all else.</param>
    public World(int seed, DateTimeOffset start, bool keepsLog = false)
    {
        if (SynchronizationContext.Current is not null) throw new InvalidOperationException("A world needs a thread of its own, without a synchronization context.");
        Random = new Random(seed);
        Now = start;
        _log = keepsLog ? [] : null;
    }

    /// <summary>The one source of chance.</summary>
    public Random Random { get; }

    /// <summary>The true time. Processes have clocks of their own, which may be off.</summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>Things that happened.</summary>
    public long Happened { get; private set; }

    /// <summary>Differs for any two orders of events, but for chance.</summary>
    public string Fingerprint => $"{_hash:x16}";

    /// <summary>What was written down, where that was asked for.</summary>
    public IReadOnlyList<string> Log => _log ?? [];

    /// <summary>True with the given probability, from 0 to 1.</summary>
    public bool Chance(double probability) => probability > 0 && Random.NextDouble() < probability;

    /// <summary>A span between two others, each as likely.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) => least + (most - least) * Random.NextDouble();

    /// <summary>Writes something down.</summary>
    public void Note(FormattableString what) => _log?.Add($"{Now:MM-dd HH:mm:ss.fff} {FormattableString.Invariant(what)}");

    /// <summary>Lets something happen later. What happens to a process waits while that one is stalled, and never happens when it has died.</summary>
    public IDisposable After(TimeSpan time, SimProcess? to, Action what)
    {
        RequireThread();
        var happening = new Happening(to, what);
        _queue.Enqueue(happening, ((Now + (time < TimeSpan.Zero ? TimeSpan.Zero : time)).Ticks, ++_numbers));
        return happening;
    }

    /// <summary>Lets things happen until a time, or until nothing is left to happen.</summary>
    public void RunTo(DateTimeOffset end)
    {
        RequireThread();
        while (_queue.TryPeek(out var happening, out var at) && at.Ticks <= end.UtcTicks)
        {
            _queue.Dequeue();
            if (happening.IsOff || happening.To is { IsDead: true }) continue;
            if (at.Ticks > Now.UtcTicks) Now = new DateTimeOffset(at.Ticks, TimeSpan.Zero);
            if (happening.To is { } process && process.StalledUntil > Now)
            {
                _queue.Enqueue(happening, (process.StalledUntil.UtcTicks, ++_numbers));
                continue;
            }
            Happened++;
            _hash = (((_hash ^ (ulong)at.Ticks) * 1099511628211) ^ (ulong)at.Number) * 1099511628211;
            happening.What();
        }
        if (end > Now) Now = end;
    }

    /// <summary>Throws when the caller has left the thread: its order of events would not be the seed's any more.</summary>
    public void RequireThread()
    {
        if (Environment.CurrentManagedThreadId != _thread)
            throw new InvalidOperationException($"The simulation was left: something runs on a thread of the pool.\n{Environment.StackTrace}");
    }

    private sealed class Happening(SimProcess? to, Action what) : IDisposable
    {
        public SimProcess? To => to;

        public Action What => what;

        public bool IsOff { get; private set; }

        public void Dispose() => IsOff = true;
    }
}

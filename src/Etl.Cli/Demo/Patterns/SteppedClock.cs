namespace Etl.Cli.Demo.Patterns;

/// <summary>A clock that stands until it is put forward, so that half an hour of waiting for a service takes no time. Timers run as in the world.</summary>
internal sealed class SteppedClock(DateTimeOffset now) : TimeProvider
{
    private long _ticks = now.UtcTicks;

    public override DateTimeOffset GetUtcNow() => new(Interlocked.Read(ref _ticks), TimeSpan.Zero);

    /// <summary>Puts it forward; it does not go back.</summary>
    public void Put(DateTimeOffset now)
    {
        if (now < GetUtcNow()) throw new ArgumentOutOfRangeException(nameof(now), now, "A clock does not go back.");
        Interlocked.Exchange(ref _ticks, now.UtcTicks);
    }
}

namespace Etl.Landing.Tests.Stores.Fakes;

/// <summary>The real date, which signatures need, and waits that are over at once.</summary>
internal sealed class InstantClock : TimeProvider
{
    private readonly Lock _lock = new();

    /// <summary>Waits asked for, in order.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime == Timeout.InfiniteTimeSpan) return System.CreateTimer(callback, state, dueTime, period);
        lock (_lock) Waits.Add(dueTime);
        return System.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}

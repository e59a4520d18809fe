using Etl.Core.Errors;

namespace Etl.Testing.Simulation;

/// <summary>
/// The way from processes to a server. Requests and replies take time and get lost; a request may arrive long after its sender gave it up.
/// What arrives is done at once and whole.
/// </summary>
/// <param name="world">Where it is.</param>
/// <param name="server">Name of the server.</param>
public sealed class SimLink(World world, string server)
{
    /// <summary>Shortest and longest time of one way.</summary>
    public (TimeSpan Least, TimeSpan Most) Latency { get; init; } = (TimeSpan.FromMilliseconds(2), TimeSpan.FromMilliseconds(60));

    /// <summary>How long a sender waits for a reply.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Probability that a request never arrives.</summary>
    public double LosesRequests { get; set; }

    /// <summary>Probability that the reply never arrives.</summary>
    public double LosesReplies { get; set; }

    /// <summary>Probability that a request arrives after its sender has given it up.</summary>
    public double Delays { get; set; }

    /// <summary>While it is away, calls fail at once and change nothing.</summary>
    public bool IsAway { get; set; }

    /// <summary>Called before each request with what is asked, for faults of the process that asks. A process that stalls here has not asked yet.</summary>
    public Action<SimProcess, string>? Before { get; set; }

    /// <summary>The fault that a sender sees when no answer came, or none can come.</summary>
    public Func<string, Exception> Fault { get; init; } = message => new EtlException(FaultKind.Window, message) { Code = "away", IsTransient = true };

    /// <summary>Asks the server to do something.</summary>
    public Task<T> CallAsync<T>(SimProcess from, string what, Func<T> work, CancellationToken cancellation)
    {
        world.RequireThread();
        if (!from.IsDead) Before?.Invoke(from, what);
        var reply = new TaskCompletionSource<T>();
        if (from.IsDead) return reply.Task;
        if (cancellation.IsCancellationRequested) return Task.FromCanceled<T>(cancellation);
        var given = cancellation.Register(() => reply.TrySetCanceled(cancellation));
        var stands = from.StalledUntil > world.Now ? from.StalledUntil - world.Now : TimeSpan.Zero;
        if (IsAway)
        {
            Answer(stands + Way(), () => reply.TrySetException(Fault($"'{server}' is away: {what}.")));
            return reply.Task;
        }
        var (isLost, isMute, isLate) = (world.Chance(LosesRequests), world.Chance(LosesReplies), world.Chance(Delays));
        // Whether a request that its sender cancels meanwhile is still done.
        var isStubborn = world.Chance(0.5);
        var there = stands + (isLate ? Patience + world.Between(TimeSpan.Zero, TimeSpan.FromMinutes(20)) : Way());
        if (isLost || isMute || isLate) world.Note($"{from.Name}: {what}: {(isLost ? "lost" : isLate ? "late" : "reply lost")}");
        if (!isLost)
        {
            world.After(there, null, () =>
            {
                // Who died while it stood still never asked.
                if ((reply.Task.IsCanceled && !isStubborn) || (stands > TimeSpan.Zero && from.IsDead)) return;
                try
                {
                    var result = work();
                    if (!isMute && !isLate) Answer(Way(), () => reply.TrySetResult(result));
                }
                catch (Exception e)
                {
                    if (!isMute && !isLate) Answer(Way(), () => reply.TrySetException(e));
                }
            });
        }
        if (isLost || isMute || isLate) Answer(stands + Patience, () => reply.TrySetException(Fault($"'{server}' did not answer: {what}.")));
        return reply.Task;

        void Answer(TimeSpan time, Action end) => world.After(time, from, () =>
        {
            given.Dispose();
            end();
        });
    }

    /// <summary>Asks for something that has no result.</summary>
    public Task CallAsync(SimProcess from, string what, Action work, CancellationToken cancellation) => CallAsync(
        from,
        what,
        () =>
        {
            work();
            return true;
        },
        cancellation);

    private TimeSpan Way() => world.Between(Latency.Least, Latency.Most);
}

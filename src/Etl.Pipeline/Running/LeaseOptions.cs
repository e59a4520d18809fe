namespace Etl.Pipeline.Running;

/// <summary>How long a worker that died blocks its window, and how often one that lives says so. The same for all workers of a ledger.</summary>
public sealed record LeaseOptions
{
    /// <summary>Default of <see cref="Lifetime"/>.</summary>
    public static readonly TimeSpan DefaultLifetime = TimeSpan.FromMinutes(5);

    /// <summary>A heartbeat is at most one of this many parts of the lease: two may be missed before another worker takes the window.</summary>
    public const int HeartbeatsInLease = 3;

    /// <summary>
    /// How long a lease lives without a heartbeat. Shorter frees the windows of a machine that died sooner; longer forgives longer stalls of the
    /// machine, its network and the ledger, which otherwise cost the pull in hand.
    /// </summary>
    public TimeSpan Lifetime { get; init; } = DefaultLifetime;

    /// <summary>
    /// How often a lease is prolonged, at most a third of <see cref="Lifetime"/>; a fifth by default. Two in a row that the ledger does not answer
    /// in this time cancel the worker's own work. More often costs one small write each.
    /// </summary>
    public TimeSpan Heartbeat { get; init; } = DefaultLifetime / 5;
}

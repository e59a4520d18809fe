using Etl.Core.Ledger;

namespace Etl.Pipeline.Running;

/// <summary>
/// Prolongs a lease while work goes on and cancels the work when the lease is lost. This only saves effort: what keeps
/// an old pull from replacing a newer one is the fence at the target.
/// </summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    /// <summary>Heartbeats missed in a row after which the lease is as good as lost.</summary>
    private const int MostMissed = 2;

    private readonly CancellationTokenSource _stop;
    private readonly Task _loop;

    public LeaseKeeper(PipelineParts parts, Lease lease, CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _loop = KeepAsync(parts, lease);
    }

    /// <summary>Cancelled when the caller cancels or the lease is lost.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Not null when another owner has taken over, or may have: the ledger did not answer.</summary>
    public LeaseLostException? Lost { get; private set; }

    public async ValueTask DisposeAsync()
    {
        _stop.Cancel();
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task KeepAsync(PipelineParts parts, Lease lease)
    {
        var (missed, isSilent) = (0, true);
        using var timer = new PeriodicTimer(parts.Lease.Heartbeat, parts.Time);
        // A wait that is cancelled ends with an exception that has the whole stack put into words: a quarter of all that the simulation of a pipeline did.
        using var end = _stop.Token.UnsafeRegister(static timer => ((PeriodicTimer)timer!).Dispose(), timer);
        try
        {
            while (await timer.WaitForNextTickAsync(CancellationToken.None).ConfigureAwait(false))
            {
                try
                {
                    // A ledger that hangs must not hold up the count; an answer that comes later does no harm.
                    var beat = parts.Ledger.HeartbeatAsync(lease, parts.Lease.Lifetime, _stop.Token);
                    if (await beat.WaitAsync(parts.Lease.Heartbeat, parts.Time, _stop.Token).ConfigureAwait(false)) missed = 0;
                    else (missed, isSilent) = (MostMissed, false);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    missed++;
                }
                if (missed >= MostMissed)
                {
                    Lost = new LeaseLostException(lease, isSilent);
                    _stop.Cancel();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The work is over.
        }
    }
}

using Etl.Core.Ledger;

namespace Etl.Pipeline.Running;

/// <summary>
/// Prolongs a lease while work goes on and cancels the work when the lease is lost. This only saves effort: what keeps
/// an old pull from replacing a newer one is the fence at the target.
/// </summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly Task _loop;

    public LeaseKeeper(ILedger ledger, Lease lease, TimeSpan lifetime, TimeProvider time, CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        _loop = KeepAsync(ledger, lease, lifetime, time);
    }

    /// <summary>Cancelled when the caller cancels or the lease is lost.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>True when another owner has taken over.</summary>
    public bool Lost { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task KeepAsync(ILedger ledger, Lease lease, TimeSpan lifetime, TimeProvider time)
    {
        var missed = 0;
        using var timer = new PeriodicTimer(lifetime / 5, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    if (await ledger.HeartbeatAsync(lease, lifetime, _stop.Token).ConfigureAwait(false)) missed = 0;
                    else missed = int.MaxValue;
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // The ledger did not answer: two heartbeats in a row may be missed, then the lease is as good as lost.
                    missed++;
                }
                if (missed >= 2)
                {
                    Lost = true;
                    await _stop.CancelAsync().ConfigureAwait(false);
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

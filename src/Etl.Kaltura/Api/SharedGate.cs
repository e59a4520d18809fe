using Etl.Core.Errors;
using Etl.Core.Sources;

namespace Etl.Kaltura.Api;

/// <summary>
/// A gate that shares an account's budget of calls with all other workers of the ledger, and their pauses when the service asks one of them to slow down.
/// Lots are small and short-lived, so a pause reaches everybody within a second.
/// </summary>
internal sealed class SharedGate(IAccountGate inner, string account, ICallBudget budget, int? perMinute, TimeProvider clock) : IAccountGate, IDisposable
{
    /// <summary>How long the calls of a lot may be made.</summary>
    internal static readonly TimeSpan LotLife = TimeSpan.FromSeconds(1);

    /// <summary>The shortest pause of all workers.</summary>
    internal static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    /// <summary>Most calls of a lot.</summary>
    internal const int MostCalls = 10;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly int _lot = perMinute is { } pace ? Math.Clamp(pace / 60, 1, MostCalls) : int.MaxValue;
    private volatile bool _paused;
    private int _left;
    private DateTimeOffset _until;

    public int Limit => inner.Limit;

    public async ValueTask EnterAsync(Action<string>? tell, CancellationToken cancellation)
    {
        await inner.EnterAsync(tell, cancellation).ConfigureAwait(false);
        try
        {
            await TakeAsync(tell, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await inner.LeaveAsync(success: false, slowDown: null).ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask LeaveAsync(bool success, TimeSpan? slowDown)
    {
        await inner.LeaveAsync(success, slowDown).ConfigureAwait(false);
        if (slowDown is not { } asked) return;
        _paused = true;
        try
        {
            await budget.PauseAsync(account, asked > LeastPause ? asked : LeastPause, CancellationToken.None).ConfigureAwait(false);
        }
        catch (EtlException)
        {
            // The ledger is away: whoever heard the service waits all the same, by the rules of retry.
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task TakeAsync(Action<string>? tell, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_left == 0 || _paused || clock.GetUtcNow() >= _until) await BorrowAsync(tell, cancellation).ConfigureAwait(false);
            _left--;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task BorrowAsync(Action<string>? tell, CancellationToken cancellation)
    {
        _paused = false;
        _left = 0;
        try
        {
            var wait = await budget.BorrowAsync(account, perMinute, _lot, cancellation).ConfigureAwait(false);
            while (wait > TimeSpan.Zero)
            {
                tell?.Invoke($"waiting {wait.TotalSeconds:0} s for the account's budget of calls,");
                await Task.Delay(wait, clock, cancellation).ConfigureAwait(false);
                // The service may have asked another worker to slow down meanwhile.
                wait = await budget.BorrowAsync(account, perMinute, 0, cancellation).ConfigureAwait(false);
            }
        }
        catch (EtlException)
        {
            // A budget saves the service trouble; when the ledger is away, leases end the work, and not this.
        }
        _left = _lot;
        _until = clock.GetUtcNow() + LotLife;
    }
}

namespace Etl.Server.Who;

/// <summary>
/// Hashes one password at a time: each costs a quarter of a second of a core, and more at once would leave none for the windows. Nor do many wait
/// for their turn, since each of them holds a request.
/// </summary>
internal sealed class HashQueue : IDisposable
{
    /// <summary>Who comes while so many wait is sent away.</summary>
    public const int MostWaiting = 8;

    /// <summary>When to come back: by then those who wait had their turn.</summary>
    public static readonly TimeSpan ComeBack = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turn = new(1);
    private int _inside;

    /// <summary>Hashes when its turn has come.</summary>
    /// <returns>What <paramref name="hash"/> says; null when too many wait, and it was not called.</returns>
    public async Task<bool?> TryAsync(Func<bool> hash, CancellationToken cancellation)
    {
        try
        {
            if (Interlocked.Increment(ref _inside) > MostWaiting + 1) return null;
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                return await Task.Run(hash, cancellation).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    public void Dispose() => _turn.Dispose();
}

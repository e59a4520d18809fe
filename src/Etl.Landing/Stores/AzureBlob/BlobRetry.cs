namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// Sends a request again after a transient fault: <see cref="Attempts"/> times in all, with waits of half a second, doubled each time,
/// with jitter, or as long as the service asks for. Only for requests that do no harm when they are carried out twice.
/// </summary>
internal sealed class BlobRetry(TimeProvider time)
{
    /// <summary>Requests in all: with the waits between them about eight seconds, the length of a storage node's restart.</summary>
    public const int Attempts = 5;

    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(0.5), s_longest = TimeSpan.FromSeconds(30);

    public async Task<T> RunAsync<T>(Func<Task<T>> request, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await request();
            }
            catch (BlobException fault) when (fault.IsTransient && attempt < Attempts)
            {
                await WaitAsync(attempt, fault, cancellation);
            }
        }
    }

    public Task RunAsync(Func<Task> request, CancellationToken cancellation) => RunAsync(
        async () =>
        {
            await request();
            return true;
        },
        cancellation);

    /// <summary>Waits after the given attempt (from one) failed.</summary>
    public Task WaitAsync(int attempt, BlobException fault, CancellationToken cancellation)
    {
        var wait = s_first * Math.Pow(2, attempt - 1) * (0.5 + Random.Shared.NextDouble() / 2);
        if (fault.RetryAfter is { } asked && asked > wait) wait = asked;
        return Task.Delay(wait < s_longest ? wait : s_longest, time, cancellation);
    }
}

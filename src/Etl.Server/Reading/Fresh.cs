namespace Etl.Server.Reading;

/// <summary>
/// An answer that is good for a moment. However many ask at once, one question is on its way; those who come while it is share its answer.
/// One who stops waiting does not take it from the others.
/// </summary>
/// <param name="lifetime">How old an answer may be.</param>
/// <param name="time">The clock.</param>
/// <param name="ask">Asks; a fault goes to all who wait and is not kept.</param>
internal sealed class Fresh<T>(TimeSpan lifetime, TimeProvider time, Func<CancellationToken, Task<T>> ask)
{
    private readonly Lock _lock = new();
    private Task<T>? _answer;
    private DateTimeOffset _askedAt;

    public Task<T> GetAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var usable = _answer is { IsFaulted: false, IsCanceled: false } && (!_answer.IsCompleted || (now - _askedAt < lifetime && now >= _askedAt));
            if (!usable) (_answer, _askedAt) = (Task.Run(() => ask(CancellationToken.None), CancellationToken.None), now);
            return _answer!.WaitAsync(cancellation);
        }
    }

    /// <summary>Forgets the answer: something was changed, and who changed it wants to see it.</summary>
    public void Forget()
    {
        lock (_lock) _answer = null;
    }
}

namespace Etl.Core.Sources;

/// <summary>
/// The handle of one window's unfinished request, for sources whose service works in the background: kept before the first
/// poll, so that a run after a crash takes the same work up. Bound to the window and to the source's definition: with another
/// definition nothing is found. Changes are made under the window's lease and are durable when the call returns. The handle
/// ends by itself when its pull is landed or held.
/// </summary>
public interface IHandles
{
    /// <summary>What was kept last; null when there is nothing.</summary>
    Task<Handle?> FindAsync(CancellationToken cancellation);

    /// <summary>Keeps a handle in place of any other of the window.</summary>
    /// <exception cref="Ledger.LeaseLostException">Another run has the window.</exception>
    Task KeepAsync(Handle handle, CancellationToken cancellation);

    /// <summary>Forgets it; nothing happens when there is none.</summary>
    /// <exception cref="Ledger.LeaseLostException">Another run has the window.</exception>
    Task ForgetAsync(CancellationToken cancellation);
}

/// <summary>What is known of an unfinished request.</summary>
/// <param name="Value">Name under which the service knows it; null when it failed and is not to be made again at once.</param>
/// <param name="At">When it was made, or when it failed.</param>
/// <param name="NotBefore">For a failed one: when it may be made again.</param>
/// <param name="Reason">For a failed one: why, in one sentence.</param>
public sealed record Handle(string? Value, DateTimeOffset At, DateTimeOffset? NotBefore = null, string? Reason = null);

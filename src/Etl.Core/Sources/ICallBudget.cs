namespace Etl.Core.Sources;

/// <summary>
/// How often all workers of a ledger together may call the service for an account, on the store's own clock. Calls are borrowed in small lots, so
/// that a lot costs a question and a call costs none; a lot that nobody uses up is lost, and only its time with it.
/// </summary>
public interface ICallBudget
{
    /// <summary>Borrows calls. Who asks first is served first, so a long queue of one worker's keeps no other worker waiting for more than a lot.</summary>
    /// <param name="account">The account.</param>
    /// <param name="perMinute">Calls a minute of all workers together, or null for no bound: then only a pause makes anybody wait.</param>
    /// <param name="calls">How many; zero only asks whether the account pauses.</param>
    /// <param name="cancellation">Stops waiting for the store.</param>
    /// <returns>How long to wait before the first of them may be made.</returns>
    Task<TimeSpan> BorrowAsync(string account, int? perMinute, int calls, CancellationToken cancellation);

    /// <summary>Makes all workers of an account wait with their next lot: the service asked one of them to.</summary>
    Task PauseAsync(string account, TimeSpan time, CancellationToken cancellation);
}

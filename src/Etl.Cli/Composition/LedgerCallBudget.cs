using Etl.Core.Sources;

namespace Etl.Cli.Composition;

/// <summary>The budget of calls that is kept with the ledger, once that is open; before, and for commands without one, nobody else works.</summary>
internal sealed class LedgerCallBudget(Func<ICallBudget?> ledger) : ICallBudget
{
    public Task<TimeSpan> BorrowAsync(string account, int? perMinute, int calls, CancellationToken cancellation) =>
        ledger()?.BorrowAsync(account, perMinute, calls, cancellation) ?? Task.FromResult(TimeSpan.Zero);

    public Task PauseAsync(string account, TimeSpan time, CancellationToken cancellation) => ledger()?.PauseAsync(account, time, cancellation) ?? Task.CompletedTask;
}

using Etl.Core.Ledger;
using Etl.Core.Sources;

namespace Etl.Pipeline.Pulling;

/// <summary>The handle of one window in the ledger, for sources.</summary>
internal sealed class WindowHandles(ILedger ledger, Lease lease, string definitionHash) : IHandles
{
    public async Task<Handle?> FindAsync(CancellationToken cancellation) =>
        await ledger.FindHandleAsync(lease.Key, cancellation).ConfigureAwait(false) is { } found && found.DefinitionHash == definitionHash ? found.Handle : null;

    public Task KeepAsync(Handle handle, CancellationToken cancellation) => ledger.KeepHandleAsync(lease, new HandleRecord(definitionHash, handle), cancellation);

    public Task ForgetAsync(CancellationToken cancellation) => ledger.ForgetHandleAsync(lease, cancellation);
}

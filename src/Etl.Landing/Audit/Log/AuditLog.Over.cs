using Etl.Core.Windows;

namespace Etl.Landing.Audit.Log;

/// <content>Appending on condition.</content>
internal sealed partial class AuditLog
{
    /// <inheritdoc/>
    public Task<AuditEntry?> AppendOverAsync(WindowKey key, AuditEntry? newest, CanonicalObject facts, IReadOnlyList<AuditFile> files, CancellationToken cancellation)
    {
        CheckFacts(AuditManifest.SnapshotKind, facts, files);
        return HoldingAsync<AuditEntry?>(
            "append to",
            async state =>
            {
                while (true)
                {
                    if ((state.Windows.TryGetValue(key, out var sequence) ? sequence : null as long?) != newest?.Sequence) return null;
                    if (await TryAppendAsync(state, AuditManifest.SnapshotKind, facts, files, null, cancellation) is { } entry) return entry;
                    // In a store: another writer was faster, perhaps with this very window.
                    await RefreshAsync(cancellation);
                    state = _state;
                }
            },
            cancellation);
    }
}

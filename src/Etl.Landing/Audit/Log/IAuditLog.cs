using Etl.Core.Windows;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// An append-only log of signed snapshots: RFC 6962 tree over the manifests, checkpoints signed with ECDSA P-256. One writer at a time (a lock), crash-safe: a reader sees
/// an entry whole with its checkpoint, or not at all.
/// </summary>
internal interface IAuditLog
{
    /// <summary>Finds out whether an entry could be appended now: the log is whole, and the configured key is the one that signs it.</summary>
    /// <exception cref="Core.Errors.EtlException">No key, a key that the log does not know, a damaged log, or a store that fails.</exception>
    Task CheckAsync(CancellationToken cancellation);

    /// <summary>Appends a snapshot with its files, or an entry without files.</summary>
    /// <param name="kind"><c>snapshot</c>, <c>erased</c> or <c>retention</c>.</param>
    /// <param name="facts">
    /// What the manifest says beside what the log adds itself (<see cref="AuditManifest.Own"/>). A snapshot has a <c>window</c> with the strings account, every, from, job, label, source, timezone and to;
    /// the others have <see cref="Erasures.Member"/>.
    /// </param>
    /// <param name="files">Files in order of their paths.</param>
    /// <param name="cancellation">Stops before the entry is written; nothing is left that a reader could meet.</param>
    /// <exception cref="ArgumentException">The facts or the files' paths make no manifest. Nothing was written.</exception>
    /// <exception cref="Core.Errors.EtlException">No key, a key that the log does not know, a damaged log, or a store that fails.</exception>
    Task<AuditEntry> AppendAsync(string kind, CanonicalObject facts, IReadOnlyList<AuditFile> files, CancellationToken cancellation);

    /// <summary>
    /// Appends a snapshot of a window while the newest one is still the one that the caller looked at; null, and nothing appended, when there is another one by now. Compared under the
    /// log's own lock, so that of two workers with one pull one appends it.
    /// </summary>
    /// <param name="key">The window.</param>
    /// <param name="newest">What <see cref="FindAsync"/> gave.</param>
    /// <param name="facts">See <see cref="AppendAsync"/>.</param>
    /// <param name="files">See <see cref="AppendAsync"/>.</param>
    /// <param name="cancellation">See <see cref="AppendAsync"/>.</param>
    /// <exception cref="Core.Errors.EtlException">See <see cref="AppendAsync"/>.</exception>
    Task<AuditEntry?> AppendOverAsync(WindowKey key, AuditEntry? newest, CanonicalObject facts, IReadOnlyList<AuditFile> files, CancellationToken cancellation);

    /// <summary>The newest snapshot of a window; null when there is none.</summary>
    Task<AuditEntry?> FindAsync(WindowKey key, CancellationToken cancellation);
}

/// <summary>A file of a snapshot.</summary>
/// <param name="Path">Relative, with slashes, under <c>files/</c>.</param>
/// <param name="Open">Opens its bytes.</param>
/// <param name="Facts">What the manifest says of it beside path, bytes and hash, such as rows.</param>
internal sealed record AuditFile(string Path, Func<Stream> Open, CanonicalObject? Facts = null);

/// <summary>An entry of the log.</summary>
/// <param name="Sequence">From 0.</param>
/// <param name="Kind">See <see cref="IAuditLog.AppendAsync"/>.</param>
/// <param name="LeafHash">RFC 6962 leaf hash, hex.</param>
/// <param name="Folder">Where the snapshot is, relative to the log; null for an entry that is no snapshot.</param>
/// <param name="Manifest">The manifest.</param>
internal sealed record AuditEntry(long Sequence, string Kind, string LeafHash, string? Folder, CanonicalObject Manifest);

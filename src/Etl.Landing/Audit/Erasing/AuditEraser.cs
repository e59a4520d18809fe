using Etl.Core.Errors;
using Etl.Core.Runs;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Reading;
using Etl.Landing.Audit.Snapshots;

namespace Etl.Landing.Audit.Erasing;

/// <summary>What was erased.</summary>
/// <param name="Entry">The entry that says so; null when an earlier one did and only the files were left.</param>
/// <param name="Files">Files by snapshot and path.</param>
public sealed record ErasedFiles(long? Entry, IReadOnlyList<(long Snapshot, string Path)> Files);

/// <summary>
/// Erases files of snapshots where the law asks for it, or where the time is over for which they have to be kept. The entry that says so comes first and is signed; then the
/// files go. Manifests, hashes and signatures stay for ever. A file <c>legal-hold</c> in the log's folder stops all of it.
/// </summary>
public sealed class AuditEraser(AuditLogs logs, TimeProvider time)
{
    /// <summary>Longest reason, in characters: it stays in the log for ever.</summary>
    public const int LongestReason = 500;

    /// <summary>Erases files of one snapshot. Asked again after a crash, it removes what the entry names and is still there.</summary>
    /// <param name="folder">The log.</param>
    /// <param name="sequence">The snapshot.</param>
    /// <param name="paths">Its files; empty for all.</param>
    /// <param name="reason">Why; without personal data, since it can never be erased itself.</param>
    /// <param name="cancellation">Stops before the entry is written.</param>
    /// <exception cref="EtlException">There is no such snapshot or file, a legal hold, no key, or a damaged log. Nothing was erased.</exception>
    public async Task<ErasedFiles> EraseAsync(string folder, long sequence, IReadOnlyList<string> paths, string reason, CancellationToken cancellation)
    {
        if (reason.Trim().Length is 0 or > LongestReason || reason.Any(char.IsControl))
            throw Usage($"A reason is one line of 1 to {LongestReason} characters. It stays in the log for ever: do not name the person in it.");
        var log = await logs.FindAsync(folder, cancellation);
        await RefuseHoldAsync(log, cancellation);
        var (entries, erased) = await ReadAsync(log, cancellation);
        if (sequence < 0 || sequence >= entries.Count || entries[(int)sequence].Kind != AuditManifest.SnapshotKind)
            throw Usage($"Entry {sequence} of the audit log at '{log.Place.Name}' is no snapshot; 'etl audit show {folder}' lists them.");
        var files = entries[(int)sequence].Files.Select(f => f.Path).ToList();
        if (paths.FirstOrDefault(p => !files.Contains(p)) is { } unknown)
            throw Usage($"Snapshot {sequence} has no file '{unknown}'. It has: {string.Join(", ", files)}.");
        var wanted = (paths.Count == 0 ? files : paths.Distinct()).Order(StringComparer.Ordinal).Select(p => (sequence, p)).ToList();
        return await EraseAsync(log, entries, erased, wanted, AuditManifest.ErasedKind, new CanonicalObject { ["reason"] = reason.Trim() }, cancellation);
    }

    /// <summary>Erases the files of all snapshots whose time is over, by one entry; none when there is nothing to erase.</summary>
    /// <exception cref="EtlException">A legal hold, no key, or a damaged log. Nothing was erased.</exception>
    public async Task<ErasedFiles> EraseExpiredAsync(string folder, CancellationToken cancellation)
    {
        var log = await logs.FindAsync(folder, cancellation);
        await RefuseHoldAsync(log, cancellation);
        var (entries, erased) = await ReadAsync(log, cancellation);
        var now = time.GetUtcNow();
        var wanted = entries.Where(e => SnapshotNames.Object(e.Content, "retention") is { } r && CanonicalFacts.Instant(SnapshotNames.Text(r, "until")) <= now)
            .SelectMany(e => e.Files.Select(f => (e.Sequence, f.Path))).ToList();
        return await EraseAsync(log, entries, erased, wanted, AuditManifest.RetentionKind, [], cancellation);
    }

    private async Task<ErasedFiles> EraseAsync(
        LogPlace log, List<AuditManifest> entries, HashSet<(long, string)> erased, List<(long Sequence, string Path)> wanted, string kind, CanonicalObject facts, CancellationToken cancellation)
    {
        long? entry = null;
        var named = wanted.Where(w => !erased.Contains(w)).ToList();
        if (named.Count > 0)
        {
            facts[Erasures.Member] = Erasures.Of(named.GroupBy(n => n.Sequence).Select(g => new Erasure(g.Key, [.. g.Select(n => n.Path)])));
            using var writer = logs.Open(log);
            entry = (await writer.AppendAsync(kind, facts, [], cancellation)).Sequence;
            Failpoint.Hit("audit.erasure-signed");
        }
        // What is decided is done to the end; also what an earlier entry names and a dead process left.
        var gone = new List<(long, string)>();
        foreach (var (sequence, path) in wanted)
            if (await log.Place.Store.DeleteAsync(entries[(int)sequence].Folder + AuditNames.Files + path, CancellationToken.None)) gone.Add((sequence, path));
        return new ErasedFiles(entry, gone);
    }

    private static async Task RefuseHoldAsync(LogPlace log, CancellationToken cancellation)
    {
        if (await log.Place.Store.LookAsync(AuditNames.LegalHold, cancellation) is null) return;
        throw new EtlException(
            FaultKind.Usage, $"The audit log at '{log.Place.Name}' is under legal hold: nothing of it is erased while its file '{AuditNames.LegalHold}' is there.") { Code = "legal-hold" };
    }

    private static async Task<(List<AuditManifest> Entries, HashSet<(long, string)> Erased)> ReadAsync(LogPlace log, CancellationToken cancellation)
    {
        var entries = new List<AuditManifest>();
        var erased = new HashSet<(long, string)>();
        await foreach (var entry in LogEntries.ReadAsync(log.Place, cancellation))
        {
            entries.Add(entry);
            foreach (var erasure in entry.Erases)
                foreach (var path in erasure.Paths) erased.Add((erasure.Sequence, path));
        }
        return (entries, erased);
    }

    private static EtlException Usage(string message) => new(FaultKind.Usage, message) { Code = "audit-erase" };
}

using System.Collections.Immutable;
using Etl.Core.Windows;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Tests.Audit.Snapshots;

/// <summary>A log that signs nothing and keeps its entries in memory; files lie where a log has them.</summary>
internal sealed class MemoryAuditLog(string folder) : IAuditLog
{
    private readonly Lock _lock = new();
    private ImmutableList<AuditEntry> _entries = [];

    public IReadOnlyList<AuditEntry> Entries => _entries;

    /// <summary>Runs before each append is decided: a chance for another worker.</summary>
    public Action? Before { get; set; }

    /// <summary>What is wrong with the key.</summary>
    public Exception? Fault { get; set; }

    public Task CheckAsync(CancellationToken cancellation) => Fault is null ? Task.CompletedTask : Task.FromException(Fault);

    public Task<AuditEntry> AppendAsync(string kind, CanonicalObject facts, IReadOnlyList<AuditFile> files, CancellationToken cancellation)
    {
        lock (_lock) return Task.FromResult(Append(kind, facts, files, cancellation));
    }

    private AuditEntry Append(string kind, CanonicalObject facts, IReadOnlyList<AuditFile> files, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (Fault is not null) throw Fault;
        var name = $"snapshot/{_entries.Count:00000000000000000000}-00000000-00000000";
        Assert.Equal(files.Select(f => f.Path).Order(StringComparer.Ordinal), files.Select(f => f.Path));
        foreach (var file in files)
        {
            var path = Path.Combine(folder, name, "files", file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var content = file.Open();
            using var to = File.Create(path);
            content.CopyTo(to);
        }
        var entry = new AuditEntry(_entries.Count, kind, $"leaf{_entries.Count}", files.Count == 0 ? null : name, facts);
        _entries = _entries.Add(entry);
        return entry;
    }

    public Task<AuditEntry?> AppendOverAsync(WindowKey key, AuditEntry? newest, CanonicalObject facts, IReadOnlyList<AuditFile> files, CancellationToken cancellation)
    {
        var before = Before;
        Before = null;
        before?.Invoke();
        lock (_lock)
            return Task.FromResult(Find(key)?.Sequence == newest?.Sequence ? Append("snapshot", facts, files, cancellation) : null);
    }

    public Task<AuditEntry?> FindAsync(WindowKey key, CancellationToken cancellation) => Task.FromResult(Find(key));

    private AuditEntry? Find(WindowKey key) => _entries.LastOrDefault(e =>
        e.Kind == "snapshot" && e.Manifest["window"] is CanonicalObject window
        && new WindowKey((string)window["job"], (string)window["source"], (string)window["account"], (string)window["label"]) == key);
}

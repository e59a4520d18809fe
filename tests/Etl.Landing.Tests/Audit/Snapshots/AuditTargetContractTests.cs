using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Tests.Staging;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Audit.Snapshots;

/// <summary>An audit log is a target like any other: its newest snapshot of a window is what is published.</summary>
public sealed class AuditTargetContractTests : TargetContract, IDisposable
{
    private readonly AuditBench _bench = new();

    public void Dispose() => _bench.Dispose();

    protected override ITarget Create(bool severalAccounts = false) => new Recording(_bench);

    protected override IStagedPull Stage(WindowKey key, PullStamp stamp, TableSchema report, IReadOnlyList<RowBatch> rows, bool withAccount) =>
        Staged.Pull(_bench.Folder.Path, key, stamp, report, rows, withAccount);

    protected override IReadOnlyList<string> Rows(WindowKey key, TableSchema landed)
    {
        // All accounts, as a reader of a table has them.
        var newest = _bench.Log.Entries.GroupBy(e => (Etl.Landing.Audit.Snapshots.SnapshotNames.WindowOf(e.Manifest)!.Value)).Where(g => g.Key.Label == key.Label).Select(g => g.Last());
        return [.. newest.SelectMany(e => RowText.Lines(LandedFile.Read(_bench.FileOf(e.Sequence, "rows.parquet"), landed))).Order(StringComparer.Ordinal)];
    }

    protected override IReadOnlyList<string> Leftovers() => [.. _bench.Folder.Files().Where(f => f.StartsWith("audit", StringComparison.Ordinal) && f.Contains(".tmp", StringComparison.Ordinal))];

    protected override bool LeaveLitter(WindowKey key, Window window) => false;

    /// <summary>Knows what a pipeline knows of each pull.</summary>
    private sealed class Recording(AuditBench bench) : ITarget
    {
        private readonly ITarget _inner = bench.Target();

        public string Kind => _inner.Kind;

        public string Name => _inner.Name;

        public string Locate(WindowKey key, Window window) => _inner.Locate(key, window);

        public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
        {
            await bench.RecordOnceAsync(staged);
            var known = AuditBench.Order(staged);
            return await _inner.PrepareAsync(order with { Job = known.Job, Record = known.Record }, staged, cancellation);
        }

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => _inner.FindAsync(key, window, cancellation);

        public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) => _inner.OpenPublishedAsync(key, window, cancellation);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => _inner.SweepAsync(key, window, cancellation);
    }
}

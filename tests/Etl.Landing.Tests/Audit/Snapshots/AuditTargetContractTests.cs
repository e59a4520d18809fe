using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;
using Etl.Landing.Parquet;
using Etl.Landing.Tests.Staging;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Audit.Snapshots;

/// <summary>An audit log is a target like any other, with a real log: its newest snapshot of a window is what is published.</summary>
public sealed class AuditTargetContractTests : TargetContract, IDisposable
{
    private readonly SnapshotBench _bench = new();
    private readonly AuditLog _log;

    public AuditTargetContractTests()
    {
        AuditKeys.Create(_bench.Folder["key.pem"]);
        _log = Open();
    }

    // Each landing appends and signs: dozens show what hundreds would.
    protected override int RaceRounds => 12;

    public void Dispose()
    {
        _log.Dispose();
        _bench.Dispose();
    }

    // Each worker is another process, as far as the log can tell.
    protected override ITarget Create(bool severalAccounts = false) => new Recording(_bench, Open());

    protected override IStagedPull Stage(WindowKey key, PullStamp stamp, TableSchema report, IReadOnlyList<RowBatch> rows, bool withAccount) =>
        Staged.Pull(_bench.Folder.Path, key, stamp, report, rows, withAccount);

    protected override IReadOnlyList<string> Rows(WindowKey key, TableSchema landed)
    {
        // All accounts, as a reader of a table has them.
        var rows = new List<string>();
        foreach (var account in new[] { "101", "102" })
        {
            if (_log.FindAsync(key with { Account = account }, None).GetAwaiter().GetResult() is { } newest)
                rows.AddRange(RowText.Lines(LandedFile.Read(Path.Combine(_bench.LogFolder, newest.Folder!, "files", "rows.parquet"), landed)));
        }
        return [.. rows.Order(StringComparer.Ordinal)];
    }

    protected override IReadOnlyList<string> Leftovers() => [.. _bench.Folder.Files().Where(f => f.StartsWith("audit", StringComparison.Ordinal) && f.EndsWith(".tmp", StringComparison.Ordinal))];

    protected override bool LeaveLitter(WindowKey key, Window window) => false;

    private AuditLog Open() => new(
        "compliance", AuditPlace.OfFolder(_bench.LogFolder, TimeProvider.System), PemSigner.Open(_bench.Folder["key.pem"], "ETL_AUDIT_KEY"), new AuditPin(AuditPin.PathOf(_bench.LogFolder)),
        null, "etl test", TimeProvider.System, warning => Assert.Fail(warning));

    /// <summary>Knows what a pipeline knows of each pull.</summary>
    private sealed class Recording(SnapshotBench bench, AuditLog log) : ITarget
    {
        private readonly ITarget _inner = bench.Target(log);

        public string Kind => _inner.Kind;

        public string Name => _inner.Name;

        public string Locate(WindowKey key, Window window) => _inner.Locate(key, window);

        public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
        {
            await bench.RecordOnceAsync(staged);
            var known = SnapshotBench.Order(staged);
            return await _inner.PrepareAsync(order with { Job = known.Job, Record = known.Record }, staged, cancellation);
        }

        public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => _inner.FindAsync(key, window, cancellation);

        public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) => _inner.OpenPublishedAsync(key, window, cancellation);

        public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => _inner.SweepAsync(key, window, cancellation);
    }
}

using Etl.Core.Columns;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Schemas;

namespace Etl.Pipeline.Pulling;

/// <summary>
/// Takes a pull into the staging area and learns on the way what the checks need: sums, keys, content hash. A restart
/// of the source forgets its rows and notes and begins a new staged file; raw replies stay, for a replay begins again too.
/// </summary>
internal sealed class StagingSink(
    IStagingArea staging, IQuarantineStore quarantine, IRawCapture raw, PullRequest request, DateTimeOffset pulledAt, bool withAccount, IRunObserver observer, SchemaBefore before) : IPullSink, IDisposable
{
    private IStagingWriter? _writer;
    private ContentHasher _hasher = new();
    private ColumnSums? _sums;
    private KeySet? _keys;

    /// <summary>How what is sent becomes what lands.</summary>
    public LandedShape? Shape { get; private set; }

    public long Rows => _hasher.Rows;

    public long Quarantined { get; private set; }

    public Dictionary<string, ColumnSum> Sums => _sums?.Result() ?? [];

    public KeySet? Keys => _keys;

    public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
    {
        _writer?.Dispose();
        if (Quarantined > 0) quarantine.Finish(request.Key, request.PullId, keepNotes: false);
        Shape = new LandedShape(schema, request.SchemaPolicy, before.Shape);
        Quarantined = 0;
        _hasher = new ContentHasher();
        _sums = new ColumnSums(schema);
        _keys = new KeySet(schema);
        _writer = staging.Begin(request.Key, request.Window, request.PullId, pulledAt, Shape.Schema, withAccount);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        var writer = _writer ?? throw new InvalidOperationException("A source wrote rows before it started.");
        var landed = Shape!.Fit(batch);
        writer.Write(landed);
        _hasher.Add(landed);
        _sums!.Add(batch);
        _keys!.Add(batch);
        return ValueTask.CompletedTask;
    }

    public void Quarantine(QuarantineNote note)
    {
        Quarantined++;
        quarantine.Add(request.Key, request.PullId, note);
    }

    public IRawReply OpenRaw(RawRequest asked) => raw.Open(asked);

    public void Report(PullProgress progress) => observer.Progressed(request.Key, progress);

    /// <summary>Makes the staged file durable and returns its stamp.</summary>
    public PullStamp Complete(long fence, string definitionHash)
    {
        var writer = _writer ?? throw new InvalidOperationException("A source ended without starting.");
        var stamp = new PullStamp(request.PullId, fence, Rows, _hasher.Current(), pulledAt, definitionHash);
        writer.Complete(stamp);
        return stamp;
    }

    public void Dispose() => _writer?.Dispose();
}

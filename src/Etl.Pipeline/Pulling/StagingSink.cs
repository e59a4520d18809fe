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
/// of the source forgets its rows and begins anew; raw replies stay, for a replay begins again too. Rows that cannot be typed go to quarantine
/// before anything is counted, and so are in no sum, key or hash.
/// </summary>
internal sealed class StagingSink(
    IStagingArea staging, IQuarantineStore quarantine, IRawCapture raw, PullRequest request, DateTimeOffset pulledAt, bool withAccount, IRunObserver observer, SchemaBefore before) : IPullSink, IDisposable
{
    private IStagingWriter? _writer;
    private ContentHasher _hasher = new();
    private ColumnSums? _sums;
    private KeySet? _keys;
    private IQuarantineWriter? _quarantine;
    private RowBatch? _typed;

    /// <summary>How what is sent becomes what lands.</summary>
    public LandedShape? Shape { get; private set; }

    /// <summary>Rows that are staged.</summary>
    public long Rows => _hasher.Rows;

    /// <summary>Rows that went to quarantine.</summary>
    public long Quarantined { get; private set; }

    public Dictionary<string, ColumnSum> Sums => _sums?.Result() ?? [];

    public KeySet? Keys => _keys;

    public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
    {
        Dispose();
        _quarantine = quarantine.Begin(request.Key, request.PullId, pulledAt);
        _typed = new RowBatch(schema);
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
        Quarantined += batch.Refused.Count;
        foreach (var row in batch.Refused) _quarantine!.Add(row);
        batch = TypedRows.Of(batch, _typed!);
        var landed = Shape!.Fit(batch);
        writer.Write(landed);
        _hasher.Add(landed);
        _sums!.Add(batch);
        _keys!.Add(batch);
        return ValueTask.CompletedTask;
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

    /// <summary>Makes the rows in quarantine durable: of a pull that is staged, and of one that failed on its data.</summary>
    public void CompleteQuarantine() => _quarantine?.Complete();

    public void Dispose()
    {
        _writer?.Dispose();
        _quarantine?.Dispose();
    }
}

using Etl.Core.Columns;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Pipeline.Pulling;
using Etl.Pipeline.Schemas;

namespace Etl.Pipeline.SecondPaths;

/// <summary>
/// Takes a pull by the second path and stages nothing: each of its rows is taken out of the staged pull's, of which only hashes are in
/// memory. Rows that the staged pull does not have are kept for a look at them, <see cref="MostKept"/> at most.
/// </summary>
internal sealed class ComparingSink(IStagedPull staged, SecondPath path, IRawCapture raw, PullRequest request, IRunObserver observer) : IPullSink
{
    /// <summary>Rows kept for the message, and to see which differ by rounding only; a few MB.</summary>
    public const int MostKept = 10_000;

    private LandedShape? _shape;
    private SharedColumns? _shared;
    private RowHashBag _left = new();
    private RowBatch? _kept;
    private RowBatch? _typed;

    /// <summary>Rows of the second path that can be typed: those that the staged pull should have.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows of the second path that cannot be typed; where those of the first are is its quarantine.</summary>
    public long Refused { get; private set; }

    /// <summary>Rows of the second path that the staged pull does not have.</summary>
    public long Unmatched { get; private set; }

    /// <summary>What of the staged pull no row of the second path has taken.</summary>
    public RowHashBag Left => _left;

    /// <summary>The first of the rows that <see cref="Unmatched"/> counts.</summary>
    public RowBatch Kept => _kept ?? throw NotStarted();

    public SharedColumns Shared => _shared ?? throw NotStarted();

    public IStagedPull Staged => staged;

    public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
    {
        // What landed as doubles before was staged as doubles.
        _shape = new LandedShape(schema, request.SchemaPolicy, [.. staged.Schema.Columns.Select(c => new SchemaColumn(c.Name, c.Type))]);
        _shared = new SharedColumns(staged.Schema, _shape.Schema, path);
        _left = new RowHashBag();
        _kept = new RowBatch(_shared.Schema);
        _typed = new RowBatch(schema);
        Rows = Unmatched = Refused = 0;
        foreach (var batch in staged.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            _shared.OfFirst(batch, out var hashes);
            foreach (var hash in hashes) _left.Add(hash);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        Refused += batch.Refused.Count;
        batch = TypedRows.Of(batch, _typed!);
        var rows = Shared.OfSecond(_shape!.Fit(batch), out var hashes);
        Rows += batch.RowCount;
        for (var row = 0; row < hashes.Length; row++)
        {
            if (_left.TryTake(hashes[row])) continue;
            if (Unmatched++ < MostKept) Keep(rows, row);
        }
        return ValueTask.CompletedTask;
    }

    public IRawReply OpenRaw(RawRequest asked) => raw.Open(asked);

    public void Report(PullProgress progress) => observer.Progressed(request.Key, progress with { Doing = $"second path: {progress.Doing}" });

    private void Keep(RowBatch rows, int row)
    {
        for (var column = 0; column < rows.Schema.Columns.Count; column++) Kept[column].AppendFrom(rows[column], row);
    }

    private static InvalidOperationException NotStarted() => new("The second path wrote rows, or ended, before it started.");
}

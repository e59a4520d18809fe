using Etl.Core.Columns;
using Etl.Core.Raw;
using Etl.Core.Sources;

namespace Etl.Kaltura.Live;

/// <summary>Keeps in memory what one poll brings: rows and masked bodies. A poll is small; the minutes that it belongs to land later.</summary>
internal sealed class PollSink : IPullSink
{
    private readonly List<PollReply> _bodies = [];

    public RowBatch? Rows { get; private set; }

    public IReadOnlyList<LiveBody> Bodies => [.. _bodies.Select(b => b.Kept)];

    /// <summary>Takes over what another sink of the same poll got, behind the rows of this one.</summary>
    public void Absorb(PollSink other)
    {
        Rows ??= new RowBatch(other.Rows!.Schema);
        Rows.AppendAll(other.Rows!);
        _bodies.AddRange(other._bodies);
    }

    public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
    {
        Rows = new RowBatch(schema);
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        Rows!.AppendAll(batch);
        return ValueTask.CompletedTask;
    }

    public IRawReply OpenRaw(RawRequest request)
    {
        var reply = new PollReply(request);
        _bodies.Add(reply);
        return reply;
    }

    public void Report(PullProgress progress)
    {
    }

    private sealed class PollReply(RawRequest request) : IRawReply
    {
        private readonly MemoryStream _bytes = new();
        private RawFault? _fault;

        public LiveBody Kept => new(request, _bytes.ToArray(), _fault);

        public Stream Body => _bytes;

        public void Broke(RawFault fault) => _fault = fault;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

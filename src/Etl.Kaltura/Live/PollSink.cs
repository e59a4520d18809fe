using Etl.Core.Columns;
using Etl.Core.Raw;
using Etl.Core.Sources;

namespace Etl.Kaltura.Live;

/// <summary>Keeps in memory what one poll brings: rows, notes and masked bodies. A poll is small; the minutes that it belongs to land later.</summary>
internal sealed class PollSink : IPullSink
{
    private readonly List<PollReply> _bodies = [];
    private readonly List<QuarantineNote> _notes = [];

    public RowBatch? Rows { get; private set; }

    public IReadOnlyList<QuarantineNote> Notes => _notes;

    public IReadOnlyList<LiveBody> Bodies => [.. _bodies.Select(b => b.Kept)];

    /// <summary>Takes over what another sink of the same poll got, behind the rows of this one.</summary>
    public void Absorb(PollSink other)
    {
        if (Rows is null) Rows = new RowBatch(other.Rows!.Schema);
        var before = Rows.RowCount;
        for (var c = 0; c < Rows.Schema.Columns.Count; c++) Rows[c].AppendAll(other.Rows![c]);
        _notes.AddRange(other._notes.Select(n => n with { Row = n.Row + before }));
        _bodies.AddRange(other._bodies);
    }

    public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
    {
        Rows = new RowBatch(schema);
        _notes.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        for (var c = 0; c < batch.Schema.Columns.Count; c++) Rows![c].AppendAll(batch[c]);
        return ValueTask.CompletedTask;
    }

    public void Quarantine(QuarantineNote note) => _notes.Add(note);

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

using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Raw;
using Etl.Core.Sources;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>Keeps what a pull brings, cells as text.</summary>
internal sealed class CollectingSink : IPullSink
{
    private readonly List<KeptReply> _replies = [];

    public int Starts { get; private set; }
    public TableSchema? Schema { get; private set; }
    public List<IReadOnlyList<string?>> Rows { get; } = [];

    /// <summary>Rows that are to go to quarantine; they are among <see cref="Rows"/>, as they come.</summary>
    public List<RefusedRow> Refused { get; } = [];

    /// <summary>The cells of <see cref="Refused"/> that could not be typed.</summary>
    public List<CellNote> Notes => [.. Refused.SelectMany(r => r.Cells.Select(c => new CellNote(r.Page, r.Number, c.Column, c.Text, c.Reason)))];

    /// <summary>What was captured, in order.</summary>
    public IReadOnlyList<KeptReply> Replies => _replies;

    /// <summary>Captured bodies by action and number: <c>getTable-1</c>.</summary>
    public IReadOnlyDictionary<string, string> Raw =>
        _replies.GroupBy(r => r.Request.Action).SelectMany(g => g.Select((r, i) => (Name: $"{g.Key}-{i + 1}", r.Text))).ToDictionary(r => r.Name, r => r.Text);

    public IEnumerable<string?> Column(string name) => Rows.Select(r => r[Schema!.IndexOf(name)]);

    public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
    {
        (Schema, Starts) = (schema, Starts + 1);
        Rows.Clear();
        Refused.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        Assert.Same(Schema, batch.Schema);
        Refused.AddRange(batch.Refused.Select(r => r with { Index = Rows.Count + r.Index }));
        for (var row = 0; row < batch.RowCount; row++)
            Rows.Add([.. Enumerable.Range(0, batch.Schema.Columns.Count).Select(c => Cell(batch[c], row))]);
        return ValueTask.CompletedTask;
    }

    public IRawReply OpenRaw(RawRequest request)
    {
        var reply = new KeptReply(request);
        _replies.Add(reply);
        return reply;
    }

    /// <summary>What was told of the pull's progress.</summary>
    public List<string> Told { get; } = [];

    public void Report(PullProgress progress) => Told.Add(progress.Doing);

    private static string? Cell(ColumnBuffer cells, int row) => cells.IsNull(row) ? null : cells switch
    {
        TextBuffer text => Encoding.UTF8.GetString(text[row]),
        FixedBuffer<long> whole => whole.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<int> days => days.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<bool> flag => flag.Values[row].ToString(),
        FixedBuffer<double> real => real.Values[row].ToString("R", CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException(cells.GetType().Name),
    };
}

/// <summary>A cell that could not be typed.</summary>
internal sealed record CellNote(int Page, long Row, string Column, string Raw, string Reason);

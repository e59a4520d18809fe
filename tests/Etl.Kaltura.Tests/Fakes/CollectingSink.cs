using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Sources;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>Keeps what a pull brings, cells as text.</summary>
internal sealed class CollectingSink : IPullSink
{
    private readonly Dictionary<string, MemoryStream> _raw = [];

    public int Starts { get; private set; }
    public TableSchema? Schema { get; private set; }
    public List<IReadOnlyList<string?>> Rows { get; } = [];
    public List<QuarantineNote> Notes { get; } = [];

    public IReadOnlyDictionary<string, string> Raw => _raw.ToDictionary(r => r.Key, r => Encoding.UTF8.GetString(r.Value.ToArray()));

    public IEnumerable<string?> Column(string name) => Rows.Select(r => r[Schema!.IndexOf(name)]);

    public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
    {
        (Schema, Starts) = (schema, Starts + 1);
        Rows.Clear();
        Notes.Clear();
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
    {
        Assert.Same(Schema, batch.Schema);
        for (var row = 0; row < batch.RowCount; row++)
            Rows.Add([.. Enumerable.Range(0, batch.Schema.Columns.Count).Select(c => Cell(batch[c], row))]);
        return ValueTask.CompletedTask;
    }

    public void Quarantine(QuarantineNote note) => Notes.Add(note);

    public Stream OpenRaw(string name)
    {
        Assert.DoesNotContain(name, _raw.Keys);
        return _raw[name] = new MemoryStream();
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

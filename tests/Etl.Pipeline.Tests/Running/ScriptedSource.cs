using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Running;

/// <summary>A source whose content a test writes down: label to rows of (id, plays).</summary>
internal sealed class ScriptedSource : ISource, ISourceFactory
{
    public static readonly TableSchema Schema = new(
        [new Column("id", ColumnType.Text), new Column("plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full)], ["id"]);

    /// <summary>Type of <c>plays</c>; a whole number by default.</summary>
    public ColumnType PlaysType { get; set; } = ColumnType.Int64;

    /// <summary>How what is sent differs from what was promised.</summary>
    public SchemaDrift Drift { get; set; } = SchemaDrift.None;

    /// <summary>What the latest pull was asked to keep as text.</summary>
    public IReadOnlyCollection<string> StaysText { get; private set; } = [];

    private TableSchema Sent => PlaysType == ColumnType.Int64 && Drift == SchemaDrift.None ? Schema
        : new TableSchema([Schema.Columns[0], Schema.Columns[1] with { Type = PlaysType, Known = PlaysType != ColumnType.Text }], Schema.Key) { Drift = Drift };

    private readonly Lock _gate = new();

    /// <summary>Rows of a window; two rows by default.</summary>
    public Func<string, IReadOnlyList<(string Id, long Plays)>> Rows { get; set; } = label => [($"{label}-a", 10), ($"{label}-b", 20)];

    /// <summary>Says of which rows the cell 'plays' cannot be typed: it is refused with its id and the word <c>many</c>.</summary>
    public Func<string, bool> Refuses { get; set; } = _ => false;

    /// <summary>Rows of a window of an account, where a test tells accounts apart.</summary>
    public Func<WindowKey, IReadOnlyList<(string Id, long Plays)>>? RowsOf { get; set; }

    /// <summary>Difference of the totals from the true sum, by attempt (from zero).</summary>
    public Func<string, int, double> TotalsOff { get; set; } = (_, _) => 0;

    /// <summary>Called in the middle of a pull, between the two halves of the rows.</summary>
    public Func<PullRequest, CancellationToken, Task> Halfway { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>When true the source writes half of the rows, begins again and then writes all.</summary>
    public bool Restarts { get; set; }

    /// <summary>By how much the rows that the source counts differ from those that it writes.</summary>
    public int Miscounts { get; set; }

    /// <summary>Labels pulled, in the order of the pulls.</summary>
    public List<string> Pulled { get; } = [];

    /// <summary>Range of the latest question for accounts.</summary>
    public (DateTimeOffset From, DateTimeOffset To) AskedFor { get; private set; }

    public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        AskedFor = (from, to);
        return Task.FromResult(spec.AccountsFrom is not null ? Listed : spec.Accounts.Count > 0 ? spec.Accounts : (IReadOnlyList<string>?)["100"]);
    }

    /// <summary>What the report of accounts lists; null when it is not asked.</summary>
    public IReadOnlyList<string>? Listed { get; set; }

    public ISource Create(SourceSpec spec, string account) => this;

    public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();

    public PullForecast Forecast(PullRequest request) => new(1, "none");

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var schema = Sent;
        StaysText = request.StaysText;
        int attempt;
        lock (_gate)
        {
            attempt = Pulled.Count(p => p == request.Window.Label);
            Pulled.Add(request.Window.Label);
        }
        var rows = RowsOf?.Invoke(request.Key) ?? Rows(request.Window.Label);
        if (Restarts)
        {
            await sink.StartAsync(schema, cancellation);
            await sink.WriteAsync(Batch(schema, rows.Take(1)), cancellation);
        }
        await sink.StartAsync(schema, cancellation);
        var half = rows.Count / 2;
        await sink.WriteAsync(Batch(schema, rows.Take(half)), cancellation);
        await Halfway(request, cancellation);
        await sink.WriteAsync(Batch(schema, rows.Skip(half)), cancellation);
        var totals = new Dictionary<string, double> { ["plays"] = rows.Sum(r => r.Plays) + TotalsOff(request.Window.Label, attempt) };
        return new PullOutcome(schema, rows.Count + Miscounts, totals, new PullProof { Calls = 2, KnownEmpty = rows.Count == 0 });
    }

    private RowBatch Batch(TableSchema schema, IEnumerable<(string Id, long Plays)> rows)
    {
        var batch = new RowBatch(schema);
        foreach (var (id, plays) in rows)
        {
            batch.Text(0).Append(System.Text.Encoding.UTF8.GetBytes(id));
            if (Refuses(id))
            {
                batch[1].AppendNull();
                batch.Refuse(new RefusedRow(batch.RowCount - 1, batch.RowCount, $$"""{"id":"{{id}}","plays":"many"}""", [new RefusedCell("plays", "many", "is not a whole number of 64 bits")]));
                continue;
            }
            switch (batch[1])
            {
                case FixedBuffer<double> doubles: doubles.Append(plays); break;
                case TextBuffer text: text.Append(System.Text.Encoding.UTF8.GetBytes($"{plays}")); break;
                default: batch.Fixed<long>(1).Append(plays); break;
            }
        }
        return batch;
    }
}

using System.Text;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;

namespace Etl.Pipeline.Tests.SecondPaths;

/// <summary>What one path answers: columns, and rows as text lines with cells separated by commas (<c>~</c> is null, <c>!</c> cannot be typed).</summary>
internal sealed record PathAnswer(TableSchema Schema, params string[] Lines)
{
    /// <summary>Called in the middle of the rows.</summary>
    public Func<IPullSink, CancellationToken, Task> Halfway { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Writes half of the rows, begins again and then writes all.</summary>
    public bool Restarts { get; init; }
}

/// <summary>A source with two paths whose answers a test writes down, by attempt from zero.</summary>
internal sealed class TwoPathSource : ISourceFactory
{
    private const string Other = "other";

    public static readonly TableSchema Keyed = new(
        [new Column("id", ColumnType.Text), new Column("name", ColumnType.Text), new Column("plays", ColumnType.Int64, ColumnRole.Metric), new Column("rate", ColumnType.Double, ColumnRole.Metric)],
        ["id"]);

    public static readonly TableSchema Keyless = new(Keyed.Columns);

    public Func<int, PathAnswer> First { get; set; } = _ => new PathAnswer(Keyed, "a,One,1,0.5", "b,Two,2,0.25");

    public Func<int, PathAnswer> Second { get; set; } = _ => new PathAnswer(Keyed, "b,Two,2,0.25", "a,One,1,0.5");

    public SecondPath Path { get; set; } = new() { Source = new SourceSpec { Action = Other }, Name = Other };

    /// <summary>Pull ids in the order of the pulls.</summary>
    public List<string> Pulls { get; } = [];

    public List<SecondPathKind> Asked { get; } = [];

    /// <summary>What the second path was asked for.</summary>
    public List<PullRequest> SecondRequests { get; } = [];

    public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<string>?>(["100"]);

    public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind)
    {
        Asked.Add(kind);
        return Path;
    }

    public ISource Create(SourceSpec spec, string account) => new Source(this, spec.Action == Other);

    private sealed class Source(TwoPathSource paths, bool second) : ISource
    {
        public PullForecast Forecast(PullRequest request) => second ? new(3, "none") : new(2, "some");

        public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
        {
            var attempt = paths.Pulls.Count(p => p.EndsWith("-second", StringComparison.Ordinal) == second);
            paths.Pulls.Add(request.PullId);
            if (second) paths.SecondRequests.Add(request);
            var answer = (second ? paths.Second : paths.First)(attempt);
            var half = answer.Lines.Length / 2;
            await sink.StartAsync(answer.Schema, cancellation);
            if (answer.Restarts)
            {
                await sink.WriteAsync(Batch(answer.Schema, answer.Lines[half..]), cancellation);
                await sink.StartAsync(answer.Schema, cancellation);
            }
            await sink.WriteAsync(Batch(answer.Schema, answer.Lines[..half]), cancellation);
            await answer.Halfway(sink, cancellation);
            await sink.WriteAsync(Batch(answer.Schema, answer.Lines[half..]), cancellation);
            return new PullOutcome(answer.Schema, answer.Lines.Length, null, new PullProof { Calls = 2, KnownEmpty = answer.Lines.Length == 0 });
        }
    }

    private static RowBatch Batch(TableSchema schema, string[] lines)
    {
        var batch = new RowBatch(schema);
        foreach (var line in lines)
        {
            var cells = line.Split(',');
            for (var i = 0; i < cells.Length; i++)
            {
                if (cells[i] is "~" or "!") batch[i].AppendNull();
                else if (schema.Columns[i].Type == ColumnType.Text) batch.Text(i).Append(Encoding.UTF8.GetBytes(cells[i]));
                else if (schema.Columns[i].Type == ColumnType.Int64) batch.Fixed<long>(i).Append(long.Parse(cells[i], System.Globalization.CultureInfo.InvariantCulture));
                else batch.Fixed<double>(i).Append(double.Parse(cells[i], System.Globalization.CultureInfo.InvariantCulture));
            }
            var bad = Array.IndexOf(cells, "!");
            if (bad >= 0) batch.Refuse(new RefusedRow(batch.RowCount - 1, batch.RowCount, line, [new RefusedCell(schema.Columns[bad].Name, "!", "is bad")]));
        }
        return batch;
    }
}

using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Sql.Sqlite;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Testing.Crash.Sweeping;

/// <summary>
/// Nights of one job on the real pipeline, ledger and targets. Each night the source shows other rows of the window <see cref="Label"/>, which is pulled on two
/// nights: landed on the first, landed again on the second.
/// </summary>
public static class Nights
{
    /// <summary>The window.</summary>
    public const string Label = "2026-11-19";

    /// <summary>Account of the window.</summary>
    public const string Account = "101";

    private static readonly TableSchema s_schema = new(
        [new Column("id", ColumnType.Text), new Column("plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full)], ["id"]);

    /// <summary>Key of the window.</summary>
    public static WindowKey Key => new("nights", "main", Account, Label);

    /// <summary>The job.</summary>
    /// <param name="kind"><c>parquet</c> or <c>table</c>.</param>
    public static JobDefinition Job(string kind) => new()
    {
        Name = Key.Job,
        Sources = [new SourceSpec { Action = "table", Report = "38" }],
        Window = new WindowSpec { TimeZone = "UTC", Lookback = 2 },
        Land = [kind == "parquet" ? new ParquetLandSpec { Dataset = "plays" } : new TableLandSpec { Table = "plays", Key = ["id"] }],
        Checks = new CheckSpec { Tolerance = 0 },
    };

    /// <summary>What the source shows on a night: some rows stay, some change, some come and go. Ids do not compress, so that files take several writes.</summary>
    public static IReadOnlyList<(string Id, long Plays)> Rows(string kind, int night)
    {
        var random = new Random(20_261_119);
        var rows = new List<(string, long)>();
        for (var row = 0; row < (kind == "parquet" ? 2_500 : 250); row++)
        {
            var id = Convert.ToHexStringLower(BitConverter.GetBytes(random.NextInt64())) + Convert.ToHexStringLower(BitConverter.GetBytes(random.NextInt64())) + row;
            if (row % 5 == night) continue;
            rows.Add((id, row % 3 == 0 ? row : row * 10 + night));
        }
        return rows;
    }

    /// <summary>Runs the job on a night, as often as one likes; says how the window ended, or that nothing was due.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="kind">Which target.</param>
    /// <param name="night">1 or 2.</param>
    public static async Task<string> RunAsync(string data, string kind, int night)
    {
        var clock = new FakeClock(new DateTimeOffset(2026, 11, 19 + night, 12, 0, 0, TimeSpan.Zero));
        Directory.CreateDirectory(data);
        await using var ledger = await SqliteLedger.OpenAsync(Path.Combine(data, "ledger.db"), default);
        var parts = Parts.Of(data, ledger, new TargetFactory(data, new ConnectionSettings(_ => null, data), clock), new Source(Rows(kind, night)), clock);
        var run = await new JobRunner(parts).RunAsync(Job(kind), new PlanOptions { From = Label, To = Label }, 1, default);
        return run.Outcomes is [var outcome] ? $"{outcome.State} {outcome.Code} {outcome.Message}".Trim() : "nothing due";
    }

    private sealed class Source(IReadOnlyList<(string Id, long Plays)> rows) : ISource, ISourceFactory
    {
        public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<string>?>([Account]);

        public ISource Create(SourceSpec spec, string account) => this;

        public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();

        public PullForecast Forecast(PullRequest request) => new(1, "none");

        public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
        {
            await sink.StartAsync(s_schema, cancellation);
            foreach (var half in rows.Chunk((rows.Count + 1) / 2))
            {
                var batch = new RowBatch(s_schema);
                foreach (var (id, plays) in half)
                {
                    batch.Text(0).Append(System.Text.Encoding.ASCII.GetBytes(id));
                    batch.Fixed<long>(1).Append(plays);
                }
                await sink.WriteAsync(batch, cancellation);
            }
            return new PullOutcome(s_schema, rows.Count, new Dictionary<string, double> { ["plays"] = rows.Sum(r => r.Plays) }, new PullProof { Calls = 1 });
        }
    }
}

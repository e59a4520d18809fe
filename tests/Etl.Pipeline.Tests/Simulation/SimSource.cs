using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Testing.Simulation;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>
/// A service whose windows change now and then: every state that a window was ever in has a version, which each of its rows names, so that rows of two states are
/// never taken for one. Some windows are poison: they never answer with rows that can be believed.
/// </summary>
internal sealed class SimService(World world)
{
    public const int RowsPerPage = 3;

    private readonly Dictionary<string, List<Edition>> _windows = [];

    /// <summary>Labels that fail whatever is tried.</summary>
    public HashSet<string> Poison { get; } = [];

    /// <summary>Probability that a restatement takes most rows away.</summary>
    public double Shrinks { get; set; }

    /// <summary>Fault: pages are handed out of whatever state the window is in, and nobody compares them.</summary>
    public bool MixesPages { get; set; }

    /// <summary>What a window holds now.</summary>
    public Edition Now(string label) => Editions(label)[^1];

    /// <summary>All that a window ever held.</summary>
    public IReadOnlyList<Edition> All(string label) => Editions(label);

    /// <summary>Changes a window.</summary>
    public void Restate(string label)
    {
        var editions = Editions(label);
        var rows = world.Chance(Shrinks) ? world.Random.Next(2) : world.Random.Next(5, 9);
        editions[^1].Until = world.Now;
        editions.Add(new Edition(editions.Count + 1, rows));
        world.Note($"the service restates {label}: version {editions.Count}, {rows} rows");
    }

    private List<Edition> Editions(string label)
    {
        if (_windows.TryGetValue(label, out var editions)) return editions;
        return _windows[label] = [new Edition(1, world.Random.Next(5, 9))];
    }

    /// <summary>One state of a window.</summary>
    public sealed class Edition(int version, int rows)
    {
        public int Version => version;

        public int Rows => rows;

        /// <summary>When it was replaced.</summary>
        public DateTimeOffset Until { get; set; } = DateTimeOffset.MaxValue;

        /// <summary>A row's metric: it names the version and the row.</summary>
        public long Plays(int row) => version * 1000L + row;
    }
}

/// <summary>Pulls from the service page by page, and begins again when it changed meanwhile.</summary>
internal sealed class SimSource(SimService service, SimLink link, SimProcess process) : ISource, ISourceFactory
{
    private const int MostRestarts = 4;

    public static readonly TableSchema Schema = new(
        [new Column("id", ColumnType.Text), new Column("plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full)], ["id"]);

    // Fault: what was read before the window was leased.
    private readonly Dictionary<string, SimService.Edition>? _early;

    public SimSource(SimService service, SimLink link, SimProcess process, bool pullsBeforeItLeases)
        : this(service, link, process) => _early = pullsBeforeItLeases ? [] : null;

    public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        if (_early is not null)
            foreach (var day in Enumerable.Range(0, (int)(to - from).TotalDays + 20).Select(d => to.AddDays(-d - 1)))
                _early.TryAdd(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), service.Now(day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)));
        return Task.FromResult<IReadOnlyList<string>?>(["100"]);
    }

    public ISource Create(SourceSpec spec, string account) => this;

    public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();

    public PullForecast Forecast(PullRequest request) => new(1, "none");

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var label = request.Window.Label;
        var restarts = new List<string>();
        for (var attempt = 0; ; attempt++)
        {
            process.RequireLife();
            await sink.StartAsync(Schema, cancellation).ConfigureAwait(false);
            var first = await ReadAsync(label, cancellation).ConfigureAwait(false);
            var (at, edition) = (0, first);
            while (true)
            {
                var batch = new RowBatch(Schema);
                for (var row = at; row < Math.Min(edition.Rows, at + SimService.RowsPerPage); row++)
                {
                    batch.Text(0).Append(Encoding.UTF8.GetBytes($"{label}-{row}"));
                    batch.Fixed<long>(1).Append(edition.Plays(row));
                }
                await sink.WriteAsync(batch, cancellation).ConfigureAwait(false);
                at += batch.RowCount;
                if (batch.RowCount < SimService.RowsPerPage) break;
                edition = await ReadAsync(label, cancellation).ConfigureAwait(false);
                if (edition != first && !service.MixesPages) break;
            }
            if (edition == first || service.MixesPages)
            {
                // Totals are another request, and may be of another state.
                var totals = service.MixesPages ? null : await ReadAsync(label, cancellation).ConfigureAwait(false);
                var sum = 0L;
                for (var row = 0; totals is not null && row < totals.Rows; row++) sum += totals.Plays(row);
                return new PullOutcome(
                    Schema, at, totals is null ? null : new Dictionary<string, double> { ["plays"] = sum }, new PullProof { Calls = 1, KnownEmpty = at == 0, Restarts = restarts });
            }
            restarts.Add("it changed while it was read");
            if (attempt >= MostRestarts)
                throw new EtlException(FaultKind.Unreachable, $"Window '{label}' changed faster than it could be read.") { Code = "moving", IsTransient = true };
        }
    }

    private Task<SimService.Edition> ReadAsync(string label, CancellationToken cancellation) => link.CallAsync(
        process,
        $"read {label}",
        () => service.Poison.Contains(label)
            ? throw new EtlException(FaultKind.Window, $"Window '{label}' is cut off in the middle of a row.") { Code = "bad-row" }
            : _early?.GetValueOrDefault(label) ?? service.Now(label),
        cancellation);
}

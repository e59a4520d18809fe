using Etl.Core.Catalog;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Integration.Tests.Support;
using Etl.Kaltura;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Quarantine;
using Etl.Landing.Raw;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Staging;
using Etl.Pipeline.Jobs;
using Etl.Pipeline.Running;

namespace Etl.Integration.Tests;

/// <summary>A row that this build's catalogue cannot type, and the next one's can: typed anew from the replies that were kept.</summary>
public sealed class QuarantineReplayTests
{
    [Fact]
    public async Task Catalogue_that_knows_better_lands_the_rows_from_the_recorded_replies()
    {
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJobText("plays", """
            job: plays
            source: { report: 38, action: table }
            window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
            land: [ { parquet: { dataset: plays } } ]
            checks: { totals: warn, quarantine: 0 rows }
            """);
        await shop.FaultAsync("""{"kind":"bad-cell","action":"getTable","times":-1,"parameter":"avg_completion_rate=n/a"}""");
        // Held, so that no landed window has the column as a number: a column that changes its type is held for that.
        Assert.Equal(3, (await shop.RunAsync("run", "plays")).Exit);
        var truth = await shop.ExpectedAsync("38", label);
        Assert.Empty(shop.Parquet("plays", label));
        var first = Assert.Single(new QuarantineStore(shop.DataFolder).List("plays"));
        await shop.Sandbox.DisposeAsync();

        var outcome = await ReplayAsync(shop, new RateIsText());

        Assert.Equal((WindowState.Landed, (long)truth.Length, 0L), (outcome.State, outcome.Rows, outcome.Quarantined));
        Assert.NotEqual(first.Pull, outcome.Pull);
        Assert.Equal(truth, shop.Parquet("plays", label));
        Assert.Equal("Text", WorkshopRows.Types(shop.ParquetFile("plays", label))["avg_completion_rate"]);
        Assert.Contains("n/a", WorkshopRows.Column(shop.ParquetFile("plays", label), "avg_completion_rate"));
        Assert.Contains("No rows of job 'plays'", (await shop.RunAsync("quarantine", "list", "plays")).Out, StringComparison.Ordinal);
        Assert.Empty(shop.Leftovers());
    }

    private static async Task<WindowOutcome> ReplayAsync(Workshop shop, ICatalog catalog)
    {
        var connections = new ConnectionSettings(_ => null, shop.DataFolder);
        var ledger = await SqliteLedger.OpenAsync(Path.Combine(shop.DataFolder, "ledger.db"), default);
        await using (ledger)
        {
            var targets = new TargetFactory(shop.DataFolder, connections, TimeProvider.System);
            var job = JobFileReader.Load(Path.Combine(shop.Folder, "jobs"), catalog, new KalturaSourceRules(catalog), targets).Get("plays");
            var settings = KalturaSettings.FromLookup(shop.Environment.GetValueOrDefault, needCredential: false);
            using var planning = new KalturaConnection(settings);
            var open = new List<KalturaConnection>();
            var parts = new PipelineParts
            {
                Ledger = ledger,
                Sources = new KalturaSourceFactory(planning, catalog, looksAhead: true),
                Targets = targets,
                Staging = new ParquetStagingArea(shop.DataFolder),
                Quarantine = new QuarantineStore(shop.DataFolder),
                Raw = new RawStore(shop.DataFolder, TimeProvider.System),
                Observer = new NoObserver(),
            };
            var outcomes = await new QuarantineReplayer(parts, recording =>
            {
                open.Add(KalturaConnection.Over(settings, recording));
                return new KalturaSourceFactory(open[^1], catalog);
            }).ReplayAsync(job, null, default);
            open.ForEach(c => c.Dispose());
            return Assert.Single(outcomes);
        }
    }

    /// <summary>The catalogue of a build that has learnt that a rate may be a word.</summary>
    private sealed class RateIsText : ICatalog
    {
        private readonly KalturaCatalog _known = new();

        public IReadOnlyList<ReportType> Reports => _known.Reports;

        public IReadOnlyDictionary<string, ColumnFact> Columns =>
            _known.Columns.ToDictionary(c => c.Key, c => c.Key == "avg_completion_rate" ? c.Value with { Type = "string", Storage = "string" } : c.Value);

        public IReadOnlyDictionary<string, FilterField> Filters => _known.Filters;

        public ReportType? FindReport(string nameOrId) => _known.FindReport(nameOrId);

        public IReadOnlyList<string> NearestReports(string nameOrId, int count = 3) => _known.NearestReports(nameOrId, count);
    }

    private sealed class NoObserver : IRunObserver
    {
        public void Planned(string job, int windows, int notDue)
        {
        }

        public void Moved(WindowKey key, WindowState state)
        {
        }

        public void Progressed(WindowKey key, PullProgress progress)
        {
        }

        public void Finished(WindowOutcome outcome)
        {
        }
    }
}

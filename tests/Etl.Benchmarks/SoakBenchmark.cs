using System.Diagnostics;
using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Quarantine;
using Etl.Landing.Raw;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Staging;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Testing.Files;
using Etl.Testing.Servers;

namespace Etl.Benchmarks;

/// <summary>
/// 10,000 runs in one process, of which 2 % fail: half of those while they pull, half while they publish. Told are handles, threads and memory on the way, which
/// should stay where they are, what resident memory is made of, and how long publishing takes at each kind of target.
/// </summary>
internal static class SoakBenchmark
{
    private const int Windows = 10, Rows = 200;
    private const double Fails = 0.01;

    private static readonly string[] s_sinks = ["folder", "blob", "sqlite", "postgres"];

    internal static int Run(string[] args) => RunAsync(args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000, args.Length > 1 ? args[1..] : s_sinks).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(int runs, string[] sinks)
    {
        Console.WriteLine(Machine.Describe());
        Console.WriteLine($"load before it began: {File.ReadAllText("/proc/loadavg").Trim()}");
        using var folder = new TempFolder();
        await using var postgres = await (await PostgresServer.StartAsync()).CreateDatabaseAsync();
        await using var container = await (await AzuriteServer.StartAsync()).CreateContainerAsync();
        var connections = new ConnectionSettings(
            name => name switch
            {
                "ETL_CONNECTION_PG" => "postgres:" + postgres.ConnectionString,
                "ETL_STORE_LAKE" => $"azure-blob:{container.ConnectionString}Container={container.Name}/lake",
                _ => null,
            },
            folder.Path);
        await using var ledger = await SqliteLedger.OpenAsync(folder["ledger.db"], default);
        var random = new Random(10_000);
        var targets = new TimedTargets(new TargetFactory(folder.Path, connections, TimeProvider.System), random);
        var parts = new PipelineParts
        {
            Ledger = ledger, Sources = new ShakySource(random), Targets = targets, Staging = new ParquetStagingArea(folder.Path),
            Quarantine = new QuarantineStore(folder.Path), Raw = new RawStore(folder.Path, TimeProvider.System), Observer = new LandBenchmark.NoObserver(),
        };
        var jobs = sinks.Select(Job).ToArray();
        var last = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-2);
        var (landed, failed, clock) = (0, 0, Stopwatch.StartNew());
        for (var run = 0; run <= runs; run++)
        {
            if (run % (runs / 10) == 0) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {run} runs: {Look()}; {landed} landed, {failed} failed, {clock.Elapsed.TotalSeconds:F0} s, {Machine.CpuSeconds():F1} s of processor time"));
            var label = last.AddDays(-random.Next(Windows)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            var (_, outcomes) = await new JobRunner(parts).RunAsync(jobs[run % jobs.Length], new PlanOptions { From = label, To = label, Force = true }, 1, default);
            foreach (var outcome in outcomes)
            {
                if (outcome.ExitCode == ExitCode.Done) landed++;
                else failed++;
            }
        }
        foreach (var (sink, times) in targets.Times.OrderBy(t => t.Key, StringComparer.Ordinal))
        {
            times.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"commit at {sink}: median {times[times.Count / 2]:F1} ms, p99 {times[times.Count * 99 / 100]:F1} ms, of {times.Count}"));
        }
        ResidentMemory.GiveBack();
        Console.WriteLine($"after everybody gave free memory back: {Look()}");
        Console.WriteLine($"staged pulls left: {parts.Staging.List().Count}; load at the end: {File.ReadAllText("/proc/loadavg").Trim()}");
        return 0;
    }

    private static JobDefinition Job(string sink) => new()
    {
        Name = "soak-" + sink,
        Sources = [new SourceSpec { Action = "table", Report = "38" }],
        Window = new WindowSpec { TimeZone = "UTC", Lookback = 1 },
        Land =
        [
            sink switch
            {
                "folder" => new ParquetLandSpec { Dataset = "soak" },
                "blob" => new ParquetLandSpec { Dataset = "soak", Store = "lake" },
                "sqlite" => new TableLandSpec { Table = "soak", Key = ["id"] },
                _ => new TableLandSpec { Table = "soak", Connection = "pg", Key = ["id"] },
            },
        ],
        Freeze = null,
        Attempts = null,
        Raw = TimeSpan.Zero,
    };

    private static string Look()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Directory.GetFileSystemEntries("/proc/self/fd").Length} handles, {Directory.GetDirectories("/proc/self/task").Length} threads, {GC.GetTotalMemory(true) / 1e6:F1} MB managed, {ResidentMemory.Look()}");
    }

    private sealed class ShakySource(Random random) : ISource, ISourceFactory
    {
        private static readonly TableSchema s_schema = new([new Column("id", ColumnType.Text), new Column("plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full)], ["id"]);
        private int _pulls;

        public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<string>?>(["100"]);

        public ISource Create(SourceSpec spec, string account) => this;

        public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();

        public PullForecast Forecast(PullRequest request) => new(1, "none");

        public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
        {
            var (batch, sum, pull) = (new RowBatch(s_schema), 0L, ++_pulls);
            await sink.StartAsync(s_schema, cancellation);
            for (var row = 0; row < Rows; row++)
            {
                batch.Text(0).Append(Encoding.UTF8.GetBytes($"1_{row:D6}"));
                batch.Fixed<long>(1).Append(pull + row);
                sum += pull + row;
            }
            await sink.WriteAsync(batch, cancellation);
            if (random.NextDouble() < Fails) throw new EtlException(FaultKind.Unreachable, "The service broke off.") { IsTransient = true };
            return new PullOutcome(s_schema, Rows, new Dictionary<string, double> { ["plays"] = sum }, new PullProof { Calls = 1 });
        }
    }

    private sealed class TimedTargets(ITargetFactory inner, Random random) : ITargetFactory
    {
        public Dictionary<string, List<double>> Times { get; } = new(StringComparer.Ordinal);

        public string NameOf(LandSpec land) => inner.NameOf(land);

        public ITarget Create(LandSpec land, bool severalAccounts) => new Timed(this, inner.Create(land, severalAccounts), random);

        private sealed class Timed(TimedTargets all, ITarget inner, Random random) : ITarget
        {
            public string Kind => inner.Kind;

            public string Name => inner.Name;

            public string Locate(WindowKey key, Window window) => inner.Locate(key, window);

            public async Task<IPreparedLanding> PrepareAsync(LandingOrder order, IStagedPull staged, CancellationToken cancellation) =>
                new Landing(all, inner.Name, await inner.PrepareAsync(order, staged, cancellation), random);

            public Task<PublishedPull?> FindAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.FindAsync(key, window, cancellation);

            public Task<IPublishedRows?> OpenPublishedAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.OpenPublishedAsync(key, window, cancellation);

            public Task SweepAsync(WindowKey key, Window window, CancellationToken cancellation) => inner.SweepAsync(key, window, cancellation);
        }

        private sealed class Landing(TimedTargets all, string name, IPreparedLanding inner, Random random) : IPreparedLanding
        {
            public async Task<LandingReceipt> PublishAsync(CancellationToken cancellation)
            {
                if (random.NextDouble() < Fails) throw new EtlException(FaultKind.Window, "The target broke off.") { IsTransient = true };
                var start = Stopwatch.GetTimestamp();
                var receipt = await inner.PublishAsync(cancellation);
                if (!all.Times.TryGetValue(name, out var times)) all.Times[name] = times = [];
                times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                return receipt;
            }

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}

using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Dapper;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Pipeline.Planning;
using Etl.Testing.Files;
using Etl.Testing.Servers;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Etl.Benchmarks;

/// <summary>A ledger of 50 jobs with 2,000 landed windows each: taking a lease with 8 threads, planning one job, what <c>etl status</c> asks for all jobs.</summary>
internal static class LedgerBenchmark
{
    private const int Jobs = 50, Windows = 2_000, Threads = 8;

    internal static int Run(string[] args)
    {
        var leases = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 4_000;
        Console.WriteLine(Machine.Describe());
        var only = args.ElementAtOrDefault(1);
        if (only is null or "sqlite") SqliteAsync(leases).GetAwaiter().GetResult();
        if (only is null or "postgres") PostgresAsync(leases).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task SqliteAsync(int leases)
    {
        using var folder = new TempFolder();
        await using var ledger = await SqliteLedger.OpenAsync(folder["ledger.db"], default);
        await using (var connection = new SqliteConnection($"Data Source={folder["ledger.db"]}"))
            await FillAsync(connection, "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < @count)", "date('now', '-' || n || ' days')");
        await MeasureAsync("SQLite, synchronous", ledger, leases);
    }

    private static async Task PostgresAsync(int leases)
    {
        await using var database = await (await PostgresServer.StartAsync()).CreateDatabaseAsync();
        await using var ledger = await PostgresLedger.OpenAsync(database.ConnectionString, default);
        await using (var connection = new NpgsqlConnection(database.ConnectionString))
        {
            await FillAsync(connection, "WITH numbers AS (SELECT generate_series(1, @count) AS n)", "to_char((now() AT TIME ZONE 'UTC')::date - n::int, 'YYYY-MM-DD')");
            Console.WriteLine(await connection.QuerySingleAsync<string>("SELECT 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync')"));
        }
        await MeasureAsync("PostgreSQL", ledger, leases);
    }

    private static async Task FillAsync(DbConnection connection, string numbers, string label)
    {
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        for (var job = 0; job < Jobs; job++)
        {
            await connection.ExecuteAsync(
                $"""
                {numbers}
                INSERT INTO etl_window (job, source, account, label, from_utc, to_utc, state, fence, settled, landed_pull, landed_rows, landed_hash, landed_fence, landed_at,
                    definition_hash, equal_pulls, failures)
                SELECT @job, 'main', '101', {label}, {label} || 'T00:00:00.0000000Z', {label} || 'T23:59:59.9999999Z', 'landed', 3, 3, 'pull-' || n, 1000, 'hash', 3,
                    '2026-11-20T03:00:00.0000000Z', 'definition', 3, 0 FROM numbers
                """,
                new { job = Name(job), count = Windows }, transaction);
            await connection.ExecuteAsync(
                "INSERT INTO etl_job (job, source, account, first_label) SELECT job, source, account, min(label) FROM etl_window WHERE job = @job GROUP BY job, source, account",
                new { job = Name(job) }, transaction);
        }
        await transaction.CommitAsync();
    }

    private static async Task MeasureAsync(string name, ILedger ledger, int leases)
    {
        var culture = CultureInfo.InvariantCulture;
        Console.WriteLine(string.Create(culture, $"{name}: {Jobs * Windows} windows"));
        var records = await ledger.WindowsAsync(Name(0), default);
        if (records.Count != Windows) throw new InvalidOperationException($"{Windows} windows, and {records.Count} were found.");
        // Each thread works on jobs of its own windows, as workers do; the first leases warm up.
        foreach (var count in (int[])[leases / 10, leases])
        {
            var times = new double[count];
            var next = -1;
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(async () =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < count;)
                {
                    var record = records[i % Windows];
                    var key = record.Key with { Job = Name(i / Windows % Jobs) };
                    var start = Stopwatch.GetTimestamp();
                    var lease = await ledger.TryLeaseAsync(key, new Window(record.From, record.To, key.Label, WindowUnit.Day), $"worker{thread}", TimeSpan.FromMinutes(5), 0, default)
                        ?? throw new InvalidOperationException($"'{key}' is leased.");
                    times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                    await ledger.SettleAsync(lease, new Settlement { State = WindowState.Frozen }, default);
                }
            })));
            Array.Sort(times);
            if (count == leases)
                Console.WriteLine(string.Create(culture, $"  lease, {Threads} threads, {count} times: p50 {At(0.5):0.0} ms, p99 {At(0.99):0.0} ms, most {times[^1]:0.0} ms"));

            double At(double share) => times[(int)(share * (count - 1))];
        }
        var planner = new DuePlanner(ledger, new OneAccount(), TimeProvider.System);
        var (plan, status) = (await MedianAsync(() => planner.PlanAsync(Job(7), new PlanOptions(), default)), await MedianAsync(StatusAsync));
        Console.WriteLine(string.Create(culture, $"  plan of one job: {plan:0.0} ms; status of all jobs: {status:0} ms"));

        async Task StatusAsync()
        {
            for (var job = 0; job < Jobs; job++)
            {
                await ledger.WindowsAsync(Name(job), default);
                await planner.PlanAsync(Job(job), new PlanOptions(), default);
            }
            await ledger.JobsAsync(default);
        }
    }

    private static async Task<double> MedianAsync(Func<Task> work)
    {
        var times = new List<double>();
        for (var round = 0; round < 6; round++)
        {
            var start = Stopwatch.GetTimestamp();
            await work();
            if (round > 0) times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        return times.Order().ElementAt(times.Count / 2);
    }

    private static string Name(int job) => string.Create(CultureInfo.InvariantCulture, $"job-{job:00}");

    private static JobDefinition Job(int job) => new() { Name = Name(job), Sources = [new SourceSpec { Action = "table", Report = "38" }], Window = new WindowSpec(), Land = [] };

    private sealed class OneAccount : ISourceFactory
    {
        public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
            Task.FromResult<IReadOnlyList<string>?>(["101"]);

        public ISource Create(SourceSpec spec, string account) => throw new NotSupportedException();

        public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => throw new NotSupportedException();
    }
}

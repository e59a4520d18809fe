using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Files;
using Etl.Testing.Ledger;
using Etl.Testing.Servers;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Etl.Benchmarks;

/// <summary>
/// How long pages and metrics of <c>etl serve</c> take over a ledger of 100,000 windows in 50 jobs, each pulled three times: from the request to the last byte of the
/// answer, over HTTP on this machine, from the published program. An overview is kept for two seconds; each address is asked when nothing is kept, and once more at once.
/// </summary>
internal static partial class PagesBenchmark
{
    private const int Jobs = 50, Pulls = 3, Rounds = 25;

    // Kept between runs: it takes minutes to make.
    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "published");

    internal static int Run(string[] args) => RunAsync(args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 100_000, args.ElementAtOrDefault(1)).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(int windows, string? only)
    {
        Console.WriteLine(Machine.Describe());
        using var folder = new TempFolder();
        Published.MakeEtl(s_program);
        var many = new ManyWindows(Jobs, windows / Jobs, Pulls, DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-1)) { WithSteps = true };
        if (only is null or "sqlite") await SqliteAsync(folder, many);
        if (only is null or "postgres") await PostgresAsync(folder, many);
        return 0;
    }

    private static async Task SqliteAsync(TempFolder folder, ManyWindows many)
    {
        var path = folder["ledger.db"];
        await (await SqliteLedger.OpenAsync(path, default)).DisposeAsync();
        await using (var connection = new SqliteConnection($"Data Source={path};Pooling=False"))
        {
            await connection.OpenAsync();
            await many.FillAsync(connection);
        }
        await MeasureAsync($"SQLite, {new FileInfo(path).Length / 1e6:N0} MB", folder, many, "sqlite:" + path);
    }

    private static async Task PostgresAsync(TempFolder folder, ManyWindows many)
    {
        await using var server = await PostgresServer.StartAsync();
        await using var database = await server.CreateDatabaseAsync();
        await (await PostgresLedger.OpenAsync(database.ConnectionString, default)).DisposeAsync();
        string name;
        await using (var connection = new NpgsqlConnection(database.ConnectionString))
        {
            await connection.OpenAsync();
            await many.FillAsync(connection);
            name = await connection.QuerySingleAsync<string>("SELECT 'PostgreSQL ' || current_setting('server_version') || ', ' || pg_size_pretty(pg_database_size(current_database()))");
        }
        await MeasureAsync(name, folder, many, "postgres:" + database.ConnectionString);
    }

    private static async Task MeasureAsync(string name, TempFolder folder, ManyWindows many, string ledger)
    {
        var home = Directory.CreateDirectory(folder[ledger[..ledger.IndexOf(':', StringComparison.Ordinal)]]).FullName;
        Directory.CreateDirectory(Path.Combine(home, "jobs"));
        for (var job = 0; job < many.Jobs; job++)
            await File.WriteAllTextAsync(Path.Combine(home, "jobs", ManyWindows.Name(job) + ".yaml"), $$"""
                job: {{ManyWindows.Name(job)}}
                source: { report: 38, action: table }
                window: { every: day, timezone: UTC, lookback: {{many.Pulls}}, settle: 0h }
                schedule: { cron: "15 2 * * *", timezone: UTC }
                land: [ parquet: { dataset: {{ManyWindows.Name(job)}} } ]
                """);
        // All that is owed was pulled, so the service is never asked.
        var environment = new Dictionary<string, string> { ["ETL_LEDGER"] = ledger, ["KALTURA_SERVICE_URL"] = "http://127.0.0.1:9", ["KALTURA_PARTNER_ID"] = ManyWindows.Account, ["KALTURA_KS"] = "none" };
        await using var etl = await ServedEtl.StartAsync(Path.Combine(s_program, "etl"), home, environment);
        using var http = new HttpClient { BaseAddress = etl.Url };
        var total = many.Jobs * many.Windows;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {total:N0} windows; load {Load()}"));
        var restated = ManyWindows.Name(1);
        (string Words, string Path, string Expected)[] pages =
        [
            ("overview", "/", ManyWindows.Name(many.Jobs - 1)),
            ("job", $"/jobs/{restated}", many.Label(0)),
            ("job, last part", $"/jobs/{restated}?page={many.Windows}", many.Label(many.Windows - 1)),
            ("job, parked", $"/jobs/{restated}?state=parked", many.Label(7)),
            ("window", $"/jobs/{restated}/{many.Label(7)}", "the service says 2,300"),
            ("metrics", "/metrics", "etl_windows"),
        ];
        foreach (var (words, path, expected) in pages)
        {
            var (anew, again, cpu, bytes) = (new List<double>(), new List<double>(), 0.0, 0);
            // The first comes to code that never ran.
            for (var round = -1; round < Rounds; round++)
            {
                await Task.Delay(TimeSpan.FromSeconds(2.2));
                foreach (var times in (List<double>[])[anew, again])
                {
                    var (before, start) = (etl.Process.TotalProcessorTime, Stopwatch.GetTimestamp());
                    var answer = await http.GetStringAsync(new Uri(path, UriKind.Relative));
                    var milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                    if (!answer.Contains(expected, StringComparison.Ordinal)) throw new InvalidOperationException($"{path} does not show '{expected}'.");
                    bytes = answer.Length;
                    if (round >= 0) times.Add(milliseconds);
                    else if (times == anew) Console.Write(string.Create(CultureInfo.InvariantCulture, $"  {words,-14} first {milliseconds,4:F0} ms, "));
                    if (round >= 0 && times == anew) cpu += (etl.Process.TotalProcessorTime - before).TotalMilliseconds;
                }
            }
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"read anew median {At(anew, 0.5):F0} ms, p99 {At(anew, 0.99):F0} ms, {cpu / Rounds:F0} cpu-ms of the server; again median {At(again, 0.5):F1} ms, p99 {At(again, 0.99):F1} ms; {bytes / 1e3:F0} KB"));
        }
        var counted = WindowCount().Matches(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative))).Sum(m => long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture));
        if (counted != total) throw new InvalidOperationException($"{total} windows, and the metrics tell of {counted}.");
        Console.WriteLine($"  load at the end {Load()}");
    }

    // Of 25 times, p99 is the longest.
    private static double At(List<double> times, double share) => times.Order().ElementAt((int)Math.Round(share * (times.Count - 1)));

    private static string Load() => File.ReadAllText("/proc/loadavg").Trim();

    [GeneratedRegex("^etl_windows\\{[^}]*\\} ([0-9]+)$", RegexOptions.Multiline)]
    private static partial Regex WindowCount();
}

using System.Globalization;
using Etl.Core.Ledger;
using Etl.Landing.Sql.Postgres;
using Etl.Landing.Sql.Sqlite;
using Etl.Sandbox;
using Etl.Testing.Files;
using Etl.Testing.Servers;

namespace Etl.Benchmarks;

/// <summary>
/// What the published <c>etl serve</c> takes when it has nothing to do: it lands a window of each nightly job, rests for a minute and is watched for another.
/// Its page is on and nobody looks at it.
/// </summary>
internal static class IdleBenchmark
{
    private static readonly TimeSpan s_rest = TimeSpan.FromSeconds(60), s_watch = TimeSpan.FromSeconds(60), s_patience = TimeSpan.FromMinutes(10);

    private static readonly string s_program = Path.Combine(AppContext.BaseDirectory, "published");

    internal static int Run(string[] args) => RunAsync(args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1, args.ElementAtOrDefault(1)).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(int jobs, string? only)
    {
        Console.WriteLine(Machine.Describe());
        Published.MakeEtl(s_program);
        using var folder = new TempFolder();
        await using var sandbox = await SandboxServer.StartAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 5 }, default);
        if (only is null or "sqlite")
        {
            var path = folder["ledger.db"];
            await using var ledger = await SqliteLedger.OpenAsync(path, default);
            await MeasureAsync("SQLite", folder["sqlite"], jobs, sandbox, ledger, "sqlite:" + path);
        }
        if (only is null or "postgres")
        {
            await using var server = await PostgresServer.StartAsync();
            await using var database = await server.CreateDatabaseAsync();
            await using var ledger = await PostgresLedger.OpenAsync(database.ConnectionString, default);
            await MeasureAsync("PostgreSQL", folder["postgres"], jobs, sandbox, ledger, "postgres:" + database.ConnectionString);
        }
        return 0;
    }

    private static async Task MeasureAsync(string name, string home, int jobs, SandboxServer sandbox, ILedgerViews ledger, string place)
    {
        Directory.CreateDirectory(Path.Combine(home, "jobs"));
        for (var job = 0; job < jobs; job++)
            await File.WriteAllTextAsync(Path.Combine(home, "jobs", $"job-{job}.yaml"), $$"""
                job: job-{{job}}
                source: { report: 38, action: table }
                window: { every: day, timezone: UTC, lookback: 1, settle: 0h }
                schedule: { cron: "15 2 * * *", timezone: UTC }
                land: [ parquet: { dataset: job_{{job}} }, table: { name: job_{{job}} } ]
                """);
        var options = new SandboxOptions();
        var environment = new Dictionary<string, string>
        {
            ["ETL_LEDGER"] = place, ["KALTURA_SERVICE_URL"] = sandbox.BaseUrl.ToString(),
            ["KALTURA_PARTNER_ID"] = options.PartnerId.ToString(CultureInfo.InvariantCulture), ["KALTURA_ADMIN_SECRET"] = options.AdminSecret,
        };
        await using var etl = await ServedEtl.StartAsync(Path.Combine(s_program, "etl"), home, environment);
        using (var limit = new CancellationTokenSource(s_patience))
            while ((await ledger.TalliesAsync(limit.Token)).Where(t => t.State == WindowState.Landed).Sum(t => t.Windows) < jobs) await Task.Delay(500, limit.Token);
        Console.WriteLine($"{name}: {jobs} jobs with a window each landed; {Look(etl.Process.Id)}; load {File.ReadAllText("/proc/loadavg").Trim()}");
        await Task.Delay(s_rest);
        var before = etl.Process.TotalProcessorTime;
        await Task.Delay(s_watch);
        etl.Process.Refresh();
        var cpu = (etl.Process.TotalProcessorTime - before) / s_watch;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  after {s_rest.TotalSeconds:F0} s of rest: {Look(etl.Process.Id)}; {cpu * 60_000:F0} cpu-ms a minute, {cpu:P2} of a core; load {File.ReadAllText("/proc/loadavg").Trim()}"));
    }

    private static string Look(int process)
    {
        var sizes = File.ReadLines($"/proc/{process}/smaps_rollup").Skip(1).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .ToDictionary(w => w[0].TrimEnd(':'), w => long.Parse(w[1], CultureInfo.InvariantCulture) * 1024 / 1e6);
        var threads = Directory.GetDirectories($"/proc/{process}/task").Length;
        var handles = Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{sizes["Rss"]:F0} MB resident, {sizes["Private_Clean"] + sizes["Private_Dirty"]:F0} MB of it private, {sizes["Anonymous"]:F0} MB anonymous; {threads} threads, {handles} handles");
    }
}

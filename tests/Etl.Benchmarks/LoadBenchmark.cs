using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Dapper;
using Etl.Core.Ledger;
using Etl.Landing.Sql.Postgres;
using Etl.Parquet;
using Etl.Testing;
using Etl.Testing.Files;
using Etl.Testing.Servers;
using Npgsql;

namespace Etl.Benchmarks;

/// <summary>
/// A load on a small cluster: three servers (<c>etl serve</c>) on one PostgreSQL ledger land 1,000 windows of 5,000 rows each, then land all of them again, from a
/// service that answers in 20 ms. Told are time, memory of each server, and everything that is not as promised.
/// </summary>
internal static class LoadBenchmark
{
    // Nine of ten entries of the sandbox are watched on a day.
    private const int Servers = 3, Workers = 2, Rows = 5_000, Entries = 5_650;

    internal static int Run(string[] args) => RunAsync(
        args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000, args.ElementAtOrDefault(1) == "tables").GetAwaiter().GetResult();

    private static async Task<int> RunAsync(int windows, bool tables)
    {
        Console.WriteLine(Machine.Describe());
        Console.WriteLine($"load before it began: {File.ReadAllText("/proc/loadavg").Trim()}");
        using var folder = new TempFolder();
        await using var server = await PostgresServer.StartAsync();
        await using var database = await server.CreateDatabaseAsync();
        using var sandbox = Start(folder.Path, [], "sandbox", "--port", "0", "--json", "--days", "3", "--entries", $"{Entries}", "--users", "500");
        var servers = new List<Process>();
        try
        {
            var settings = JsonDocument.Parse((await sandbox.StandardOutput.ReadLineAsync())!).RootElement;
            await using var service = await CannedService.StartAsync(new Uri(settings.GetProperty("url").GetString()!), TimeSpan.FromMilliseconds(20));
            var postgres = "postgres:" + database.ConnectionString;
            var environment = new Dictionary<string, string>
            {
                ["KALTURA_SERVICE_URL"] = service.Url, ["KALTURA_PARTNER_ID"] = settings.GetProperty("partnerId").ToString(),
                ["KALTURA_ADMIN_SECRET"] = settings.GetProperty("adminSecret").GetString()!, ["ETL_LEDGER"] = postgres, ["ETL_CONNECTION_WAREHOUSE"] = postgres,
            };
            Directory.CreateDirectory(folder["jobs"]);
            File.WriteAllText(folder["jobs/load.yaml"], $$"""
                job: load
                source: { report: 38, action: table, filter: { playbackTypeIn: [vod, live] } }
                window: { every: day, timezone: UTC, lookback: 1, settle: 0h }
                schedule: { cron: "0 0 1 1 *", timezone: UTC }
                land: [ {{(tables ? "table: { connection: warehouse, name: load }" : "parquet: { dataset: load }")}} ]
                checks: { totals: hold, tolerance: 0% }
                raw: off
                """);
            var last = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-1);
            var (first, latest) = (Label(last.AddDays(1 - windows)), Label(last));
            // The sandbox works its table out at the first question; that is not what is measured.
            EtlChild.Start(folder.Path, environment, "run", "load", "--from", latest, "--to", latest).Succeeded();
            for (var i = 0; i < Servers; i++) servers.Add(Start(folder.Path, environment, "serve", "--urls", "http://127.0.0.1:0", "--workers", $"{Workers}", "--quiet"));
            foreach (var process in servers) _ = process.StandardOutput.ReadToEndAsync();
            await using var ledger = await PostgresLedger.OpenAsync(database.ConnectionString, default);
            var rows = (await ledger.WindowsAsync("load", default)).Single().LandedRows!.Value;
            if (rows < Rows) throw new InvalidOperationException($"The sandbox has {rows} rows.");
            while ((await ledger.ServersAsync(default)).Count < Servers) await Task.Delay(100);
            foreach (var again in (bool[])[false, true])
            {
                var clock = Stopwatch.StartNew();
                var cpu = servers.Sum(p => p.TotalProcessorTime.TotalSeconds);
                EtlChild.Start(
                    folder.Path, environment, ["backfill", "load", "--from", first, "--to", latest, "--parallel", $"{Servers * Workers}", "--detach", .. again ? ["--force"] : Array.Empty<string>()]).Succeeded();
                while ((await ledger.ListAsync(default)).Count > 0) await Task.Delay(200);
                cpu = servers.Sum(p => { p.Refresh(); return p.TotalProcessorTime.TotalSeconds; }) - cpu;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{(again ? "landed again" : "landed")}: {windows} windows of {rows} rows in {clock.Elapsed.TotalSeconds:F0} s, {cpu:F0} cpu-s of the servers; most memory of each {string.Join(", ", servers.Select(p => $"{Peak(p):F0} MB"))}"));
                var wrong = await WrongAsync(folder, database.ConnectionString, ledger, windows, rows, tables);
                Console.WriteLine($"  not as promised: {wrong.Count}{string.Concat(wrong.Take(5).Select(w => "\n    " + w))}");
            }
            var (asked, different) = service.Count;
            Console.WriteLine($"service: {asked} questions, {different} different ones; load at the end: {File.ReadAllText("/proc/loadavg").Trim()}");
        }
        finally
        {
            foreach (var process in servers.Append(sandbox)) process.Kill();
        }
        return 0;
    }

    /// <summary>Windows that are not landed, or not shown with all rows of the pull that the ledger names and no other.</summary>
    private static async Task<List<string>> WrongAsync(TempFolder folder, string postgres, PostgresLedger ledger, int windows, long rows, bool tables)
    {
        var wrong = new List<string>();
        var records = await ledger.WindowsAsync("load", default);
        if (records.Count != windows) wrong.Add($"{records.Count} windows are known");
        await using var connection = new NpgsqlConnection(postgres);
        var shown = tables ? (await connection.QueryAsync<(string Window, string Pull, long Rows)>("SELECT _window, _pull, count(*) FROM load GROUP BY 1, 2")).ToLookup(r => r.Window) : null;
        foreach (var record in records)
        {
            if (record.State is not (WindowState.Landed or WindowState.Frozen)) wrong.Add($"{record.Key.Label} is {record.State}: {record.Reason}");
            var found = shown is not null ? string.Join('+', shown[record.Key.Label].Select(r => $"{r.Pull}:{r.Rows}")) : File(folder[$"data/parquet/load/date={record.Key.Label}/data.parquet"]);
            if (found != $"{record.LandedPull}:{rows}") wrong.Add($"{record.Key.Label}: the ledger says {record.LandedPull}, {found} is shown");
        }
        return wrong;

        static string File(string path)
        {
            if (!System.IO.File.Exists(path)) return "nothing";
            using var reader = ParquetReader.Open(path);
            return $"{reader.Metadata["etl.pull"]}:{reader.Metadata["etl.rows"]}";
        }
    }

    private static string Label(DateOnly day) => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static double Peak(Process process)
    {
        var line = File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024 / 1e6;
    }

    private static Process Start(string folder, Dictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "etl.dll"), .. arguments]) { WorkingDirectory = folder, RedirectStandardOutput = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }
}

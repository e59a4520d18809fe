using System.Globalization;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Staging;
using Etl.Testing.Files;
using Etl.Testing.Servers;

namespace Etl.Benchmarks;

/// <summary>
/// How fast a staged pull replaces a window of a table, against the engine's own tool that does the same work with the same rows as
/// CSV, into a table of the same columns and indexes. Whole processes in turn, A B A B.
/// </summary>
internal static class TablesBenchmark
{
    private const string Ours = "plays", Theirs = "peer", ChildVerb = "--land";

    internal static int Run(string[] args)
    {
        if (args is [ChildVerb, var data, var round]) return Land(data, int.Parse(round, CultureInfo.InvariantCulture));
        var culture = CultureInfo.InvariantCulture;
        var times = args.Length > 0 ? int.Parse(args[0], culture) : 4;
        var repeats = args.Length > 1 ? int.Parse(args[1], culture) : 5;
        Console.WriteLine(Machine.Describe());
        using var folder = new TempFolder();
        var body = TableBody.Make(50_000_000, escapeAll: false, out _);
        var rows = 0L;
        for (var pull = 1; pull <= repeats + 1; pull++) rows = StagedRows.Stage(body, times, folder.Path, pull);
        StagedRows.WriteCsv(folder.Path, repeats + 1, folder["rows.csv"]);
        Console.WriteLine(string.Create(culture, $"{rows} rows of {TableBody.Header.Length + 3} columns, {new FileInfo(folder["rows.csv"]).Length / 1e6:F0} MB as CSV"));
        var only = args.ElementAtOrDefault(2);
        if (only is null or "postgres") Postgres(folder, rows, repeats);
        if (only is null or "sqlite") Sqlite(folder, rows, repeats);
        return 0;
    }

    private static void Postgres(TempFolder folder, long rows, int repeats)
    {
        var server = PostgresServer.StartAsync().GetAwaiter().GetResult();
        var database = server.CreateDatabaseAsync().GetAwaiter().GetResult();
        var connection = new Dictionary<string, string> { [ConnectionSettings.VariableOf(TableLandSpec.DefaultConnection)] = "postgres:" + database.ConnectionString };
        var parts = new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString);
        var uri = $"host={parts.Host} port={parts.Port} user={parts.Username} dbname={parts.Database} password={parts.Password ?? "x"}";
        Compare(
            "PostgreSQL, \\copy to a staging table, delete, insert-select, commit", rows, repeats,
            round => Land(folder, connection, round),
            () => Psql(
                $"""
                CREATE TABLE IF NOT EXISTS {Theirs} (LIKE {Ours} INCLUDING ALL);
                CREATE TEMP TABLE stage (LIKE {Ours});
                \copy stage from 'rows.csv' with (format csv)
                BEGIN;
                DELETE FROM {Theirs} WHERE _window = '{StagedRows.Window.Label}';
                INSERT INTO {Theirs} SELECT * FROM stage;
                COMMIT;
                """));
        Psql($"DO $$ BEGIN IF EXISTS ((SELECT * FROM {Ours} EXCEPT ALL SELECT * FROM {Theirs}) UNION ALL (SELECT * FROM {Theirs} EXCEPT ALL SELECT * FROM {Ours})) THEN RAISE 'the tables differ'; END IF; END $$;");

        Child.Run Psql(string sql) =>
            Child.Start("psql", folder.Path, new Dictionary<string, string>(), [uri, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"], sql + "\n").Succeeded();
    }

    private static void Sqlite(TempFolder folder, long rows, int repeats)
    {
        var warehouse = folder["warehouse.db"];
        Compare(
            "SQLite, sqlite3 .import", rows, repeats,
            round => Land(folder, new Dictionary<string, string>(), round),
            () => Sqlite3(
                $"""
                .bail on
                PRAGMA journal_mode = WAL;
                PRAGMA synchronous = FULL;
                ATTACH '{warehouse}' AS ours;
                .mode csv
                BEGIN IMMEDIATE;
                CREATE TABLE IF NOT EXISTS {Theirs} AS SELECT * FROM ours.{Ours} WHERE 0;
                CREATE INDEX IF NOT EXISTS ix_{Theirs}_entry_id ON {Theirs} (entry_id);
                CREATE INDEX IF NOT EXISTS ix_{Theirs}__window ON {Theirs} (_window);
                DELETE FROM {Theirs} WHERE _window = '{StagedRows.Window.Label}';
                .import rows.csv {Theirs}
                COMMIT;
                """));

        Child.Run Sqlite3(string sql) => Child.Start("sqlite3", folder.Path, new Dictionary<string, string>(), [folder["peer.db"]], sql + "\n").Succeeded();
    }

    private static void Compare(string name, long rows, int repeats, Func<int, Child.Run> ours, Func<Child.Run> theirs)
    {
        var culture = CultureInfo.InvariantCulture;
        Console.WriteLine(name);
        var pairs = new List<(Child.Run Ours, Child.Run Theirs)>();
        for (var i = 0; i <= repeats; i++)
        {
            var pair = (Ours: ours(i + 1).Succeeded(), Theirs: theirs().Succeeded());
            Console.WriteLine(string.Create(
                culture,
                $"  {(i == 0 ? "first" : "again")}: etl {rows / pair.Ours.Seconds:F0} rows/s, {pair.Ours.CpuSeconds:F1} cpu-s, {pair.Ours.PeakMegabytes:F0} MB; peer {rows / pair.Theirs.Seconds:F0} rows/s, {pair.Theirs.CpuSeconds:F1} cpu-s; ratio {pair.Theirs.Seconds / pair.Ours.Seconds:F2}"));
            // The first round makes the tables; from then on a window is replaced.
            if (i > 0) pairs.Add(pair);
        }
        var ratios = pairs.Select(p => p.Theirs.Seconds / p.Ours.Seconds).Order().ToList();
        Console.WriteLine(string.Create(culture, $"  median ratio of rows/s {ratios[ratios.Count / 2]:F2}"));
    }

    private static Child.Run Land(TempFolder folder, Dictionary<string, string> environment, int round) => Child.Start(
        "dotnet", folder.Path, environment, [typeof(TablesBenchmark).Assembly.Location, "tables", ChildVerb, folder.Path, round.ToString(CultureInfo.InvariantCulture)]);

    private static int Land(string data, int round)
    {
        using var staged = new ParquetStagingArea(data).Open(StagedRows.Pull(round))!;
        var settings = new ConnectionSettings(Environment.GetEnvironmentVariable, data);
        var target = new TargetFactory(data, settings, TimeProvider.System).Create(new TableLandSpec { Table = Ours, Key = ["entry_id"] }, severalAccounts: false);
        var receipt = target.LandAsync(new LandingOrder(StagedRows.Key, StagedRows.Window, staged.Stamp), staged, default).GetAwaiter().GetResult();
        return receipt.Outcome == LandingOutcome.Landed ? 0 : 1;
    }
}

using System.Globalization;
using Etl.Core.Jobs;
using Etl.Landing.Connections;
using Etl.Testing.Servers;
using Npgsql;

namespace Etl.Benchmarks;

/// <summary>
/// Staged pulls to PostgreSQL, with the processor time of the server: publishing against a script of <c>psql</c> that does the same work, the COPY alone against
/// <c>\copy</c> and against the driver's own importer, and itself with a tenth of the rows. The server is without fsync, and cleaned between runs.
/// </summary>
internal sealed class PostgresComparisons(TablesData data)
{
    private const string Ours = TablesChild.Table, Theirs = "peer", CopyPeer = "`psql`: `\\copy` of the same rows as CSV.";

    private static readonly Goal[] s_copyGoals = [new(Figure.Cpu, 0.65, 0.65), new(Figure.Wall, 0.55, 0.55)];

    private readonly Dictionary<string, string> _environment = [];
    private PostgresCpu? _cpu;
    private string _psql = "";
    private int _csv;

    internal static IEnumerable<Comparison> All(PeerData peers)
    {
        var tables = new PostgresComparisons(new TablesData(peers["postgres"], peers["published-tables"], peers.Mebibytes));
        return [tables.Publish(), tables.Copy(), tables.StagedCopy(), tables.Importer(), tables.Growth()];
    }

    private Comparison Publish() => new(
        "postgres-publish", "A staged pull of 19 columns replaces a window of a table with an index by window and entry in PostgreSQL; processor time with the server's.",
        "`psql`: `\\copy` of CSV to a temporary table, delete, insert-select, commit.",
        [new(Figure.Cpu, 0.80, 0.65), new(Figure.Wall, 0.75, 0.55)],
        _ => Land(data.Stage()),
        _ => Measure(() => Psql(Script)))
    {
        Missing = Missing,
        Prepare = () =>
        {
            Start();
            _csv = data.Stage();
            data.Csv(_csv);
            Land(_csv);
            Measure(() => Psql(Script));
        },
        Prove = () =>
        {
            var columns = string.Join(", ", StagedRows.Columns(data.Folder, _csv).Where(c => c != "_pull"));
            Differ($"SELECT {columns} FROM {Ours}", $"SELECT {columns} FROM {Theirs}");
            return string.Create(CultureInfo.InvariantCulture, $"Equal: {data.Rows} rows by EXCEPT ALL both ways, but for the pull's name.");
        },
    };

    // As the goal was set: rows in memory on our side, a file that the server parses on the other.
    private Comparison Copy() => new(
        "postgres-copy", "The COPY step alone: rows in memory to an empty table without indexes; processor time with the server's.", CopyPeer,
        s_copyGoals,
        _ =>
        {
            var (run, server) = Copied("copied", () => data.Run("memory", _csv, _environment));
            return Step(run, server);
        },
        _ => CopiedByPeer())
    {
        Missing = Missing, Prepare = PrepareCopy, Prove = () => ProveCopy("copied_peer"),
    };

    private Comparison StagedCopy() => new(
        "postgres-copy-staged", "The COPY of a staged pull as a process of its own that starts, opens and reads the file and connects; processor time with the server's.", CopyPeer,
        s_copyGoals,
        _ => Whole(Copied("copied", () => data.Run("raw", _csv, _environment))),
        _ => CopiedByPeer())
    {
        Missing = Missing, Prepare = PrepareCopy, Prove = () => ProveCopy("copied_peer"),
    };

    private Comparison Importer() => new(
        "postgres-client", "The COPY of rows in memory, processor time of the client alone while it copies.", "NpgsqlBinaryImporter with the same rows as objects of .NET in memory.",
        [new(Figure.Cpu, 0.30, 0.20)],
        _ => Step(Copied("copied", () => data.Run("memory", _csv, _environment)).Client),
        _ => Step(Copied("imported", () => data.Run("importer", _csv, _environment)).Client))
    {
        Missing = Missing, Prepare = PrepareCopy, Prove = () => ProveCopy("imported"),
    };

    private Comparison Growth() => new(
        "postgres-growth", "A staged pull replaces a window of as many rows in PostgreSQL.", "itself with a tenth of the rows.",
        [new(Figure.Cpu, 11, 10.3), new(Figure.Wall, 11, 10.3), new(Figure.Peak, 1.1, 1.1)],
        _ => Twice(tenfold: true),
        _ => Twice(tenfold: false))
    {
        Missing = Missing, Prepare = Start, Prove = () => "",
    };

    private static string Script =>
        $"""
        CREATE TABLE IF NOT EXISTS {Theirs} (LIKE {Ours} INCLUDING ALL);
        CREATE TEMP TABLE stage (LIKE {Ours});
        \copy stage from 'rows.csv' with (format csv)
        BEGIN;
        DELETE FROM {Theirs} WHERE _window = '{StagedRows.Window.Label}';
        INSERT INTO {Theirs} SELECT * FROM stage;
        COMMIT;
        """;

    private static string? Missing() => File.Exists(PostgresServer.Program("postgres")) ? null : "PostgreSQL is not installed.";

    private void Start()
    {
        if (_cpu is not null) return;
        Directory.CreateDirectory(data.Folder);
        var server = PostgresServer.StartAsync().GetAwaiter().GetResult();
        var connection = server.CreateDatabaseAsync().GetAwaiter().GetResult().ConnectionString;
        _cpu = new PostgresCpu(server);
        _environment[ConnectionSettings.VariableOf(TableLandSpec.DefaultConnection)] = "postgres:" + connection;
        _environment[TablesChild.Connection] = connection;
        var parts = new NpgsqlConnectionStringBuilder(connection);
        _psql = $"host={parts.Host} port={parts.Port} user={parts.Username} dbname={parts.Database} password=x";
        // Vacuum would work while one of the two is measured; both are cleaned by hand. The zone is what a fresh installation takes, not the one of our tests.
        Psql($"ALTER SYSTEM SET autovacuum = off; SELECT pg_reload_conf(); ALTER DATABASE {parts.Database} SET timezone = 'UTC';");
    }

    private Outcome Land(int round) => Measure(() => data.Land(round, _environment));

    /// <summary>A window that has as many rows, replaced; what is measured is the second of two landings.</summary>
    private Outcome Twice(bool tenfold)
    {
        Psql($"DROP TABLE IF EXISTS {Ours}; DO $$ BEGIN IF to_regclass('etl_landing') IS NOT NULL THEN DELETE FROM etl_landing; END IF; END $$;");
        Land(data.StageTenth(tenfold));
        return Land(data.StageTenth(tenfold));
    }

    private void PrepareCopy()
    {
        Start();
        _csv = data.Stage();
        data.Csv(_csv);
        // The columns of a landed table, without its indexes.
        Land(_csv);
    }

    private (Outcome Client, double Server) Copied(string table, Func<Child.Run> copy)
    {
        Psql($"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (LIKE {Ours});");
        Clean();
        return _cpu!.Measure(copy);
    }

    private Outcome CopiedByPeer() => Whole(Copied("copied_peer", () => Psql("\\copy copied_peer from 'rows.csv' with (format csv)")));

    private static Outcome Whole((Outcome Client, double Server) run) => run.Client with { CpuSeconds = run.Client.CpuSeconds + run.Server };

    // The child tells what it took from the moment on at which it had its rows.
    private Outcome Step(Outcome client, double server = 0)
    {
        var told = File.ReadAllText(data["client.txt"]).Split(' ');
        return client with { CpuSeconds = double.Parse(told[0], CultureInfo.InvariantCulture) + server, Seconds = double.Parse(told[1], CultureInfo.InvariantCulture) };
    }

    private string ProveCopy(string other)
    {
        Differ("SELECT * FROM copied", $"SELECT * FROM {other}");
        return string.Create(CultureInfo.InvariantCulture, $"Equal: {data.Rows} rows by EXCEPT ALL both ways.");
    }

    private void Differ(string a, string b) =>
        Psql($"DO $$ BEGIN IF EXISTS (({a} EXCEPT ALL {b}) UNION ALL ({b} EXCEPT ALL {a})) OR NOT EXISTS ({a}) THEN RAISE 'the tables differ'; END IF; END $$;");

    private Outcome Measure(Func<Child.Run> run)
    {
        Clean();
        return Whole(_cpu!.Measure(run));
    }

    // Both begin with tables without dead rows and nothing left to write. Without fsync a checkpoint leaves the writing to the kernel, which then works
    // beside who is measured: on a processor that is idle anyway, or not.
    private void Clean()
    {
        Psql("VACUUM; CHECKPOINT;");
        Child.Start("sync", data.Folder, new Dictionary<string, string>(), []).Succeeded();
    }

    private Child.Run Psql(string sql) =>
        Child.Start("psql", data.Folder, new Dictionary<string, string>(), [_psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"], sql + "\n").Succeeded();
}

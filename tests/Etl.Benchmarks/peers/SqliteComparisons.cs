using System.Globalization;

namespace Etl.Benchmarks;

/// <summary>Staged pulls to an SQLite file: against <c>sqlite3</c> that does the same work, and against itself with a tenth of the rows.</summary>
internal sealed class SqliteComparisons(TablesData data)
{
    private const string Ours = TablesChild.Table, Theirs = "peer";

    private static readonly Dictionary<string, string> s_environment = [];

    private int _csv;

    internal static IEnumerable<Comparison> All(PeerData peers)
    {
        var tables = new SqliteComparisons(new TablesData(peers["sqlite"], peers["published-tables"], peers.Mebibytes));
        return [tables.Publish(), tables.Growth()];
    }

    private Comparison Publish() => new(
        "sqlite-publish", "A staged pull of 19 columns replaces a window of a table with an index by window and entry in SQLite.",
        "`sqlite3`: `.import` of CSV to a temporary table, delete, insert-select, commit; both with a write-ahead log and full synchronisation.",
        [new(Figure.Cpu, 0.85, 0.75)],
        _ => Land(data.Stage()),
        _ => Sqlite3(Script))
    {
        Missing = () => Peer.MissingProgram("sqlite3"),
        Prepare = () =>
        {
            _csv = data.Stage();
            data.Csv(_csv);
            Land(_csv);
            Sqlite3(Script);
        },
        Prove = () =>
        {
            // .import makes empty text of nothing, and this version reads some numbers one bit off.
            var columns = string.Join(", ", StagedRows.Columns(data.Folder, _csv).Where(c => c != "_pull").Select(c => $"CASE WHEN typeof({c}) = 'real' THEN round({c}, 9) ELSE nullif({c}, '') END AS {c}"));
            string Of(string table) => $"SELECT *, count(*) FROM (SELECT {columns} FROM {table}) GROUP BY {string.Join(", ", Enumerable.Range(1, columns.Split(" AS ").Length - 1))}";
            var found = Child.Start(
                "sqlite3", data.Folder, s_environment, [data["peer.db"]],
                $"ATTACH '{Warehouse}' AS ours; SELECT count(*) FROM ours.{Ours}; SELECT count(*) FROM ({Of("ours." + Ours)} EXCEPT {Of(Theirs)}); SELECT count(*) FROM ({Of(Theirs)} EXCEPT {Of("ours." + Ours)});\n")
                .Succeeded().Output.Split('\n');
            if (found[0] != data.Rows.ToString(CultureInfo.InvariantCulture) || found[1] != "0" || found[2] != "0") throw new InvalidOperationException("the tables differ: " + string.Join(' ', found));
            return $"Equal: {found[0]} rows, each as often, but for the pull's name, empty text and the tenth decimal.";
        },
    };

    private Comparison Growth() => new(
        "sqlite-growth", "A staged pull replaces a window of as many rows in SQLite.", "itself with a tenth of the rows.",
        [new(Figure.Cpu, 11, 10.3), new(Figure.Wall, 11, 10.3), new(Figure.Peak, 1.1, 1.1)],
        _ => Twice(tenfold: true),
        _ => Twice(tenfold: false))
    {
        Prove = () => "",
    };

    private string Warehouse => data["warehouse.db"];

    private string Script =>
        $"""
        .bail on
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        ATTACH '{Warehouse}' AS ours;
        .mode csv
        CREATE TABLE IF NOT EXISTS {Theirs} AS SELECT * FROM ours.{Ours} WHERE 0;
        CREATE INDEX IF NOT EXISTS ix_{Theirs} ON {Theirs} (_window, entry_id);
        CREATE TEMP TABLE stage AS SELECT * FROM ours.{Ours} WHERE 0;
        .import rows.csv stage
        BEGIN IMMEDIATE;
        DELETE FROM {Theirs} WHERE _window = '{StagedRows.Window.Label}';
        INSERT INTO {Theirs} SELECT * FROM stage;
        COMMIT;
        """;

    // Staging took memory and time since the comparison warmed it.
    private Outcome Land(int round)
    {
        WarmMemory.Prepare();
        return Outcome.Of(data.Land(round, s_environment).Succeeded());
    }

    private Outcome Twice(bool tenfold)
    {
        // The first one makes the folder.
        var first = data.StageTenth(tenfold);
        foreach (var file in Directory.GetFiles(data.Folder, "warehouse.db*")) File.Delete(file);
        Land(first);
        return Land(data.StageTenth(tenfold));
    }

    private Outcome Sqlite3(string sql) => Outcome.Of(Child.Start("sqlite3", data.Folder, s_environment, [data["peer.db"]], sql + "\n").Succeeded());
}

using Etl.Core.Ledger;
using Etl.Landing.Sql.Sqlite;
using Etl.Parquet;
using Etl.Testing.Crash.Sweeping;
using Microsoft.Data.Sqlite;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>A window that a run of the pipeline lands, with the ledger: for the first time on the first night, again on the second.</summary>
/// <param name="kind"><c>parquet</c> or <c>table</c>.</param>
/// <param name="night">1 or 2.</param>
internal class NightSubject(string kind, int night) : SweepSubject
{
    /// <summary>Where the window's rows are in a data folder: the documented layout.</summary>
    public const string Published = $"parquet/plays/date={Nights.Label}/data.parquet";

    public override string Name => $"{kind}, {(night == 1 ? "first landing" : "landing again")}";

    public override async Task PrepareAsync(string data)
    {
        Directory.CreateDirectory(data);
        if (night == 2) Assert.Equal("Landed", await Nights.RunAsync(data, kind, 1));
    }

    public override string Command(string data) => $"night\t{data}\t{kind}\t{night}";

    public override bool IsAcknowledged(string answer) => answer.StartsWith("done Landed", StringComparison.Ordinal);

    public override async Task RunAsync(string data)
    {
        var outcome = await Nights.RunAsync(data, kind, night);
        SqliteConnection.ClearAllPools();
        if (outcome != "nothing due" && !outcome.StartsWith("Landed", StringComparison.Ordinal)) throw new ViolationException($"a plain run ended with '{outcome}'");
    }

    public override async Task<Generation> LookAsync(string data)
    {
        var (pull, found) = kind == "parquet" ? File(data) : Table(data);
        Generation seen;
        if (found is null)
        {
            if (night == 2) throw new ViolationException("no rows are to be seen where there were some");
            seen = Generation.Old;
        }
        else
        {
            seen = found.SequenceEqual(Rows(night)) ? Generation.New
                : night == 2 && found.SequenceEqual(Rows(1)) ? Generation.Old
                : throw new ViolationException($"{found.Count} rows are to be seen that are no complete pull");
        }
        if (await WindowAsync(data) is { State: WindowState.Landed } window && window.LandedPull is { } landed && landed != pull)
        {
            // A pull that the ledger has as landed is to be seen; one that is seen may not have come to the ledger yet.
            if (seen == Generation.Old) throw new ViolationException($"the ledger says that pull '{landed}' is landed, and '{pull}' is to be seen");
            if (window.Settled >= night) throw new ViolationException($"the ledger says that pull '{landed}' settled the window, and '{pull}' is to be seen");
        }
        return seen;
    }

    public override async Task CheckEndAsync(string data)
    {
        if (Folders.Files(data).FirstOrDefault(f => f.EndsWith(".tmp", StringComparison.Ordinal) || f.StartsWith("staged/", StringComparison.Ordinal)) is { } left)
            throw new ViolationException($"'{left}' was left");
        var (pull, _) = kind == "parquet" ? File(data) : Table(data);
        var window = await WindowAsync(data);
        if (window?.State != WindowState.Landed || window.LandedPull != pull || window.Settled < night || window.IsLeased)
            throw new ViolationException($"the ledger does not agree with pull '{pull}' that is to be seen: {window}");
        if (kind == "table" && Directory.Exists(Path.Combine(data, "parquet"))) throw new ViolationException("a dataset came from nowhere");
    }

    public override bool Sweeps(string path) => base.Sweeps(path) && (kind == "table" || !path.Contains(".db", StringComparison.Ordinal));

    private static async Task<WindowRecord?> WindowAsync(string data)
    {
        if (!System.IO.File.Exists(Path.Combine(data, "ledger.db"))) return null;
        await using var ledger = await SqliteLedger.OpenAsync(Path.Combine(data, "ledger.db"), default);
        return await ledger.FindWindowAsync(Nights.Key, default);
    }

    private List<string> Rows(int of) => [.. Nights.Rows(kind, of).Select(r => $"{r.Id}={r.Plays}").Order(StringComparer.Ordinal)];

    private static (string? Pull, List<string>? Rows) File(string data)
    {
        var parquet = Path.Combine(data, "parquet");
        // What any tool sees that lists the folder of the dataset: one file, whole.
        foreach (var seen in Folders.Files(parquet).Where(f => f.EndsWith(".parquet", StringComparison.Ordinal) && !f.Split('/').Any(p => p.StartsWith('.'))))
        {
            if (seen.StartsWith("plays/", StringComparison.Ordinal) && Path.Combine("parquet", seen) != Published) throw new ViolationException($"'{seen}' is to be seen");
            _ = Read(Path.Combine(parquet, seen), "id", "plays");
        }
        var path = Path.Combine(data, Published);
        if (!System.IO.File.Exists(path)) return (null, null);
        var (pulls, rows) = Read(path, "id", "plays");
        return (Assert.Single(pulls), rows);
    }

    private static (IReadOnlyList<string> Pulls, List<string> Rows) Read(string path, string id, string value)
    {
        try
        {
            using var reader = ParquetReader.Open(path);
            var batch = new ParquetBatch(reader.Schema);
            var names = reader.Schema.Columns.Select(c => c.Name).ToList();
            int ids = names.IndexOf(id), values = names.IndexOf(value), pull = names.IndexOf("_pull");
            var rows = new List<string>();
            var pulls = new HashSet<string>(StringComparer.Ordinal);
            while (reader.Read(batch, 1000) > 0)
                for (var row = 0; row < batch.RowCount && ids >= 0 && values >= 0 && pull >= 0; row++)
                {
                    pulls.Add(Text(batch, pull, row));
                    rows.Add($"{Text(batch, ids, row)}={batch[values].Int64s[row]}");
                }
            rows.Sort(StringComparer.Ordinal);
            return ([.. pulls], rows);
        }
        catch (Exception fault) when (fault is ParquetFormatException or IOException)
        {
            throw new ViolationException($"'{path}' is to be seen and is no whole file: {fault.Message}");
        }

        static string Text(ParquetBatch batch, int column, int row) =>
            System.Text.Encoding.UTF8.GetString(batch[column].TextBytes[batch[column].TextOffsets[row]..batch[column].TextOffsets[row + 1]]);
    }

    private static (string? Pull, List<string>? Rows) Table(string data)
    {
        var path = Path.Combine(data, "warehouse.db");
        if (!System.IO.File.Exists(path)) return (null, null);
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        if (Ask("PRAGMA integrity_check") is not ["ok"]) throw new ViolationException("the database is damaged");
        if (Ask("SELECT name FROM sqlite_master WHERE name = 'plays'").Count == 0) return (null, null);
        var rows = Ask($"SELECT id || '=' || plays FROM plays WHERE _window = '{Nights.Label}'");
        var pulls = Ask("SELECT DISTINCT _pull FROM plays");
        if (pulls.Count == 0) return (null, null);
        if (pulls.Count > 1) throw new ViolationException($"rows of {pulls.Count} pulls are to be seen");
        var landed = Ask("SELECT pull || ' ' || rows FROM etl_landing");
        if (landed is not [var one] || one != $"{pulls[0]} {rows.Count}") throw new ViolationException($"the record of the landing says '{string.Join(", ", landed)}' of {rows.Count} rows of '{pulls[0]}'");
        rows.Sort(StringComparer.Ordinal);
        return (pulls[0], rows);

        List<string> Ask(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            using var reader = command.ExecuteReader();
            var lines = new List<string>();
            while (reader.Read()) lines.Add(reader.GetString(0));
            return lines;
        }
    }
}

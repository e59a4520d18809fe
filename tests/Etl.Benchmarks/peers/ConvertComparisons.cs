using System.Globalization;

namespace Etl.Benchmarks;

/// <summary><c>etl convert</c> of CSV to Parquet, typed by a schema, against DuckDB with the same types, and against itself with a tenth of the rows.</summary>
internal static class ConvertComparisons
{
    internal static IEnumerable<Comparison> All(PeerData data) =>
    [
        Convert(data, "snappy", 1, [new(Figure.Cpu, 0.40, 0.30), new(Figure.Size, 1.0, 0.80), new(Figure.Peak, 300, 150, IsRatio: false)]),
        Convert(data, "snappy", 2, [new(Figure.Cpu, 0.40, 0.33), new(Figure.Wall, 0.50, 0.36), new(Figure.Size, 1.0, 0.80), new(Figure.Peak, 300, 150, IsRatio: false)]),
        Convert(data, "gzip", 1, [new(Figure.Cpu, 0.60, 0.60), new(Figure.Size, 1.0, 0.80), new(Figure.Peak, 300, 150, IsRatio: false)]),
        Growth(data),
    ];

    /// <summary>The rows of the CSV as DuckDB types them.</summary>
    internal static string Source(string csv) =>
        $"read_csv('{csv}', header=true, auto_detect=false, delim=',', quote='\"', escape='\"', columns={{{string.Join(", ", SeededRows.Columns.Select(c => $"'{c.Name}': '{c.Theirs}'"))}}})";

    /// <summary>Proves in DuckDB that the file holds the rows of a source, each as often, and that three readers agree on the file.</summary>
    internal static string Prove(PeerData data, string source, string ours)
    {
        // Ours says that its times are UTC, DuckDB's are without a zone: as microseconds they are the same. Empty cells are empty texts in ours and nulls in DuckDB's.
        var columns = string.Join(", ", SeededRows.Columns.Select(c => c.Theirs switch { "TIMESTAMP" => $"epoch_us({c.Name})", "VARCHAR" => $"coalesce({c.Name}, '')", _ => c.Name }));
        var (a, b) = ($"SELECT {columns} FROM '{ours}'", $"SELECT {columns} FROM {source}");
        var found = Peer.Duck(
            2, "SET memory_limit = '6GB'", $"SET temp_directory = '{data["duckdb.tmp"]}'",
            $"SELECT (SELECT count(*) FROM '{ours}'), (SELECT count(*) FROM ({a} EXCEPT ALL {b})), (SELECT count(*) FROM ({b} EXCEPT ALL {a}))").Output.Split('\n')[2];
        var counts = System.Text.Json.JsonSerializer.Deserialize<string[][]>(found)![0];
        if (counts[1] != "0" || counts[2] != "0" || counts[0] == "0") throw new InvalidOperationException($"'{ours}' is not what DuckDB makes of the same input: {found}");
        ColumnHashes.Compare(ours);
        return $"Equal: {counts[0]} rows by EXCEPT ALL both ways in DuckDB; hyparquet, DuckDB and our reader agree on every column.";
    }

    /// <summary>The schema file of the rows.</summary>
    internal static string Schema(PeerData data)
    {
        var path = data["schema.yaml"];
        File.WriteAllText(path, "columns:\n" + string.Concat(SeededRows.Columns.Select(c => $"  - {{ name: {c.Name}, type: {c.Ours} }}\n")));
        return path;
    }

    private static Comparison Convert(PeerData data, string codec, int threads, Goal[] goals)
    {
        var (ours, theirs) = (data["etl.parquet"], data["duckdb.parquet"]);
        return new Comparison(
            string.Create(CultureInfo.InvariantCulture, $"convert-{codec}-{threads}"),
            string.Create(CultureInfo.InvariantCulture, $"`etl convert`, CSV of 16 columns to Parquet, {codec}, {threads} {(threads == 1 ? "thread" : "threads")}."),
            string.Create(CultureInfo.InvariantCulture, $"DuckDB: `COPY` of `read_csv` with the same types, {threads} {(threads == 1 ? "thread" : "threads")}."),
            goals,
            _ => Run(data, data.Csv(), ours, codec, threads),
            _ => Outcome.Of(Peer.Duck(threads, $"COPY (SELECT * FROM {Source(data.Csv())}) TO '{theirs}' (FORMAT parquet, COMPRESSION {codec})"), theirs))
        {
            Missing = Peer.MissingDuck,
            Input = () => data.Csv(),
            Prepare = () =>
            {
                Published.MakeEtl(data);
                data.Csv();
            },
            Prove = () => Prove(data, Source(data.Csv()), ours),
        };
    }

    private static Comparison Growth(PeerData data) => new(
        "convert-growth", "`etl convert`, snappy.", "itself with a tenth of the rows.",
        [new(Figure.Cpu, 11, 10.3), new(Figure.Wall, 11, 10.3), new(Figure.Peak, 1.1, 1.1)],
        _ => Run(data, data.Csv(), data["etl.parquet"], "snappy", 2),
        _ => Run(data, data.Csv(10), data["tenth.parquet"], "snappy", 2))
    {
        Prepare = () =>
        {
            Published.MakeEtl(data);
            data.Csv();
            data.Csv(10);
        },
        Prove = () => "",
    };

    /// <summary>One <c>etl convert</c>; refuses to count one that could not type every cell.</summary>
    /// <param name="data">The folder.</param>
    /// <param name="input">What is read.</param>
    /// <param name="file">What is written.</param>
    /// <param name="codec">How.</param>
    /// <param name="threads">For CSV only.</param>
    internal static Outcome Run(PeerData data, string input, string file, string codec, int? threads = null)
    {
        string[] more = threads is { } count ? ["--threads", count.ToString(CultureInfo.InvariantCulture)] : [];
        var run = Published.Start(data, data.Folder, new Dictionary<string, string>(), ["convert", input, file, "--schema", Schema(data), "--codec", codec, "--json", .. more]).Succeeded();
        if (!run.Output.Contains("\"quarantined\":0", StringComparison.Ordinal)) throw new InvalidOperationException(run.Output);
        return Outcome.Of(run, file);
    }
}

namespace Etl.Benchmarks;

/// <summary>What a CRM wants of a large CSV file: some columns, and one row per address; CSV in, CSV out, against DuckDB with one thread.</summary>
internal static class CopyComparisons
{
    internal static IEnumerable<Comparison> All(PeerData data) =>
    [
        Of(
            data, "copy-columns", "some columns", ["--columns", "email,user_full_name,country,view_date,count_plays,sum_time_viewed"],
            // Doubles are printed anew by DuckDB, so the proof compares values.
            "SELECT email, user_full_name, country, view_date, count_plays, sum_time_viewed FROM {0}", "country, view_date::DATE, count_plays::BIGINT, sum_time_viewed::DOUBLE", 0.25, 0.15),
        Of(
            data, "copy-distinct", "the first row of each address", ["--columns", "email,user_full_name,user_id", "--distinct-by", "email"],
            "SELECT lower(email) AS email, first(user_full_name) AS user_full_name, first(user_id) AS user_id FROM {0} WHERE email <> '' GROUP BY 1", "user_id", 0.50, 0.35),
    ];

    private static Comparison Of(PeerData data, string name, string what, string[] options, string query, string typed, double must, double stretch)
    {
        var (ours, theirs) = (data["etl.csv"], data["duckdb.csv"]);
        var copy = string.Format(System.Globalization.CultureInfo.InvariantCulture, query, ConvertComparisons.Source(data.Csv()));
        return new Comparison(
            name, $"`etl convert` of CSV to CSV: {what}.", "DuckDB: `COPY` of `read_csv` to CSV, 1 thread.", [new(Figure.Cpu, must, stretch)],
            _ => Outcome.Of(Published.Start(data, data.Folder, new Dictionary<string, string>(), ["convert", data.Csv(), ours, .. options]).Succeeded(), ours),
            _ => Outcome.Of(Peer.Duck(1, $"COPY ({copy}) TO '{theirs}' (FORMAT csv, HEADER)"), theirs))
        {
            Missing = Peer.MissingDuck,
            Input = () => data.Csv(),
            Prepare = () =>
            {
                Published.MakeEtl(data);
                data.Csv();
            },
            Prove = () =>
            {
                var (a, b) = (Rows(ours, typed), Rows(theirs, typed));
                var found = Peer.Duck(2, "SET memory_limit = '6GB'", $"SELECT (SELECT count(*) FROM ({a})), (SELECT count(*) FROM ({a} EXCEPT ALL {b})), (SELECT count(*) FROM ({b} EXCEPT ALL {a}))").Output.Split('\n')[1];
                var counts = System.Text.Json.JsonSerializer.Deserialize<string[][]>(found)![0];
                return counts[1] == "0" && counts[2] == "0" && counts[0] != "0" ? $"Equal: {counts[0]} rows by EXCEPT ALL both ways." : throw new InvalidOperationException($"The two files differ: {found}");
            },
        };
    }

    private static string Rows(string csv, string typed) => $"SELECT email, user_full_name, {typed} FROM read_csv('{csv}', header = true, all_varchar = true)";
}

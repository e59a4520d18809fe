namespace Etl.Benchmarks;

/// <summary>Forty saved getTable replies of 2 MB as one Parquet file, against the script that everybody writes first and against SQL in DuckDB.</summary>
internal static class PageComparisons
{
    private const int Count = 40;

    internal static IEnumerable<Comparison> All(PeerData data) =>
    [
        Of(data, "pages-python", false, "a Python script: `json`, `split`, numbers typed, nothing written.", [new(Figure.Cpu, 0.40, 0.25)], () => Peer.MissingProgram("python3"), pages => Peer.Script("python3", ["gettable.py", .. pages])),
        Of(data, "pages-duckdb", false, "DuckDB: `read_json`, `string_split`, casts, `COPY` to Parquet, 1 thread.", [new(Figure.Cpu, 0.50, 0.35)], Peer.MissingDuck, pages => Duck(data, pages)),
        Of(data, "pages-escaped-python", true, "the same script.", [new(Figure.Cpu, 0.40, 0.25)], () => Peer.MissingProgram("python3"), pages => Peer.Script("python3", ["gettable.py", .. pages])),
    ];

    private static Comparison Of(PeerData data, string name, bool escaped, string peer, Goal[] goals, Func<string?> missing, Func<IReadOnlyList<string>, Child.Run> theirs)
    {
        var ours = data["pages.parquet"];
        return new Comparison(
            name, $"`etl convert` of {Count} saved getTable replies, 80 MB, to Parquet{(escaped ? "; everything outside ASCII is escaped (`\\uXXXX`)" : "")}.", peer, goals,
            _ => ConvertComparisons.Run(data, Path.GetDirectoryName(data.Pages(Count, escaped)[0])!, ours, "snappy"),
            _ => Outcome.Of(theirs(data.Pages(Count, escaped))))
        {
            Missing = missing,
            Prepare = () =>
            {
                Published.MakeEtl(data);
                data.Pages(Count, escaped);
            },
            Prove = () => Peer.MissingDuck() is { } reason ? $"Not proven: {reason}" : ConvertComparisons.Prove(data, $"({Rows(data.Pages(Count, escaped))})", ours),
        };
    }

    private static Child.Run Duck(PeerData data, IReadOnlyList<string> pages) =>
        Peer.Duck(1, $"COPY ({Rows(pages)}) TO '{data["duckdb.parquet"]}' (FORMAT parquet, COMPRESSION snappy)");

    private static string Rows(IReadOnlyList<string> pages)
    {
        var cells = string.Join(", ", SeededRows.Columns.Select((c, i) => c.Theirs == "VARCHAR" ? $"cells[{i + 1}] AS {c.Name}" : $"CAST(nullif(cells[{i + 1}], '') AS {c.Theirs}) AS {c.Name}"));
        return $"SELECT {cells} FROM (SELECT string_split(line, '|') AS cells FROM (SELECT unnest(string_split(data, ';')) AS line "
            + $"FROM read_json('{Path.GetDirectoryName(pages[0])}/*.json', columns = {{'data': 'VARCHAR'}}, maximum_object_size = 200000000, format = 'unstructured')) WHERE line <> '')";
    }
}

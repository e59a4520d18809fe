namespace Etl.Cli.Demo.Patterns;

/// <summary>Adds rows of the truth up.</summary>
internal static class Sums
{
    public static Dictionary<string, double> By(this IEnumerable<TruthRow> rows, string key, string figure) => rows.By(r => r.Text(key), r => r.Number(figure));

    public static Dictionary<string, double> By(this IEnumerable<TruthRow> rows, Func<TruthRow, string> key, Func<TruthRow, double> figure) =>
        rows.GroupBy(key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(figure), StringComparer.Ordinal);

    /// <summary>True for a person that the service could name.</summary>
    public static bool IsKnown(string person) => person is not ("" or "Unknown" or "Error");
}

namespace Etl.Kaltura.Exports;

/// <summary>
/// The <c>headers</c> of a report file: <c>TOTALS;TABLE</c>, each a list with commas. Labels stand by position and cut rows to
/// their number, and without a semicolon the table is missing (wire facts 4.1), so they are the server's own column names,
/// all of them. Never friendlier words: under <c>Avg Storage (GB)</c> the server divides by 1,024.
/// </summary>
internal sealed class CsvLabels
{
    // Under these the server changes values.
    private static readonly string[] s_dividing = ["Avg Storage (GB)", "Bandwidth (GB)", "Transcoding (GB)"];

    private CsvLabels(IReadOnlyList<string> totals, IReadOnlyList<string> table) => (Totals, Table) = (totals, table);

    /// <summary>Columns of the totals; empty when they are not asked for.</summary>
    public IReadOnlyList<string> Totals { get; }

    /// <summary>Columns of the table.</summary>
    public IReadOnlyList<string> Table { get; }

    /// <summary>As the request takes them.</summary>
    public string Text => $"{string.Join(',', Totals)};{string.Join(',', Table)}";

    /// <summary>Makes the labels; the first name that cannot be one is given back instead.</summary>
    public static CsvLabels? TryMake(IReadOnlyList<string>? totals, IReadOnlyList<string> table, out string? unusable)
    {
        unusable = table.FirstOrDefault(n => !IsUsable(n));
        return unusable is not null || table.Count == 0 ? null : new CsvLabels(totals is not null && totals.All(IsUsable) ? totals : [], table);
    }

    // A comma or semicolon would begin another label; the guard would change a name that begins with one of its characters.
    private static bool IsUsable(string name) =>
        name.Length > 0 && name.Trim() == name && !name.Any(c => c is ',' or ';' or '"' or '\'' || char.IsControl(c))
        && name[0] is not ('+' or '-' or '=' or '@') && !s_dividing.Contains(name, StringComparer.OrdinalIgnoreCase);
}

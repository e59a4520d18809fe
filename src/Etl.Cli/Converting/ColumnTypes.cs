using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Text;
using Etl.Parsing;
using Etl.Pipeline.Converting;

namespace Etl.Cli.Converting;

/// <summary>What the columns of a plain CSV file are: those of a schema file, all others text.</summary>
internal sealed class ColumnTypes(IReadOnlyDictionary<string, CellFormat> formats)
{
    /// <summary>Every column is text.</summary>
    public static ColumnTypes Text { get; } = new(new Dictionary<string, CellFormat>());

    /// <summary>Those of a schema file.</summary>
    /// <exception cref="EtlException">The file is faulty; the message lists every fault.</exception>
    public static ColumnTypes Read(string path)
    {
        var file = SchemaFile.Read(path);
        if (file.Faults.Count > 0) throw new EtlException(FaultKind.Usage, string.Join('\n', file.Faults)) { Code = "bad-schema" };
        return new ColumnTypes(file.Columns.ToDictionary(c => c.Name, c => FormatOf(c.Type), StringComparer.Ordinal));
    }

    /// <summary>Fits them to a header.</summary>
    public TablePlan Plan(IReadOnlyList<string> header, string schemaPath, List<string> warnings)
    {
        if (formats.Keys.FirstOrDefault(n => !header.Contains(n, StringComparer.Ordinal)) is { } missing)
            throw new EtlException(FaultKind.Usage, $"'{schemaPath}' has a column '{missing}' that the CSV file does not have.{Nearest.Hint(missing, [.. header])}") { Code = "bad-schema" };
        var others = header.Where(n => !formats.ContainsKey(n)).ToList();
        if (formats.Count > 0 && others.Count > 0) warnings.Add($"Not in '{schemaPath}', so text: {string.Join(", ", others)}.");
        CellFormat[] all = [.. header.Select(n => formats.GetValueOrDefault(n, CellFormat.Text))];
        return new TablePlan(new TableSchema(header.Select((n, i) => new Column(n, CellFormats.TypeOf(all[i])!.Value))), all, [.. Enumerable.Range(0, header.Count)]);
    }

    private static CellFormat FormatOf(string type) => type switch
    {
        "bool" => CellFormat.Flag,
        "int64" => CellFormat.Integer,
        "double" => CellFormat.Number,
        "date" => CellFormat.IsoDay,
        "timestamp" => CellFormat.IsoTimestamp,
        "date-id" => CellFormat.DayId,
        "unix-seconds" => CellFormat.UnixSeconds,
        "text" => CellFormat.Text,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };
}

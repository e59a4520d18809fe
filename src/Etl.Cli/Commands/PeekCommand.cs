using System.CommandLine;
using System.Globalization;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Parquet;

namespace Etl.Cli.Commands;

/// <summary><c>etl peek</c>: what is in a Parquet file.</summary>
internal static class PeekCommand
{
    private const int DefaultRows = 10;
    private const int WidestCell = 40;

    public static Command Create(GlobalOptions globals)
    {
        var file = new Argument<string>("FILE.parquet") { Description = "A Parquet file, ours or another's." };
        var rows = GlobalOptions.Number("--rows", "Rows to show.", DefaultRows, 0, 1_000_000);
        var command = new Command("peek", "Show columns, commit record, sizes and first rows of a Parquet file.") { file, rows };
        command.SetAction(globals, (result, terminal, _) =>
        {
            var path = result.GetRequiredValue(file);
            if (Directory.Exists(path)) throw new EtlException(FaultKind.Usage, $"'{path}' is a folder. Name a Parquet file in it, such as '{Example(path)}'.");
            if (!File.Exists(path)) throw new EtlException(FaultKind.Usage, $"There is no file '{path}'.");
            try
            {
                using var reader = ParquetReader.Open(path);
                Describe(terminal, path, reader);
                Rows(terminal, reader, result.GetValue(rows));
            }
            catch (ParquetFormatException e)
            {
                throw new EtlException(FaultKind.Window, $"Could not read '{path}': {e.Message}", e) { Code = "bad-parquet" };
            }
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static string Example(string folder) =>
        Directory.EnumerateFiles(folder, "*.parquet", SearchOption.AllDirectories).Order(StringComparer.Ordinal).FirstOrDefault() ?? Path.Combine(folder, "data.parquet");

    private static void Describe(Terminal terminal, string path, ParquetReader reader)
    {
        var bytes = new FileInfo(path).Length;
        terminal.Object(new
        {
            type = "file", path, rows = reader.RowCount, bytes, rowGroups = reader.RowGroups.Count, createdBy = reader.CreatedBy, metadata = reader.Metadata,
            columns = reader.Schema.Columns.Select(c => new { name = c.Name, type = c.Type.ToString().ToLowerInvariant() }),
        });
        terminal.Line($"{path}  {Show.Number(reader.RowCount, "row")}, {Show.Bytes(bytes)}, {Show.Number(reader.RowGroups.Count, "row group")}, written by {reader.CreatedBy ?? "an unknown writer"}");
        foreach (var (key, value) in reader.Metadata)
            if (value.Length <= 100) terminal.Line($"  {key} = {value}");
        terminal.Line();
        terminal.Table(null, ["column", "type", "nulls", "min", "max", "stored"], reader.Schema.Columns.Select((c, i) =>
        {
            var chunks = reader.RowGroups.Select(g => g.Columns[i]).ToList();
            var statistics = chunks.Select(k => k.Statistics).ToList();
            return (IReadOnlyList<string>)
            [
                c.Name,
                c.Type.ToString().ToLowerInvariant(),
                statistics.All(s => s?.NullCount is not null) ? Show.Count(statistics.Sum(s => s!.NullCount!.Value)) : "",
                Extreme(statistics.Select(s => s?.Min), c.Type, smallest: true),
                Extreme(statistics.Select(s => s?.Max), c.Type, smallest: false),
                Show.Bytes(chunks.Sum(k => k.CompressedBytes)),
            ];
        }));
    }

    private static void Rows(Terminal terminal, ParquetReader reader, int count)
    {
        var batch = new ParquetBatch(reader.Schema);
        var rows = new List<IReadOnlyList<string>>();
        while (rows.Count < count && reader.Read(batch, count - rows.Count) > 0)
        {
            for (var r = 0; r < batch.RowCount; r++)
            {
                var cells = Enumerable.Range(0, batch.ColumnCount).Select(c => Cell(batch[c], r)).ToList();
                terminal.Object(new { type = "row", values = cells.Select((v, i) => (reader.Schema.Columns[i].Name, v)).ToDictionary(p => p.Name, p => p.v) });
                rows.Add([.. cells.Select(v => Short(v is null ? "NULL" : Text(v)))]);
            }
        }
        if (rows.Count == 0) return;
        terminal.Line();
        terminal.Table(null, [.. reader.Schema.Columns.Select(c => c.Name)], rows);
    }

    private static object? Cell(ParquetColumnData cells, int row)
    {
        if (cells.IsNull(row)) return null;
        return cells.Type switch
        {
            ParquetType.Bool => cells.Bools[row],
            ParquetType.Int32 => cells.Int32s[row],
            ParquetType.Date => Day(cells.Int32s[row]),
            ParquetType.Int64 => cells.Int64s[row],
            ParquetType.Timestamp => Instant(cells.Int64s[row]),
            ParquetType.Double => cells.Doubles[row],
            _ => System.Text.Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]]),
        };
    }

    private static string Extreme(IEnumerable<object?> values, ParquetType type, bool smallest)
    {
        var known = values.OfType<IComparable>().ToList();
        if (known.Count == 0) return "";
        var value = smallest ? known.Min()! : known.Max()!;
        return Short(type switch
        {
            ParquetType.Date when value is int days => Day(days),
            ParquetType.Timestamp when value is long micros => Instant(micros),
            // Formats keep the smallest zero as -0; people mean 0.
            _ => Text(value is double and 0 ? 0.0 : value),
        });
    }

    private static string Day(int days) => days is >= -719162 and <= 2932896
        ? DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
        : $"{days} days since 1970-01-01";

    private static string Instant(long micros) => micros is >= -62135596800000000 and <= 253402300799999999
        ? DateTime.UnixEpoch.AddTicks(micros * 10).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture)
        : $"{micros} microseconds since 1970";

    private static string Text(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    // Control characters would tear the table apart.
    private static string Short(string text)
    {
        var clean = string.Concat(text.Select(ch => char.IsControl(ch) ? '␤' : ch));
        return clean.Length <= WidestCell ? clean : clean[..(WidestCell - 1)] + "…";
    }
}

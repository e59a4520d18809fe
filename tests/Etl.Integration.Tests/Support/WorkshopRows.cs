using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Parquet;

namespace Etl.Integration.Tests.Support;

/// <summary>Rows of report 38 as short text lines, from the sandbox, the warehouse and the dataset alike.</summary>
internal static class WorkshopRows
{
    private static readonly string[] s_columns = ["object_id", "entry_name", "count_plays", "sum_time_viewed", "unique_viewers"];

    /// <summary>What the sandbox holds, as it looks after the wire took delimiters and semicolons away.</summary>
    public static async Task<string[]> ExpectedAsync(this Workshop shop, string report, string label) => Expected(await shop.TruthAsync(report, label));

    /// <summary>The same for any range.</summary>
    public static async Task<string[]> ExpectedAsync(this Workshop shop, string report, DateTimeOffset from, DateTimeOffset to, int timeZoneOffset) =>
        Expected(await shop.TruthAsync(report, from, to, timeZoneOffset));

    /// <summary>Rows of truth lines.</summary>
    public static string[] Expected(string[] truth) =>
        Lines(truth.Select(line =>
        {
            var row = JsonDocument.Parse(line).RootElement;
            return s_columns.Select(c => row.GetProperty(c).ValueKind switch
            {
                JsonValueKind.Null => "",
                JsonValueKind.String => row.GetProperty(c).GetString()!.Replace('|', ' ').Replace(';', ' '),
                _ => Number(row.GetProperty(c)),
            });
        }));

    /// <summary>What the warehouse holds of a window, read by the sqlite3 program.</summary>
    public static Task<string[]> TableAsync(this Workshop shop, string report, string table, string label)
    {
        if (!File.Exists(shop.Warehouse) || Sqlite3.Json(shop.Warehouse, $"SELECT name FROM sqlite_master WHERE name = '{table}'").Length == 0)
            return Task.FromResult<string[]>([]);
        var json = Sqlite3.Json(shop.Warehouse, $"SELECT {string.Join(", ", s_columns)} FROM {table} WHERE _window = '{label}'");
        if (json.Length == 0) return Task.FromResult<string[]>([]);
        return Task.FromResult(Lines(JsonDocument.Parse(json).RootElement.EnumerateArray().Select(row =>
            s_columns.Select(c => row.GetProperty(c).ValueKind == JsonValueKind.String ? row.GetProperty(c).GetString()! : Number(row.GetProperty(c))))));
    }

    /// <summary>What the dataset holds of a window.</summary>
    public static string[] Parquet(this Workshop shop, string dataset, string label)
    {
        var path = shop.ParquetFile(dataset, label);
        return File.Exists(path) ? ParquetAt(path) : [];
    }

    /// <summary>What a file holds.</summary>
    public static string[] ParquetAt(string path)
    {
        using var reader = ParquetReader.Open(path);
        var batch = new ParquetBatch(reader.Schema);
        var columns = s_columns.Select(c => reader.Schema.Columns.Select((k, i) => (k.Name, i)).Single(k => k.Name == c).i).ToArray();
        var rows = new List<IEnumerable<string>>();
        while (reader.Read(batch, 1000) > 0)
            for (var r = 0; r < batch.RowCount; r++)
                rows.Add([.. columns.Select(c => Cell(batch[c], r))]);
        return Lines(rows);
    }

    /// <summary>Late events: every tenth session of the day counts twice from now on.</summary>
    public static Task RestateAsync(this Workshop shop, string label)
    {
        var (from, to) = Workshop.Bounds(label);
        return shop.PostAsync("/sandbox/restate", string.Create(CultureInfo.InvariantCulture, $"{{\"kind\":\"late\",\"from\":{from},\"to\":{to}}}"));
    }

    /// <summary>Withdrawn events: every third session of the day is gone from now on.</summary>
    public static Task WithdrawAsync(this Workshop shop, string label)
    {
        var (from, to) = Workshop.Bounds(label);
        return shop.PostAsync("/sandbox/restate", string.Create(CultureInfo.InvariantCulture, $"{{\"kind\":\"withdrawn\",\"from\":{from},\"to\":{to},\"every\":3}}"));
    }

    /// <summary>Nothing is left of the day from now on.</summary>
    public static Task EmptyAsync(this Workshop shop, string label)
    {
        var (from, to) = Workshop.Bounds(label);
        return shop.PostAsync("/sandbox/restate", string.Create(CultureInfo.InvariantCulture, $"{{\"kind\":\"emptied\",\"from\":{from},\"to\":{to}}}"));
    }

    /// <summary>All cells of one column, in the order of the file; null for nulls.</summary>
    public static IReadOnlyList<string?> Column(string path, string name)
    {
        using var reader = ParquetReader.Open(path);
        var batch = new ParquetBatch(reader.Schema);
        var column = reader.Schema.Columns.Select((c, i) => (c.Name, i)).Single(c => c.Name == name).i;
        var cells = new List<string?>();
        while (reader.Read(batch, 1000) > 0)
            for (var r = 0; r < batch.RowCount; r++) cells.Add(batch[column].IsNull(r) ? null : Cell(batch[column], r));
        return cells;
    }

    /// <summary>Names and types of the columns of a file.</summary>
    public static IReadOnlyDictionary<string, string> Types(string path)
    {
        using var reader = ParquetReader.Open(path);
        return reader.Schema.Columns.ToDictionary(c => c.Name, c => c.Type.ToString());
    }

    /// <summary>The commit record and the number of rows of a file.</summary>
    public static (IReadOnlyDictionary<string, string> Metadata, long Rows) Record(string path)
    {
        using var reader = ParquetReader.Open(path);
        return (reader.Metadata.ToDictionary(m => m.Key, m => m.Value), reader.RowCount);
    }

    private static string[] Lines(IEnumerable<IEnumerable<string>> rows) => [.. rows.Select(r => string.Join(" | ", r)).Order(StringComparer.Ordinal)];

    private static string Number(JsonElement value) => value.GetDouble().ToString("R", CultureInfo.InvariantCulture);

    private static string Cell(ParquetColumnData cells, int row) => cells.Type switch
    {
        ParquetType.Int64 => ((double)cells.Int64s[row]).ToString("R", CultureInfo.InvariantCulture),
        ParquetType.Double => cells.Doubles[row].ToString("R", CultureInfo.InvariantCulture),
        _ => Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]]),
    };
}

using System.Globalization;
using Dapper;
using Etl.Core.Columns;
using Etl.Parquet;
using Microsoft.Data.Sqlite;

namespace Etl.Cli.Demo;

/// <summary>
/// Reads landed rows back as plain values: text, long, double, or null; dates as days and timestamps as microseconds
/// since 1970. Only the report's own columns.
/// </summary>
internal static class LandedRows
{
    public static IReadOnlyList<Dictionary<string, object?>> FromParquet(string path)
    {
        using var reader = ParquetReader.Open(path);
        var batch = new ParquetBatch(reader.Schema);
        var rows = new List<Dictionary<string, object?>>();
        while (reader.Read(batch, 4096) > 0)
        {
            for (var r = 0; r < batch.RowCount; r++)
            {
                var row = new Dictionary<string, object?>(StringComparer.Ordinal);
                for (var c = 0; c < reader.Schema.Columns.Count; c++)
                {
                    var column = reader.Schema.Columns[c];
                    if (column.Name[0] != '_') row[column.Name] = Value(batch[c], r);
                }
                rows.Add(row);
            }
        }
        return rows;
    }

    public static async Task<IReadOnlyList<Dictionary<string, object?>>> FromSqliteAsync(
        string database, string table, string window, IReadOnlyDictionary<string, ColumnType> types, CancellationToken cancellation)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            var records = await connection.QueryAsync(new CommandDefinition(
                $"SELECT * FROM [{table}] WHERE [_window] = @window", new { window }, cancellationToken: cancellation)).ConfigureAwait(false);
            return
            [
                .. records.Cast<IDictionary<string, object?>>().Select(record => record
                    .Where(cell => cell.Key[0] != '_')
                    .ToDictionary(cell => cell.Key, cell => Convert(cell.Value, types.GetValueOrDefault(cell.Key, ColumnType.Text)))),
            ];
        }
    }

    private static object? Convert(object? value, ColumnType type) => value is null ? null : type switch
    {
        ColumnType.Date => (long)(DateOnly.ParseExact((string)value, "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber),
        ColumnType.Timestamp => (DateTimeOffset.Parse((string)value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).Ticks - DateTimeOffset.UnixEpoch.Ticks) / 10,
        ColumnType.Double => System.Convert.ToDouble(value, CultureInfo.InvariantCulture),
        _ => value,
    };

    private static object? Value(ParquetColumnData cells, int row) => cells.IsNull(row) ? null : cells.Type switch
    {
        ParquetType.Bool => cells.Bools[row] ? 1L : 0L,
        ParquetType.Int32 or ParquetType.Date => (long)cells.Int32s[row],
        ParquetType.Int64 or ParquetType.Timestamp => cells.Int64s[row],
        ParquetType.Double => cells.Doubles[row],
        _ => System.Text.Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]]),
    };
}

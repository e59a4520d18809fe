using Etl.Core.Columns;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>Rows of a query as batches: text cells come as the UTF-8 bytes that the engine holds, without a string per cell.</summary>
internal static class SqliteSelect
{
    private const int BatchRows = 4_096;

    /// <summary>Runs the query on a connection whose transaction is open; see <see cref="SqliteTypes"/> for the forms of values.</summary>
    public static IEnumerable<RowBatch> Read(SqliteConnection connection, string sql, TableSchema schema)
    {
        var database = connection.Handle!;
        Check(database, raw.sqlite3_prepare_v2(database, sql, out var statement));
        using (statement)
        {
            var batch = new RowBatch(schema);
            while (true)
            {
                var step = raw.sqlite3_step(statement);
                if (step == raw.SQLITE_DONE) break;
                if (step != raw.SQLITE_ROW) Check(database, step);
                for (var column = 0; column < schema.Columns.Count; column++) Append(statement, column, batch[column], schema.Columns[column].Type);
                if (batch.RowCount < BatchRows) continue;
                yield return batch;
                batch.Clear();
            }
            if (batch.RowCount > 0) yield return batch;
        }
    }

    private static void Append(sqlite3_stmt statement, int column, ColumnBuffer cells, ColumnType type)
    {
        if (raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL)
        {
            cells.AppendNull();
            return;
        }
        switch (type)
        {
            case ColumnType.Bool: ((FixedBuffer<bool>)cells).Append(raw.sqlite3_column_int64(statement, column) != 0); break;
            case ColumnType.Int32: ((FixedBuffer<int>)cells).Append(raw.sqlite3_column_int(statement, column)); break;
            case ColumnType.Int64: ((FixedBuffer<long>)cells).Append(raw.sqlite3_column_int64(statement, column)); break;
            case ColumnType.Double: ((FixedBuffer<double>)cells).Append(raw.sqlite3_column_double(statement, column)); break;
            case ColumnType.Date: ((FixedBuffer<int>)cells).Append(SqliteTypes.ReadDate(Text(statement, column))); break;
            case ColumnType.Timestamp: ((FixedBuffer<long>)cells).Append(SqliteTypes.ReadTimestamp(Text(statement, column))); break;
            default: ((TextBuffer)cells).Append(Text(statement, column)); break;
        }
    }

    // For a text the engine's blob is its bytes in the database's encoding, which is UTF-8.
    private static ReadOnlySpan<byte> Text(sqlite3_stmt statement, int column) => raw.sqlite3_column_blob(statement, column);

    private static void Check(sqlite3 database, int code)
    {
        if (code != raw.SQLITE_OK) throw new SqliteException(raw.sqlite3_errmsg(database).utf8_to_string(), code & 0xFF, code);
    }
}

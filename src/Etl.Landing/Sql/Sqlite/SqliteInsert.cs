using Etl.Core.Columns;
using Etl.Core.Errors;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// One prepared INSERT, fed from batches: text cells go to the engine as the UTF-8 bytes they are, without a string or a
/// boxed value per cell, and only where they differ from the row before: a statement keeps what was bound. Belongs to one
/// connection and is used inside its transaction.
/// </summary>
internal sealed class SqliteInsert : IDisposable
{
    private readonly SqlRows _rows;
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly ColumnType[] _types;

    /// <param name="connection">Open connection.</param>
    /// <param name="quoted">The table, quoted.</param>
    /// <param name="rows">What is to come.</param>
    /// <param name="dialect">Quotes names.</param>
    public SqliteInsert(SqliteConnection connection, string quoted, SqlRows rows, SqlDialect dialect)
    {
        _rows = rows;
        _types = [.. rows.Schema.Columns.Select(c => c.Type)];
        _database = connection.Handle!;
        var sql = $"INSERT INTO {quoted} ({rows.List(dialect)}) VALUES ({string.Join(", ", rows.Columns.Select(_ => "?"))})";
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    /// <summary>Rows handed over so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows that the engine says it inserted; what triggers did is not in it.</summary>
    public long Inserted { get; private set; }

    /// <summary>Inserts the rows of a batch.</summary>
    public void Add(RowBatch batch)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            for (var column = 0; column < _types.Length; column++)
                if (row == 0 || !IsBound(batch[column], _types[column], row)) Check(Bind(batch, column, row));
            var step = raw.sqlite3_step(_statement);
            if (step != raw.SQLITE_DONE) Check(step);
            Check(raw.sqlite3_reset(_statement));
            Inserted += raw.sqlite3_changes(_database);
            _rows.AfterRow(++Rows);
        }
    }

    public void Dispose() => _statement.Dispose();

    // Cells that cost more to bind than to compare: the engine copies texts, and times are written as text first.
    private static bool IsBound(ColumnBuffer cells, ColumnType type, int row)
    {
        if (cells.IsNull(row) || cells.IsNull(row - 1)) return cells.IsNull(row) && cells.IsNull(row - 1);
        return type switch
        {
            ColumnType.Text => ((TextBuffer)cells)[row].SequenceEqual(((TextBuffer)cells)[row - 1]),
            ColumnType.Date => ((FixedBuffer<int>)cells).Values[row] == ((FixedBuffer<int>)cells).Values[row - 1],
            ColumnType.Timestamp => ((FixedBuffer<long>)cells).Values[row] == ((FixedBuffer<long>)cells).Values[row - 1],
            _ => false,
        };
    }

    private int Bind(RowBatch batch, int column, int row)
    {
        var cells = batch[column];
        var slot = column + 1;
        if (cells.IsNull(row)) return raw.sqlite3_bind_null(_statement, slot);
        switch (_types[column])
        {
            case ColumnType.Bool:
                return raw.sqlite3_bind_int(_statement, slot, ((FixedBuffer<bool>)cells).Values[row] ? 1 : 0);
            case ColumnType.Int32:
                return raw.sqlite3_bind_int(_statement, slot, ((FixedBuffer<int>)cells).Values[row]);
            case ColumnType.Int64:
                return raw.sqlite3_bind_int64(_statement, slot, ((FixedBuffer<long>)cells).Values[row]);
            case ColumnType.Double:
                return raw.sqlite3_bind_double(_statement, slot, ((FixedBuffer<double>)cells).Values[row]);
            case ColumnType.Date:
                Span<byte> date = stackalloc byte[SqliteTypes.DateLength];
                if (!SqliteTypes.TryFormatDate(((FixedBuffer<int>)cells).Values[row], date)) ThrowRange(batch, column);
                return raw.sqlite3_bind_text(_statement, slot, date);
            case ColumnType.Timestamp:
                Span<byte> instant = stackalloc byte[SqliteTypes.TimestampLength];
                if (!SqliteTypes.TryFormatTimestamp(((FixedBuffer<long>)cells).Values[row], instant)) ThrowRange(batch, column);
                return raw.sqlite3_bind_text(_statement, slot, instant);
            default:
                var text = ((TextBuffer)cells)[row];
                // An empty span is a null pointer, which the engine would take for NULL.
                return text.IsEmpty ? raw.sqlite3_bind_text(_statement, slot, "") : raw.sqlite3_bind_text(_statement, slot, text);
        }
    }

    private void Check(int code)
    {
        if (code == raw.SQLITE_OK) return;
        throw new SqliteException(raw.sqlite3_errmsg(_database).utf8_to_string(), code & 0xFF, code);
    }

    private void ThrowRange(RowBatch batch, int column) => throw new EtlException(
        FaultKind.Window,
        $"Could not land in table '{_rows.Target}': column '{batch.Schema.Columns[column].Name}' holds a time outside the years 1 to 9999 on row {_rows.RowOf(Rows + 1)} of the pull, "
        + "which has no text form here. Land as Parquet, or hold the pull.") { Code = "bad-row" };
}

using System.Data.Common;
using System.Text;
using Etl.Core.Columns;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>Rows of a query as batches.</summary>
internal static class SqlServerSelect
{
    private const int BatchRows = 4_096;

    /// <summary>Runs the query in the session's transaction; see <see cref="SqlServerTypes"/> for the forms of values.</summary>
    public static IEnumerable<RowBatch> Read(SqlSession session, string sql, TableSchema schema)
    {
        using var command = session.Connection.CreateCommand();
        command.Transaction = session.Transaction;
        command.CommandTimeout = session.Warehouse.CommandTimeoutSeconds;
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var batch = new RowBatch(schema);
        while (reader.Read())
        {
            for (var column = 0; column < schema.Columns.Count; column++) Append(reader, column, batch[column], schema.Columns[column].Type);
            if (batch.RowCount < BatchRows) continue;
            yield return batch;
            batch.Clear();
        }
        if (batch.RowCount > 0) yield return batch;
    }

    private static void Append(DbDataReader reader, int column, ColumnBuffer cells, ColumnType type)
    {
        if (reader.IsDBNull(column))
        {
            cells.AppendNull();
            return;
        }
        switch (type)
        {
            case ColumnType.Bool: ((FixedBuffer<bool>)cells).Append(reader.GetBoolean(column)); break;
            case ColumnType.Int32: ((FixedBuffer<int>)cells).Append(reader.GetInt32(column)); break;
            case ColumnType.Int64: ((FixedBuffer<long>)cells).Append(reader.GetInt64(column)); break;
            case ColumnType.Double: ((FixedBuffer<double>)cells).Append(reader.GetDouble(column)); break;
            case ColumnType.Date: ((FixedBuffer<int>)cells).Append(SqlServerTypes.DaysOf(reader.GetDateTime(column))); break;
            case ColumnType.Timestamp: ((FixedBuffer<long>)cells).Append(SqlServerTypes.MicrosecondsOf(reader.GetDateTime(column))); break;
            default: ((TextBuffer)cells).Append(Encoding.UTF8.GetBytes(reader.GetString(column))); break;
        }
    }
}

using System.Buffers.Binary;
using Etl.Core.Columns;
using Npgsql;

namespace Etl.Landing.Sql.Postgres;

/// <summary>Rows into and out of the server by COPY in its binary form, without a string or an object per cell.</summary>
internal static class PostgresCopy
{
    private const int BatchRows = 4_096;

    /// <summary>Loads rows in the connection's transaction. A fault on the way tells the server that the COPY failed.</summary>
    public static async Task WriteAsync(NpgsqlConnection connection, string quoted, SqlRows rows, SqlDialect dialect, CancellationToken cancellation)
    {
        var stream = await connection.BeginRawBinaryCopyAsync($"COPY {quoted} ({rows.List(dialect)}) FROM STDIN (FORMAT BINARY)", cancellation);
        try
        {
            await stream.WriteAsync(PostgresEncoder.Header, cancellation);
            var key = KeySort.KeyOf(rows.Schema, rows.Order);
            foreach (var piece in key.Length > 0 ? new PostgresOrderedRows(rows, key).Pieces() : new PostgresEncoder(rows).Pieces())
            {
                cancellation.ThrowIfCancellationRequested();
                await stream.WriteAsync(piece, cancellation);
            }
            await stream.WriteAsync(PostgresEncoder.Trailer, cancellation);
        }
        catch
        {
            await CancelAsync(stream);
            throw;
        }
        await stream.DisposeAsync();
    }

    /// <summary>Reads the rows of a query, whose columns are of the schema's types.</summary>
    public static IEnumerable<RowBatch> Read(NpgsqlConnection connection, string sql, TableSchema schema)
    {
        using var stream = connection.BeginRawBinaryCopy($"COPY ({sql}) TO STDOUT (FORMAT BINARY)");
        var input = new Input(stream);
        input.Skip(11 + 4);
        input.Skip(input.Int32());
        var batch = new RowBatch(schema);
        while (input.Int16() >= 0)
        {
            for (var column = 0; column < schema.Columns.Count; column++) Append(batch[column], schema.Columns[column].Type, input);
            if (batch.RowCount < BatchRows) continue;
            yield return batch;
            batch.Clear();
        }
        if (batch.RowCount > 0) yield return batch;
    }

    private static async Task CancelAsync(NpgsqlRawCopyStream stream)
    {
        try
        {
            await stream.CancelAsync();
        }
        catch (Exception fault) when (fault is NpgsqlException or IOException or InvalidOperationException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is gone, or the server has given the COPY up already: the fault that led here says why.
        }
    }

    private static void Append(ColumnBuffer cells, ColumnType type, Input input)
    {
        var length = input.Int32();
        if (length < 0)
        {
            cells.AppendNull();
            return;
        }
        var value = input.Take(length);
        switch (type)
        {
            case ColumnType.Bool: ((FixedBuffer<bool>)cells).Append(value[0] != 0); break;
            case ColumnType.Int32: ((FixedBuffer<int>)cells).Append(BinaryPrimitives.ReadInt32BigEndian(value)); break;
            case ColumnType.Int64: ((FixedBuffer<long>)cells).Append(BinaryPrimitives.ReadInt64BigEndian(value)); break;
            case ColumnType.Double: ((FixedBuffer<double>)cells).Append(BinaryPrimitives.ReadDoubleBigEndian(value)); break;
            case ColumnType.Date: ((FixedBuffer<int>)cells).Append(PostgresTypes.Date(BinaryPrimitives.ReadInt32BigEndian(value))); break;
            case ColumnType.Timestamp: ((FixedBuffer<long>)cells).Append(PostgresTypes.Timestamp(BinaryPrimitives.ReadInt64BigEndian(value))); break;
            default: ((TextBuffer)cells).Append(value); break;
        }
    }

    /// <summary>Numbers and bytes from the stream, through a buffer.</summary>
    private sealed class Input(Stream stream)
    {
        private byte[] _buffer = new byte[1 << 16];
        private int _start, _end;

        public short Int16() => BinaryPrimitives.ReadInt16BigEndian(Take(2));

        public int Int32() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

        public void Skip(int bytes) => Take(bytes);

        /// <summary>The next bytes, good until the next call.</summary>
        public ReadOnlySpan<byte> Take(int bytes)
        {
            if (_end - _start < bytes) Fill(bytes);
            var taken = _buffer.AsSpan(_start, bytes);
            _start += bytes;
            return taken;
        }

        private void Fill(int bytes)
        {
            var rest = _buffer.AsSpan(_start, _end - _start);
            if (_buffer.Length < bytes)
            {
                var larger = new byte[Math.Max(_buffer.Length * 2, bytes)];
                rest.CopyTo(larger);
                _buffer = larger;
            }
            else
            {
                rest.CopyTo(_buffer);
            }
            (_start, _end) = (0, rest.Length);
            while (_end < bytes)
            {
                var read = stream.Read(_buffer, _end, _buffer.Length - _end);
                if (read == 0) throw new EndOfStreamException("The server ended its rows before it said so.");
                _end += read;
            }
        }
    }
}

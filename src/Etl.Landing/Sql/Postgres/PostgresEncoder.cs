using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Etl.Core.Columns;
using Etl.Core.Errors;

namespace Etl.Landing.Sql.Postgres;

/// <summary>
/// Rows in the binary form of COPY: a header once (11 bytes <c>PGCOPY\n\377\r\n\0</c>, flags, length of an extension), then for each row the number of
/// fields (16 bits) and for each field its length (32 bits, -1 for null) and bytes, then -1 instead of a number of fields. Text cells are
/// copied as the bytes they are. Some rows are encoded at once, column after column: first where each row begins, then every cell to its place.
/// </summary>
internal sealed class PostgresEncoder(SqlRows rows)
{
    /// <summary>Bytes that are given to the driver at once, but for a row that is longer: so few that they stay in the cache. It sends more at once; see <see cref="PostgresSettings.OfRows"/>.</summary>
    internal const int PieceBytes = 1 << 16;

    /// <summary>Rows that are encoded at once: those of one word of validity, and so few that they stay in the first cache.</summary>
    internal const int BlockRows = 64;

    private readonly ColumnType[] _types = Types(rows.Schema);
    private readonly ColumnBuffer[] _cells = new ColumnBuffer[rows.Schema.Columns.Count];
    private readonly int _fixedBytes = FixedBytes(rows.Schema);
    private readonly int[] _starts = new int[BlockRows + 1];
    private readonly int[] _at = new int[BlockRows];
    private readonly long[] _longs = new long[BlockRows];
    private readonly int[] _ints = new int[BlockRows];
    private int _rows, _first, _count;
    private long _before;

    /// <summary>What comes before the rows. The ninth byte is 0xFF alone, which no UTF-8 literal can spell.</summary>
    public static ReadOnlyMemory<byte> Header { get; } = new byte[] { (byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0 };

    /// <summary>What comes behind them.</summary>
    public static ReadOnlyMemory<byte> Trailer { get; } = new byte[] { 0xFF, 0xFF };

    /// <summary>Where each row of the block begins in its bytes, and where the last one ends.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, _count + 1);

    /// <summary>Encodes all rows in the order in which they come; each piece is good until the next.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        var piece = new byte[PieceBytes];
        long sent = 0;
        foreach (var batch in rows.Read())
        {
            Begin(batch);
            while (Measure(PieceBytes) is > 0 and var bytes)
            {
                if (piece.Length < bytes) piece = new byte[bytes];
                Write(piece.AsSpan(0, bytes));
                for (var end = _before + _first; sent < end;) rows.AfterRow(++sent);
                yield return piece.AsMemory(0, bytes);
            }
        }
    }

    /// <summary>Begins a batch and looks for what the server cannot store.</summary>
    /// <exception cref="EtlException">A text holds a NUL.</exception>
    public void Begin(RowBatch batch)
    {
        _before += _first;
        (_rows, _first, _count) = (batch.RowCount, 0, 0);
        for (var column = 0; column < _cells.Length; column++) _cells[column] = batch[column];
        for (var column = 0; column < _cells.Length; column++)
            if (_cells[column] is TextBuffer text && text.RowWithNul() is >= 0 and var row) ThrowNul(column, row);
    }

    /// <summary>Goes to the next rows of the batch, at most <see cref="BlockRows"/>; returns how many bytes they take, 0 behind the last one.</summary>
    /// <param name="room">Bytes that they have room in; a row that takes more comes alone.</param>
    public int Measure(int room)
    {
        _count = Math.Min(BlockRows - _first % BlockRows, _rows - _first);
        if (_count == 0) return 0;
        var lengths = _at.AsSpan(0, _count);
        lengths.Fill(_fixedBytes);
        for (var column = 0; column < _cells.Length; column++)
        {
            if (_cells[column] is TextBuffer text) text.AddLengths(_first, lengths);
            else if (_cells[column].NullCount != 0) TakeNulls(Present(_cells[column]), BytesOf(_types[column]), lengths);
        }
        var (row, bytes) = (0, 0);
        for (; row < lengths.Length && (row == 0 || lengths[row] <= room - bytes); row++)
        {
            _starts[row] = bytes;
            bytes += lengths[row];
        }
        (_count, _starts[row]) = (row, bytes);
        return bytes;
    }

    /// <summary>Encodes the rows that were measured.</summary>
    /// <param name="to">As many bytes as they take.</param>
    /// <exception cref="EtlException">A time lies outside the server's calendar.</exception>
    public void Write(Span<byte> to)
    {
        for (var row = 0; row < _count; row++)
        {
            BinaryPrimitives.WriteInt16BigEndian(to[_starts[row]..], (short)_cells.Length);
            _at[row] = _starts[row] + 2;
        }
        for (var column = 0; column < _cells.Length; column++)
        {
            var (cells, present) = (_cells[column], Present(_cells[column]));
            switch (_types[column])
            {
                case ColumnType.Text: PutTexts(to, (TextBuffer)cells, present); break;
                case ColumnType.Int64: Put(to, Block<long>(cells), present); break;
                case ColumnType.Double: Put(to, MemoryMarshal.Cast<double, long>(Block<double>(cells)), present); break;
                case ColumnType.Int32: Put(to, Block<int>(cells), present); break;
                case ColumnType.Bool: Put(to, Block<bool>(cells), present); break;
                case ColumnType.Date: Put(to, Days(Block<int>(cells), column), present); break;
                default: Put(to, Microseconds(Block<long>(cells), column), present); break;
            }
        }
        _first += _count;
    }

    private static ColumnType[] Types(TableSchema schema)
    {
        var types = new ColumnType[schema.Columns.Count];
        for (var column = 0; column < types.Length; column++) types[column] = schema.Columns[column].Type;
        return types;
    }

    // Number of fields, and for each its length and, where that is always the same, its value.
    private static int FixedBytes(TableSchema schema)
    {
        var bytes = 2;
        foreach (var column in schema.Columns) bytes += 4 + BytesOf(column.Type);
        return bytes;
    }

    // What a value takes; a text's bytes are counted row by row.
    private static int BytesOf(ColumnType type) => type switch
    {
        ColumnType.Text => 0,
        ColumnType.Bool => 1,
        ColumnType.Int32 or ColumnType.Date => 4,
        _ => 8,
    };

    private static void TakeNulls(ulong present, int bytes, Span<int> lengths)
    {
        for (var row = 0; row < lengths.Length; row++)
            if ((present >> row & 1) == 0) lengths[row] -= bytes;
    }

    private ulong Present(ColumnBuffer cells) => cells.Validity[_first / BlockRows] >> _first % BlockRows;

    private ReadOnlySpan<T> Block<T>(ColumnBuffer cells) => ((FixedBuffer<T>)cells).Values.Slice(_first, _count);

    // A null's value is zero, a day like others.
    private ReadOnlySpan<int> Days(ReadOnlySpan<int> values, int column)
    {
        for (var row = 0; row < values.Length; row++)
            if (!PostgresTypes.TryDate(values[row], out _ints[row])) ThrowRange(column, row);
        return _ints.AsSpan(0, values.Length);
    }

    private ReadOnlySpan<long> Microseconds(ReadOnlySpan<long> values, int column)
    {
        for (var row = 0; row < values.Length; row++)
            if (!PostgresTypes.TryTimestamp(values[row], out _longs[row])) ThrowRange(column, row);
        return _longs.AsSpan(0, values.Length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Put(Span<byte> to, ReadOnlySpan<long> values, ulong present)
    {
        var at = _at.AsSpan(0, values.Length);
        for (var row = 0; row < values.Length; row++)
        {
            if (PutNull(to, present, row, ref at[row])) continue;
            var cell = to.Slice(at[row], 12);
            BinaryPrimitives.WriteInt32BigEndian(cell, 8);
            BinaryPrimitives.WriteInt64BigEndian(cell[4..], values[row]);
            at[row] += 12;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Put(Span<byte> to, ReadOnlySpan<int> values, ulong present)
    {
        var at = _at.AsSpan(0, values.Length);
        for (var row = 0; row < values.Length; row++)
        {
            if (PutNull(to, present, row, ref at[row])) continue;
            var cell = to.Slice(at[row], 8);
            BinaryPrimitives.WriteInt32BigEndian(cell, 4);
            BinaryPrimitives.WriteInt32BigEndian(cell[4..], values[row]);
            at[row] += 8;
        }
    }

    private void Put(Span<byte> to, ReadOnlySpan<bool> values, ulong present)
    {
        var at = _at.AsSpan(0, values.Length);
        for (var row = 0; row < values.Length; row++)
        {
            if (PutNull(to, present, row, ref at[row])) continue;
            var cell = to.Slice(at[row], 5);
            BinaryPrimitives.WriteInt32BigEndian(cell, 1);
            cell[4] = values[row] ? (byte)1 : (byte)0;
            at[row] += 5;
        }
    }

    // What lies behind a text up to its row's end is written later, and may be overwritten by its copy.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PutTexts(Span<byte> to, TextBuffer text, ulong present)
    {
        var at = _at.AsSpan(0, _count);
        for (var row = 0; row < at.Length; row++)
        {
            if (PutNull(to, present, row, ref at[row])) continue;
            var cell = to[at[row].._starts[row + 1]];
            var length = text.CopyRow(_first + row, cell[4..]);
            BinaryPrimitives.WriteInt32BigEndian(cell, length);
            at[row] += 4 + length;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool PutNull(Span<byte> to, ulong present, int row, ref int at)
    {
        if ((present >> row & 1) != 0) return false;
        BinaryPrimitives.WriteInt32BigEndian(to[at..], -1);
        at += 4;
        return true;
    }

    private void ThrowNul(int column, int row) => throw new EtlException(
        FaultKind.Window,
        $"Could not land in table '{rows.Target}': column '{rows.Schema.Columns[column].Name}' holds a NUL character on row {rows.RowOf(_before + row + 1)} of the pull, which PostgreSQL cannot "
        + "store in a text. Leave the column out with 'schema: ignore' if it is an unknown one, or land as Parquet. Nothing was changed.") { Code = "bad-row" };

    private void ThrowRange(int column, int row) => throw new EtlException(
        FaultKind.Window,
        $"Could not land in table '{rows.Target}': column '{rows.Schema.Columns[column].Name}' holds a time outside PostgreSQL's calendar on row {rows.RowOf(_before + _first + row + 1)} of the pull "
        + "(dates from 4713 BC to 5874897, instants to 294276). Land as Parquet, or hold the pull. Nothing was changed.") { Code = "bad-row" };
}

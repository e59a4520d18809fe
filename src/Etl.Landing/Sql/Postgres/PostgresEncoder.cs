using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Etl.Core.Columns;
using Etl.Core.Errors;

namespace Etl.Landing.Sql.Postgres;

/// <summary>
/// Rows in the binary form of COPY: a header once (11 bytes <c>PGCOPY\n\377\r\n\0</c>, flags, length of an extension), then for each row the number of
/// fields (16 bits) and for each field its length (32 bits, -1 for null) and bytes, then -1 instead of a number of fields. Text cells are
/// copied as the bytes they are.
/// </summary>
internal sealed class PostgresEncoder(SqlRows rows)
{
    /// <summary>Bytes that are sent at once: so many that a call of the driver costs nothing, so few that they stay in the cache.</summary>
    internal const int PieceBytes = 1 << 17;

    private readonly ColumnType[] _types = [.. rows.Schema.Columns.Select(c => c.Type)];
    private readonly ColumnBuffer[] _cells = new ColumnBuffer[rows.Schema.Columns.Count];
    private readonly int[] _texts = [.. Enumerable.Range(0, rows.Schema.Columns.Count).Where(c => rows.Schema.Columns[c].Type == ColumnType.Text)];
    // Number of fields, and for each its length and at most 8 bytes.
    private readonly int _fixedBytes = 2 + 12 * rows.Schema.Columns.Count;

    /// <summary>What comes before the rows. The ninth byte is 0xFF alone, which no UTF-8 literal can spell.</summary>
    public static ReadOnlyMemory<byte> Header { get; } = new byte[] { (byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0 };

    /// <summary>What comes behind them.</summary>
    public static ReadOnlyMemory<byte> Trailer { get; } = new byte[] { 0xFF, 0xFF };

    /// <summary>Rows encoded so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Encodes all rows in the order in which they come; each piece is good until the next.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Pieces()
    {
        var (piece, length) = (new byte[PieceBytes], 0);
        foreach (var batch in rows.Read())
        {
            Begin(batch);
            for (var row = 0; row < batch.RowCount; row++)
            {
                int bytes;
                while (!TryAdd(row, piece.AsSpan(length), out bytes))
                {
                    if (length > 0) yield return piece.AsMemory(0, length);
                    else piece = new byte[MostOf(row)];
                    length = 0;
                }
                length += bytes;
                rows.AfterRow(Rows);
            }
        }
        if (length > 0) yield return piece.AsMemory(0, length);
    }

    /// <summary>Begins a batch and looks for what the server cannot store.</summary>
    /// <exception cref="EtlException">A text holds a NUL.</exception>
    public void Begin(RowBatch batch)
    {
        for (var column = 0; column < _cells.Length; column++) _cells[column] = batch[column];
        foreach (var column in _texts)
            if (batch.Text(column).Bytes.IndexOf((byte)0) is >= 0 and var at) ThrowNul(batch.Text(column), column, at);
    }

    /// <summary>At most so many bytes take a row of the batch.</summary>
    public int MostOf(int row) => _fixedBytes + _texts.Sum(column => ((TextBuffer)_cells[column]).LengthOf(row));

    /// <summary>Encodes one row of the batch; false when it may not fit.</summary>
    /// <param name="row">The row; they come in order.</param>
    /// <param name="to">Room for it: what lies behind the row may be overwritten. <see cref="MostOf"/> bytes are enough.</param>
    /// <param name="bytes">How many bytes the row takes.</param>
    /// <exception cref="EtlException">A time lies outside the server's calendar.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryAdd(int row, Span<byte> to, out int bytes)
    {
        bytes = 0;
        // What is left for texts when everything else has its room.
        var room = to.Length - _fixedBytes;
        if (room < 0) return false;
        BinaryPrimitives.WriteInt16BigEndian(to, (short)_cells.Length);
        var at = 2;
        for (var column = 0; column < _cells.Length; column++)
        {
            var cells = _cells[column];
            if (cells.NullCount != 0 && cells.IsNull(row))
            {
                BinaryPrimitives.WriteInt32BigEndian(to[at..], -1);
                at += 4;
                continue;
            }
            var value = to[(at + 4)..];
            int length;
            switch (_types[column])
            {
                case ColumnType.Text:
                    var text = (TextBuffer)cells;
                    room -= text.LengthOf(row);
                    if (room < 0) return false;
                    length = text.CopyRow(row, value);
                    break;
                case ColumnType.Int64:
                    BinaryPrimitives.WriteInt64BigEndian(value, ((FixedBuffer<long>)cells).Values[row]);
                    length = 8;
                    break;
                case ColumnType.Double:
                    BinaryPrimitives.WriteDoubleBigEndian(value, ((FixedBuffer<double>)cells).Values[row]);
                    length = 8;
                    break;
                case ColumnType.Int32:
                    BinaryPrimitives.WriteInt32BigEndian(value, ((FixedBuffer<int>)cells).Values[row]);
                    length = 4;
                    break;
                case ColumnType.Bool:
                    value[0] = ((FixedBuffer<bool>)cells).Values[row] ? (byte)1 : (byte)0;
                    length = 1;
                    break;
                case ColumnType.Date:
                    if (!PostgresTypes.TryDate(((FixedBuffer<int>)cells).Values[row], out var days)) ThrowRange(column);
                    BinaryPrimitives.WriteInt32BigEndian(value, days);
                    length = 4;
                    break;
                default:
                    if (!PostgresTypes.TryTimestamp(((FixedBuffer<long>)cells).Values[row], out var microseconds)) ThrowRange(column);
                    BinaryPrimitives.WriteInt64BigEndian(value, microseconds);
                    length = 8;
                    break;
            }
            BinaryPrimitives.WriteInt32BigEndian(to[at..], length);
            at += 4 + length;
        }
        Rows++;
        bytes = at;
        return true;
    }

    private void ThrowNul(TextBuffer text, int column, int at)
    {
        var row = 0;
        while (text.Offsets[row + 1] <= at) row++;
        throw new EtlException(
            FaultKind.Window,
            $"Could not land in table '{rows.Target}': column '{rows.Schema.Columns[column].Name}' holds a NUL character on row {rows.RowOf(Rows + row + 1)} of the pull, which PostgreSQL cannot "
            + "store in a text. Leave the column out with 'schema: ignore' if it is an unknown one, or land as Parquet. Nothing was changed.") { Code = "bad-row" };
    }

    private void ThrowRange(int column) => throw new EtlException(
        FaultKind.Window,
        $"Could not land in table '{rows.Target}': column '{rows.Schema.Columns[column].Name}' holds a time outside PostgreSQL's calendar on row {rows.RowOf(Rows + 1)} of the pull "
        + "(dates from 4713 BC to 5874897, instants to 294276). Land as Parquet, or hold the pull. Nothing was changed.") { Code = "bad-row" };
}

using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet;

/// <summary>Writes a flat Parquet file to a stream, batch by batch.</summary>
/// <remarks>
/// One batch is one <c>Write*</c> call per column, in any order, then <see cref="EndBatch"/>. <see cref="Complete"/> writes the footer; a file without it
/// is opened by no reader.
/// <para>Values have one slot per row, and slots of nulls are ignored. Validity is a bitmap in words, least significant bit first, a set bit meaning
/// that the row has a value; an empty bitmap means that no row of the batch is null. All spans are copied before a call returns.</para>
/// <para>The bytes written depend on the rows, their order and the options, not on batch sizes. Text is stored as it comes: that it is UTF-8 is the
/// caller's promise.</para>
/// <para>Memory: the open row group (see <see cref="ParquetWriterOptions.MaxRowGroupBytes"/>), one batch, and about 100 bytes per finished page for
/// the indexes. Buffers are reused. Not thread safe.</para>
/// </remarks>
public sealed class ParquetWriter : IDisposable
{
    // A block ends with the row that brings its text to this size, so that wide rows cannot overshoot a row group's limit by much.
    private const int BlockTextBytes = 1 << 18;

    // What the reader accepts in one page must hold for a value as well.
    internal const int MaxValueBytes = 128 << 20;

    private readonly ParquetSchema _schema;
    private readonly ParquetWriterOptions _options;
    private readonly CountingOutput _output;
    private readonly StagedColumn[] _staged;
    private readonly StagedText[] _texts;
    private readonly int _fixedBytesPerRow;
    private readonly RowGroupWriter _rowGroup;
    private readonly List<RowGroupMetadata> _groups = [];
    private readonly CompactWriter _columnIndexes = new(new ByteBuffer());
    private readonly CompactWriter _offsetIndexes = new(new ByteBuffer());
    private long _rows;
    private State _state = State.Open;

    /// <summary>Starts a file; the first bytes are written at once.</summary>
    /// <param name="output">Written from its current position on; need not be seekable; not disposed.</param>
    /// <param name="schema">The columns.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The stream cannot be written, or an option is out of range.</exception>
    public ParquetWriter(Stream output, ParquetSchema schema, ParquetWriterOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(schema);
        if (!output.CanWrite)
            throw new ArgumentException("The output stream cannot be written.", nameof(output));
        _options = options ?? new ParquetWriterOptions();
        _options.Validate();
        _schema = schema;
        _output = new CountingOutput(output);
        _staged = new StagedColumn[schema.Columns.Count];
        for (var i = 0; i < _staged.Length; i++)
        {
            (_staged[i], var bytes) = schema.Columns[i].Type switch
            {
                ParquetType.Bool => ((StagedColumn)new StagedNumbers<bool>(), 1),
                ParquetType.Int32 or ParquetType.Date => (new StagedNumbers<int>(), 4),
                ParquetType.Int64 or ParquetType.Timestamp => (new StagedNumbers<long>(), 8),
                ParquetType.Double => (new StagedNumbers<double>(), 8),
                _ => (new StagedText(), 4),
            };
            _fixedBytesPerRow += bytes;
        }

        _texts = _staged.OfType<StagedText>().ToArray();
        _rowGroup = new RowGroupWriter(schema, _options, _staged);
        _output.Write("PAR1"u8);
    }

    private enum State
    {
        Open,
        Complete,
        Failed,
        Disposed,
    }

    /// <summary>Gives this batch's rows of a Bool column.</summary>
    public void WriteBool(int column, ReadOnlySpan<bool> values, ReadOnlySpan<ulong> validity) =>
        WriteNumbers(nameof(WriteBool), column, values, validity);

    /// <summary>Gives this batch's rows of an Int32 column, or of a Date column as days since 1970-01-01.</summary>
    public void WriteInt32(int column, ReadOnlySpan<int> values, ReadOnlySpan<ulong> validity) =>
        WriteNumbers(nameof(WriteInt32), column, values, validity);

    /// <summary>Gives this batch's rows of an Int64 column, or of a Timestamp column as microseconds since 1970-01-01T00:00:00Z.</summary>
    public void WriteInt64(int column, ReadOnlySpan<long> values, ReadOnlySpan<ulong> validity) =>
        WriteNumbers(nameof(WriteInt64), column, values, validity);

    /// <summary>Gives this batch's rows of a Double column.</summary>
    public void WriteDouble(int column, ReadOnlySpan<double> values, ReadOnlySpan<ulong> validity) =>
        WriteNumbers(nameof(WriteDouble), column, values, validity);

    /// <summary>Gives this batch's rows of a Text column: row i is <c>bytes[offsets[i]..offsets[i + 1]]</c>.</summary>
    /// <param name="column">Index of the column.</param>
    /// <param name="bytes">UTF-8, not checked. A text has at most 128 MiB.</param>
    /// <param name="offsets">One more than there are rows, never falling, within <paramref name="bytes"/>; the first may be above zero.</param>
    /// <param name="validity">See the type's remarks.</param>
    public void WriteText(int column, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> offsets, ReadOnlySpan<ulong> validity)
    {
        if (offsets.IsEmpty)
            throw new ArgumentException($"{nameof(WriteText)} got no offsets; expected one more than there are rows.", nameof(offsets));
        var staged = (StagedText)Check(nameof(WriteText), column, offsets.Length - 1, validity, typeof(StagedText));
        CheckOffsets(column, bytes.Length, offsets);
        staged.Append(bytes, offsets, validity);
    }

    /// <summary>Finishes a batch. Rows that complete a block are encoded, and row groups that are full are written out.</summary>
    /// <param name="rowCount">Rows of the batch, 0 or more; every column must have been given exactly as many.</param>
    /// <exception cref="InvalidOperationException">A column was not written or has another number of rows; the message names it. The batch stays open.</exception>
    public void EndBatch(int rowCount)
    {
        Demand(State.Open, nameof(EndBatch));
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        for (var i = 0; i < _staged.Length; i++)
        {
            var rows = _staged[i].OpenRows;
            if (rows < 0)
                throw new InvalidOperationException($"The batch cannot end: column '{_schema.Columns[i].Name}' was not written.");
            if (rows != rowCount)
                throw new InvalidOperationException(FormattableString.Invariant($"The batch cannot end: column '{_schema.Columns[i].Name}' was given {rows} rows; expected {rowCount}."));
        }

        foreach (var staged in _staged)
            staged.Commit();
        _rows += rowCount;
        _state = State.Failed; // Until the end: after a failure in between, what is on the stream is not known.
        Drain(final: false);
        _state = State.Open;
    }

    /// <summary>Writes what is left: the last row group, indexes and footer; flushes the stream. Nothing can be written afterwards.</summary>
    /// <param name="metadata">Key-value pairs for the footer, written sorted by key (code units). Default none.</param>
    /// <returns>Facts of the finished file.</returns>
    /// <exception cref="InvalidOperationException">A batch is open, or the file was completed before.</exception>
    public ParquetFileSummary Complete(IReadOnlyDictionary<string, string>? metadata = null)
    {
        Demand(State.Open, nameof(Complete));
        for (var i = 0; i < _staged.Length; i++)
        {
            if (_staged[i].OpenRows >= 0)
                throw new InvalidOperationException($"The file cannot be completed: column '{_schema.Columns[i].Name}' has rows of a batch that was not ended.");
        }

        _state = State.Failed;
        Drain(final: true);
        FlushRowGroup();
        WriteIndexes();
        WriteFooter(metadata);
        _output.Flush();
        _state = State.Complete;
        return new ParquetFileSummary(_rows, _output.Position, _groups.Count);
    }

    /// <summary>Ends the use of the writer. Without <see cref="Complete"/> the file stays without a footer, which no reader opens.</summary>
    public void Dispose() => _state = State.Disposed;

    private void WriteNumbers<T>(string method, int column, ReadOnlySpan<T> values, ReadOnlySpan<ulong> validity)
        where T : unmanaged
    {
        var staged = (StagedNumbers<T>)Check(method, column, values.Length, validity, typeof(StagedNumbers<T>));
        staged.Append(values, validity);
    }

    private StagedColumn Check(string method, int column, int rows, ReadOnlySpan<ulong> validity, Type type)
    {
        Demand(State.Open, method);
        if ((uint)column >= (uint)_staged.Length)
            throw new ArgumentOutOfRangeException(nameof(column), column, FormattableString.Invariant($"{method} got no column of the schema; expected 0 to {_staged.Length - 1}."));
        var (name, declared) = _schema.Columns[column];
        var staged = _staged[column];
        if (staged.GetType() != type)
            throw new InvalidOperationException($"{method} cannot write column '{name}': it is of type {declared}.");
        if (staged.OpenRows >= 0)
            throw new InvalidOperationException($"{method} cannot write column '{name}': it was already written in this batch; expected {nameof(EndBatch)}.");
        if (!validity.IsEmpty && validity.Length < Bitmap.Words(rows))
            throw new ArgumentException(FormattableString.Invariant($"{method} got a validity bitmap of {validity.Length} words for column '{name}'; expected none or at least {Bitmap.Words(rows)} for {rows} rows."), nameof(validity));
        return staged;
    }

    private void CheckOffsets(int column, int bytes, ReadOnlySpan<int> offsets)
    {
        // Lengths as unsigned: a falling pair gives a huge one, so one comparison covers both rules. Signs, so that no pair wraps around.
        var starts = offsets[..^1];
        var ends = offsets[1..];
        var at = 0;
        uint longest = 0;
        var signs = offsets[0];
        if (Vector256.IsHardwareAccelerated && ends.Length >= Vector256<int>.Count)
        {
            var (most, sign) = (Vector256<uint>.Zero, Vector256<int>.Zero);
            for (; at <= ends.Length - Vector256<int>.Count; at += Vector256<int>.Count)
            {
                var end = Vector256.Create(ends[at..]);
                most = Vector256.Max(most, (end - Vector256.Create(starts[at..])).AsUInt32());
                sign |= end;
            }
            for (var i = 0; i < Vector256<int>.Count; i++) (longest, signs) = (Math.Max(longest, most[i]), signs | sign[i]);
        }
        for (; at < ends.Length; at++) (longest, signs) = (Math.Max(longest, (uint)(ends[at] - starts[at])), signs | ends[at]);

        if (longest <= MaxValueBytes && signs >= 0 && offsets[^1] <= bytes && offsets[^1] >= offsets[0])
            return;
        throw new ArgumentException(
            FormattableString.Invariant($"{nameof(WriteText)} got offsets for column '{_schema.Columns[column].Name}' that fall, leave the {bytes} bytes given, or hold a text above {MaxValueBytes} bytes."), nameof(offsets));
    }

    private void Demand(State state, string method)
    {
        ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
        if (_state != state)
            throw new InvalidOperationException($"{method} cannot be called: the file is {(_state == State.Complete ? "complete" : "broken by an earlier failure")}; expected an open file.");
    }

    /// <summary>Encodes staged rows in whole blocks; with <paramref name="final"/>, all of them.</summary>
    private void Drain(bool final)
    {
        var rows = _staged[0].Rows;
        var row = 0;
        while (row < rows)
        {
            var wanted = (int)Math.Min(RowGroupWriter.BlockRows, _options.MaxRowGroupRows - _rowGroup.Rows);
            var block = BlockRows(row, Math.Min(wanted, rows - row), out var isFull, out var bytes);
            if (block < wanted && !isFull && !final)
                break;
            if (_rowGroup.Rows > 0 && _rowGroup.BufferedBytes + bytes > _options.MaxRowGroupBytes)
            {
                FlushRowGroup();
                continue;
            }

            _rowGroup.Append(row, block);
            row += block;
            if (_rowGroup.Rows == _options.MaxRowGroupRows)
                FlushRowGroup();
        }

        foreach (var staged in _staged)
            staged.Discard(row);
    }

    /// <summary>Rows of the block at <paramref name="row"/>: <paramref name="limit"/>, or fewer if their text fills it.</summary>
    private int BlockRows(int row, int limit, out bool isFull, out long bytes)
    {
        isFull = TextBytes(row, limit) >= BlockTextBytes;
        if (isFull)
        {
            var low = 1;
            while (low < limit)
            {
                var middle = (low + limit) / 2;
                if (TextBytes(row, middle) >= BlockTextBytes)
                    limit = middle;
                else
                    low = middle + 1;
            }
        }

        bytes = TextBytes(row, limit) + ((long)limit * _fixedBytesPerRow);
        return limit;
    }

    private long TextBytes(int row, int rows)
    {
        long bytes = 0;
        foreach (var text in _texts)
            bytes += text.Offsets[row + rows] - text.Offsets[row];
        return bytes;
    }

    private void FlushRowGroup()
    {
        if (_rowGroup.Rows > 0)
            _groups.Add(_rowGroup.Flush(_output, _columnIndexes, _offsetIndexes));
    }

    /// <summary>All column indexes, then all offset indexes: readers fetch each kind in one piece.</summary>
    private void WriteIndexes()
    {
        var columnIndexes = _output.Position;
        _output.Write(_columnIndexes.Output.Written);
        var offsetIndexes = _output.Position;
        _output.Write(_offsetIndexes.Output.Written);
        foreach (var chunk in _groups.SelectMany(g => g.Chunks))
        {
            chunk.ColumnIndexOffset += columnIndexes;
            chunk.OffsetIndexOffset += offsetIndexes;
        }
    }

    private void WriteFooter(IReadOnlyDictionary<string, string>? metadata)
    {
        var pairs = (metadata ?? new Dictionary<string, string>()).OrderBy(p => p.Key, StringComparer.Ordinal).ToList();
        var footer = new ByteBuffer(1 << 12);
        FooterWriter.Write(new CompactWriter(footer), _schema, _rows, _groups, pairs);
        var length = footer.Length;
        BinaryPrimitives.WriteInt32LittleEndian(footer.Take(4), length);
        footer.Append("PAR1"u8);
        _output.Write(footer.Written);
    }
}

/// <summary>Facts of a finished file.</summary>
/// <param name="Rows">Rows written.</param>
/// <param name="Bytes">Length of the file in bytes.</param>
/// <param name="RowGroups">Row groups written; 0 in a file without rows.</param>
public sealed record ParquetFileSummary(long Rows, long Bytes, int RowGroups);

using Etl.Parquet.Encodings;

namespace Etl.Parquet;

/// <summary>Rows in memory, column by column. Filled by <see cref="ParquetReader.Read"/>; reusable; contents are valid until the next read.</summary>
public sealed class ParquetBatch
{
    private readonly ParquetColumnData[] _columns;

    /// <summary>An empty batch for files of this schema.</summary>
    /// <param name="schema">The file's columns, or others of the same types.</param>
    /// <param name="sharesText">True: texts are left in the file's dictionary where they can be; see <see cref="ParquetColumnData.SharedText"/>.</param>
    public ParquetBatch(ParquetSchema schema, bool sharesText = false)
    {
        ArgumentNullException.ThrowIfNull(schema);
        _columns = schema.Columns.Select(c => new ParquetColumnData(c.Type, sharesText)).ToArray();
    }

    /// <summary>Rows that the last read filled.</summary>
    public int RowCount { get; internal set; }

    /// <summary>Columns of the schema.</summary>
    public int ColumnCount => _columns.Length;

    /// <summary>The rows of one column.</summary>
    public ParquetColumnData this[int column] => _columns[column];
}

/// <summary>Rows of one column. Spans have one slot per row; a null's slot holds the type's zero, or no text. Valid until the next read.</summary>
public sealed class ParquetColumnData
{
    // One read gives at most so much text per column; a dictionary and one repeated code could otherwise ask for any amount.
    private const int MaxTextBytes = 512 << 20;

    private bool[] _bools = [];
    private int[] _int32s = [];
    private long[] _int64s = [];
    private double[] _doubles = [];
    private byte[] _text = [];
    private int[] _offsets = [0];
    private ulong[] _validity = [];
    private int _rows;

    private readonly bool _mayShare;
    private int[] _starts = [];
    private int[] _lengths = [];
    private long _sharedBytes;

    internal ParquetColumnData(ParquetType type, bool sharesText) => (Type, _mayShare) = (type, sharesText && type == ParquetType.Text);

    /// <summary>What the column holds.</summary>
    public ParquetType Type { get; }

    /// <summary>One bit per row, least significant bit first; set when the row has a value. Never empty for a batch with rows.</summary>
    public ReadOnlySpan<ulong> Validity => _validity.AsSpan(0, Bitmap.Words(_rows));

    /// <summary>Nulls in the batch.</summary>
    public int NullCount { get; private set; }

    /// <summary>True when the batch has a null in this column.</summary>
    public bool HasNulls => NullCount > 0;

    /// <summary>Values of a Bool column.</summary>
    public ReadOnlySpan<bool> Bools => Values<bool>(ParquetType.Bool, ParquetType.Bool);

    /// <summary>Values of an Int32 column, or days of a Date column.</summary>
    public ReadOnlySpan<int> Int32s => Values<int>(ParquetType.Int32, ParquetType.Date);

    /// <summary>Values of an Int64 column, or microseconds of a Timestamp column.</summary>
    public ReadOnlySpan<long> Int64s => Values<long>(ParquetType.Int64, ParquetType.Timestamp);

    /// <summary>Values of a Double column.</summary>
    public ReadOnlySpan<double> Doubles => Values<double>(ParquetType.Double, ParquetType.Double);

    /// <summary>Texts of a Text column, one behind the other. As stored: whether they are UTF-8 is not checked.</summary>
    public ReadOnlySpan<byte> TextBytes => _text.AsSpan(0, TextOffsets[^1]);

    /// <summary>Row i of a Text column is <c>TextBytes[TextOffsets[i]..TextOffsets[i + 1]]</c>; the first offset is 0.</summary>
    public ReadOnlySpan<int> TextOffsets
    {
        get
        {
            Demand(ParquetType.Text, ParquetType.Text);
            if (SharedText is not null)
                throw new InvalidOperationException("The texts of this batch are parts of a shared one; expected its starts and lengths to be asked for.");
            return _offsets.AsSpan(0, _rows + 1);
        }
    }

    /// <summary>
    /// What the texts of this batch are parts of, where the batch was made to share text and all of its rows are in the column chunk's dictionary:
    /// then <see cref="TextStarts"/> and <see cref="TextLengths"/> hold, and <see cref="TextBytes"/> and <see cref="TextOffsets"/> do not. Otherwise null.
    /// </summary>
    public ParquetSharedText? SharedText { get; private set; }

    /// <summary>Where each row's text begins in <see cref="SharedText"/>; 0 for a null.</summary>
    public ReadOnlySpan<int> TextStarts => _starts.AsSpan(0, SharedText is null ? 0 : _rows);

    /// <summary>How long it is; 0 for a null.</summary>
    public ReadOnlySpan<int> TextLengths => _lengths.AsSpan(0, SharedText is null ? 0 : _rows);

    /// <summary>True when the row has no value.</summary>
    public bool IsNull(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)_rows, nameof(row));
        return !Bitmap.Get(_validity, row);
    }

    /// <summary>Makes room for a batch and forgets the last one.</summary>
    internal void Reset(int rows)
    {
        _rows = rows;
        NullCount = 0;
        Grow(ref _validity, Bitmap.Words(rows) + 1);
        switch (Type)
        {
            case ParquetType.Bool:
                Grow(ref _bools, rows);
                break;
            case ParquetType.Int32 or ParquetType.Date:
                Grow(ref _int32s, rows);
                break;
            case ParquetType.Int64 or ParquetType.Timestamp:
                Grow(ref _int64s, rows);
                break;
            case ParquetType.Double:
                Grow(ref _doubles, rows);
                break;
            default:
                Grow(ref _offsets, rows + 1);
                SharedText = null;
                if (!_mayShare)
                    break;
                Grow(ref _starts, rows);
                Grow(ref _lengths, rows);
                _sharedBytes = 0;
                break;
        }
    }

    internal Span<ulong> WritableValidity => _validity;

    internal Span<int> WritableOffsets => _offsets;

    internal Span<int> WritableStarts => _starts;

    internal Span<int> WritableLengths => _lengths;

    internal Span<T> Writable<T>() => (T[])Slots<T>();

    /// <summary>True when the rows from <paramref name="row"/> on may be places in the dictionary, too.</summary>
    internal bool Shares(ParquetSharedText texts, int row)
    {
        if (_mayShare && row == 0)
            SharedText = texts;
        return SharedText is not null;
    }

    /// <summary>Counts text that rows share, as if each had its own.</summary>
    internal void AddShared(long bytes)
    {
        _sharedBytes += bytes;
        if (_sharedBytes > MaxTextBytes)
            throw TooMuch(_sharedBytes);
    }

    /// <summary>Copies what the rows before <paramref name="row"/> share: those that follow do not.</summary>
    internal void Unshare(int row)
    {
        if (SharedText is not { } shared)
            return;
        SharedText = null;
        var text = WritableText(_sharedBytes);
        var end = 0;
        for (var i = 0; i < row; i++)
        {
            shared.Bytes.AsSpan(_starts[i], _lengths[i]).CopyTo(text[end..]);
            end += _lengths[i];
            _offsets[i + 1] = end;
        }
    }

    internal void AddNulls(int count) => NullCount += count;

    /// <summary>So many bytes behind all texts may be written.</summary>
    internal const int TextSlack = 64;

    /// <summary>Room for texts up to <paramref name="bytes"/> in total, and <see cref="TextSlack"/> bytes more; what is there stays.</summary>
    internal Span<byte> WritableText(long bytes)
    {
        if (bytes > MaxTextBytes)
            throw TooMuch(bytes);
        if (_text.Length < bytes + TextSlack)
            Array.Resize(ref _text, (int)Math.Min(MaxTextBytes + TextSlack, Math.Max(bytes + TextSlack, _text.Length * 2L)));
        return _text;
    }

    private static ParquetFormatException TooMuch(long bytes) =>
        new(FormattableString.Invariant($"One read would give {bytes} bytes of text; expected at most {MaxTextBytes}. Read fewer rows at a time."));

    private static void Grow<T>(ref T[] values, int count)
    {
        if (values.Length < count)
            values = new T[count];
    }

    private ReadOnlySpan<T> Values<T>(ParquetType first, ParquetType second)
    {
        Demand(first, second);
        return ((T[])Slots<T>()).AsSpan(0, _rows);
    }

    private Array Slots<T>() => typeof(T) == typeof(bool) ? _bools : typeof(T) == typeof(int) ? _int32s : typeof(T) == typeof(long) ? _int64s : _doubles;

    private void Demand(ParquetType first, ParquetType second)
    {
        if (Type != first && Type != second)
            throw new InvalidOperationException($"The column is of type {Type}; expected {first}{(first == second ? "" : $" or {second}")} for this span.");
    }
}

/// <summary>The entries of a dictionary, one behind the other; a new object for each dictionary. Valid until the read that leaves its column chunk.</summary>
public sealed class ParquetSharedText
{
    internal ParquetSharedText(byte[] bytes, int length) => (Bytes, Length) = (bytes, length);

    /// <summary>The text, and bytes behind it that mean nothing.</summary>
    public byte[] Bytes { get; }

    /// <summary>Bytes that are text.</summary>
    public int Length { get; }
}

using System.Numerics;
using System.Runtime.CompilerServices;

namespace Etl.Core.Columns;

/// <summary>
/// The cells of one column of a batch. Reused: <see cref="Clear"/> keeps the memory.
/// Validity is a bitmap, least significant bit first, one bit per row, set = a value is present.
/// </summary>
public abstract class ColumnBuffer
{
    private ulong[] _validity = new ulong[16];

    /// <summary>Rows appended so far.</summary>
    public int Count { get; protected set; }

    /// <summary>How many of them are null.</summary>
    public int NullCount { get; private set; }

    /// <summary>The validity words that cover <see cref="Count"/> rows; bits past the end are zero.</summary>
    public ReadOnlySpan<ulong> Validity => _validity.AsSpan(0, (Count + 63) >> 6);

    /// <summary>True when the row holds no value.</summary>
    public bool IsNull(int row) => (_validity[row >> 6] >> (row & 63) & 1) == 0;

    /// <summary>Appends a null.</summary>
    public abstract void AppendNull();

    /// <summary>Appends one row of another buffer of the same kind.</summary>
    public abstract void AppendFrom(ColumnBuffer source, int row);

    /// <summary>Appends all rows of another buffer of the same kind.</summary>
    public void AppendAll(ColumnBuffer source) => AppendRange(source, 0, source.Count);

    /// <summary>Appends rows of another buffer of the same kind, from <paramref name="start"/> on.</summary>
    public abstract void AppendRange(ColumnBuffer source, int start, int rows);

    /// <summary>Appends rows of another buffer of the same kind, in the order in which they are named.</summary>
    public abstract void AppendRows(ColumnBuffer source, ReadOnlySpan<int> rows);

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public virtual void Clear()
    {
        Array.Clear(_validity, 0, (Count + 63) >> 6);
        Count = 0;
        NullCount = 0;
    }

    /// <summary>Makes the right buffer for a type.</summary>
    public static ColumnBuffer Create(ColumnType type) => type switch
    {
        ColumnType.Bool => new FixedBuffer<bool>(),
        ColumnType.Int32 or ColumnType.Date => new FixedBuffer<int>(),
        ColumnType.Int64 or ColumnType.Timestamp => new FixedBuffer<long>(),
        ColumnType.Double => new FixedBuffer<double>(),
        ColumnType.Text => new TextBuffer(),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>Counts one row, present or null. Called once per appended row, after the value was stored.</summary>
    protected void Mark(bool present)
    {
        var word = Count >> 6;
        if (word >= _validity.Length) Array.Resize(ref _validity, _validity.Length * 2);
        if (present) _validity[word] |= 1UL << (Count & 63);
        else NullCount++;
        Count++;
    }

    /// <summary>Counts many rows at once, all present.</summary>
    protected void MarkPresent(int rows)
    {
        var end = Count + rows;
        if ((end + 63) >> 6 > _validity.Length) Array.Resize(ref _validity, Math.Max(_validity.Length * 2, (end + 63) >> 6));
        for (var row = Count; row < end;)
        {
            var take = Math.Min(64 - (row & 63), end - row);
            _validity[row >> 6] |= (take == 64 ? ulong.MaxValue : (1UL << take) - 1) << (row & 63);
            row += take;
        }
        Count = end;
    }

    /// <summary>Counts many rows at once, present where they are in another buffer.</summary>
    protected void MarkLike(ColumnBuffer source, int start, int rows)
    {
        var first = Count;
        MarkPresent(rows);
        if (source.NullCount == 0) return;
        for (var row = 0; row < rows; row++)
            if (source.IsNull(start + row)) Unmark(first + row);
    }

    /// <summary>Counts many rows at once, present where the named rows of another buffer are.</summary>
    protected void MarkLike(ColumnBuffer source, ReadOnlySpan<int> rows)
    {
        var first = Count;
        MarkPresent(rows.Length);
        if (source.NullCount == 0) return;
        for (var row = 0; row < rows.Length; row++)
            if (source.IsNull(rows[row])) Unmark(first + row);
    }

    /// <summary>Turns a counted row into a null; the caller clears its value.</summary>
    protected void Unmark(int row)
    {
        if (IsNull(row)) return;
        _validity[row >> 6] &= ~(1UL << (row & 63));
        NullCount++;
    }

    /// <summary>Throws when rows are held; called before a load touches anything.</summary>
    protected void RequireEmpty()
    {
        if (Count != 0) throw new InvalidOperationException("Bulk loading needs an empty buffer.");
    }

    /// <summary>Takes over whole validity words for <paramref name="rows"/> rows; the buffer must be empty.</summary>
    protected void TakeValidity(ReadOnlySpan<ulong> words, int rows)
    {
        var need = (rows + 63) >> 6;
        if (_validity.Length < need) _validity = new ulong[need];
        var present = 0;
        if (words.IsEmpty)
        {
            for (var i = 0; i < need; i++) _validity[i] = ulong.MaxValue;
        }
        else
        {
            words[..need].CopyTo(_validity);
        }
        if (need > 0 && (rows & 63) != 0) _validity[need - 1] &= (1UL << (rows & 63)) - 1;
        for (var i = 0; i < need; i++) present += BitOperations.PopCount(_validity[i]);
        Count = rows;
        NullCount = rows - present;
    }
}

/// <summary>Cells of a fixed-width type. Null rows hold the type's zero.</summary>
/// <typeparam name="T">
/// bool, int, long or double. Not constrained: what has a constraint is not compiled ahead for the framework's own types, so that every start would compile it anew.
/// </typeparam>
public sealed class FixedBuffer<T> : ColumnBuffer
{
    private T[] _values = new T[1024];

    /// <summary>One slot per row.</summary>
    public ReadOnlySpan<T> Values => _values.AsSpan(0, Count);

    /// <summary>Appends a value.</summary>
    public void Append(T value)
    {
        if (Count == _values.Length) Array.Resize(ref _values, _values.Length * 2);
        _values[Count] = value;
        Mark(present: true);
    }

    /// <inheritdoc/>
    public override void AppendNull()
    {
        if (Count == _values.Length) Array.Resize(ref _values, _values.Length * 2);
        _values[Count] = default!;
        Mark(present: false);
    }

    /// <inheritdoc/>
    public override void AppendFrom(ColumnBuffer source, int row)
    {
        if (source.IsNull(row)) AppendNull();
        else Append(((FixedBuffer<T>)source)._values[row]);
    }

    /// <inheritdoc/>
    public override void AppendRange(ColumnBuffer source, int start, int rows)
    {
        var end = Count + rows;
        if (_values.Length < end) Array.Resize(ref _values, Math.Max(_values.Length * 2, end));
        ((FixedBuffer<T>)source).Values.Slice(start, rows).CopyTo(_values.AsSpan(Count));
        MarkLike(source, start, rows);
    }

    /// <inheritdoc/>
    public override void AppendRows(ColumnBuffer source, ReadOnlySpan<int> rows)
    {
        var end = Count + rows.Length;
        if (_values.Length < end) Array.Resize(ref _values, Math.Max(_values.Length * 2, end));
        var from = ((FixedBuffer<T>)source).Values;
        var to = _values.AsSpan(Count, rows.Length);
        for (var row = 0; row < to.Length; row++) to[row] = from[rows[row]];
        MarkLike(source, rows);
    }

    /// <summary>
    /// Appends rows that count as present and hands out their slots. What stands in them is undefined: the caller fills
    /// every one before anyone reads, or turns it into a null. The span is good until the next call that appends.
    /// </summary>
    public Span<T> Extend(int rows)
    {
        var start = Count;
        if (_values.Length - start < rows) Array.Resize(ref _values, Math.Max(_values.Length * 2, start + rows));
        MarkPresent(rows);
        return _values.AsSpan(start, rows);
    }

    /// <summary>Turns a row that was appended before into a null.</summary>
    public void SetNull(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        _values[row] = default!;
        Unmark(row);
    }

    /// <summary>Loads whole columns at once into an empty buffer; an empty validity span means no nulls.</summary>
    public void Load(ReadOnlySpan<T> values, ReadOnlySpan<ulong> validity)
    {
        RequireEmpty();
        if (_values.Length < values.Length) _values = new T[values.Length];
        values.CopyTo(_values);
        TakeValidity(validity, values.Length);
    }
}

/// <summary>Text cells as UTF-8 bytes and offsets: row i is bytes [offsets[i], offsets[i+1]). Never a string per cell.</summary>
public sealed class TextBuffer : ColumnBuffer
{
    private byte[] _bytes = new byte[4096];
    private int[] _offsets = new int[1025];

    /// <summary>All bytes, row after row.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _offsets[Count]);

    /// <summary><see cref="ColumnBuffer.Count"/> + 1 offsets; the first is 0.</summary>
    public ReadOnlySpan<int> Offsets => _offsets.AsSpan(0, Count + 1);

    /// <summary>The bytes of one row; empty for a null.</summary>
    public ReadOnlySpan<byte> this[int row] => _bytes.AsSpan(_offsets[row], _offsets[row + 1] - _offsets[row]);

    /// <summary>Bytes of one row; 0 for a null.</summary>
    public int LengthOf(int row) => _offsets[row + 1] - _offsets[row];

    /// <summary>Appends text that the caller has checked to be valid UTF-8.</summary>
    public void Append(ReadOnlySpan<byte> utf8)
    {
        var end = _offsets[Count];
        if (_bytes.Length - end < utf8.Length) Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, end + utf8.Length));
        utf8.CopyTo(_bytes.AsSpan(end));
        Close(end + utf8.Length);
        Mark(present: true);
    }

    /// <inheritdoc/>
    public override void AppendNull()
    {
        Close(_offsets[Count]);
        Mark(present: false);
    }

    /// <inheritdoc/>
    public override void AppendFrom(ColumnBuffer source, int row)
    {
        if (source.IsNull(row)) AppendNull();
        else Append(((TextBuffer)source)[row]);
    }

    /// <inheritdoc/>
    public override void AppendRange(ColumnBuffer source, int start, int rows)
    {
        var text = (TextBuffer)source;
        var bytes = text.Bytes[text._offsets[start]..text._offsets[start + rows]];
        var first = _offsets[Count];
        var (endRow, endByte) = (Count + rows, checked(first + bytes.Length));
        if (_bytes.Length < endByte) Array.Resize(ref _bytes, (int)Math.Max(Math.Min(_bytes.Length * 2L, Array.MaxLength), endByte));
        if (_offsets.Length <= endRow) Array.Resize(ref _offsets, Math.Max((_offsets.Length - 1) * 2, endRow) + 1);
        bytes.CopyTo(_bytes.AsSpan(first));
        var shift = first - text._offsets[start];
        for (var row = 1; row <= rows; row++) _offsets[Count + row] = text._offsets[start + row] + shift;
        MarkLike(text, start, rows);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void AppendRows(ColumnBuffer source, ReadOnlySpan<int> rows)
    {
        var text = (TextBuffer)source;
        long bytes = 0;
        foreach (var row in rows) bytes += text._offsets[row + 1] - text._offsets[row];
        var (endRow, need) = (Count + rows.Length, checked((int)(_offsets[Count] + bytes + Slack)));
        if (_bytes.Length < need) Array.Resize(ref _bytes, (int)Math.Max(Math.Min(_bytes.Length * 2L, Array.MaxLength), need));
        if (_offsets.Length <= endRow) Array.Resize(ref _offsets, Math.Max((_offsets.Length - 1) * 2, endRow) + 1);
        var end = _offsets[Count];
        for (var row = 0; row < rows.Length; row++)
        {
            end += text.CopyRow(rows[row], _bytes.AsSpan(end));
            _offsets[Count + 1 + row] = end;
        }
        MarkLike(text, rows);
    }

    /// <summary>Bytes behind the text that <see cref="Extend"/> always adds, so that short cells can be copied by whole vectors.</summary>
    public const int Slack = 64;

    /// <summary>
    /// Appends rows that count as present and hands out room for their text. The caller writes the cells one behind the
    /// other from the start of <paramref name="room"/> and, for each row, the offset of its end:
    /// <paramref name="first"/> plus the bytes written so far. Both spans are good until the next call that appends.
    /// </summary>
    /// <param name="rows">Rows to append.</param>
    /// <param name="bytes">Length of all their cells together, exactly.</param>
    /// <param name="room"><paramref name="bytes"/> bytes plus <see cref="Slack"/> that may be overwritten freely.</param>
    /// <param name="first">Offset at which the first new cell starts.</param>
    /// <returns>One slot per row for the offset of the cell's end.</returns>
    public Span<int> Extend(int rows, int bytes, out Span<byte> room, out int first)
    {
        var start = Count;
        first = _offsets[start];
        var need = checked(first + bytes + Slack);
        if (_bytes.Length < need) Array.Resize(ref _bytes, (int)Math.Max(Math.Min(_bytes.Length * 2L, Array.MaxLength), need));
        if (_offsets.Length - 1 - start < rows) Array.Resize(ref _offsets, Math.Max((_offsets.Length - 1) * 2, start + rows) + 1);
        MarkPresent(rows);
        room = _bytes.AsSpan(first, bytes + Slack);
        return _offsets.AsSpan(start + 1, rows);
    }

    /// <summary>Copies the bytes of one row to the start of a room, and returns how many they are.</summary>
    /// <param name="row">The row; a null has no bytes.</param>
    /// <param name="room">Must take them; what lies behind them, up to <see cref="Slack"/> bytes, may be overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int CopyRow(int row, Span<byte> room)
    {
        var start = _offsets[row];
        var length = _offsets[row + 1] - start;
        // So many always: how long a text is cannot be foreseen, and a wrong guess costs more than the copy.
        if (length <= Slack && room.Length >= Slack && _bytes.Length - start >= Slack)
            _bytes.AsSpan(start, Slack).CopyTo(room);
        else
            _bytes.AsSpan(start, length).CopyTo(room);
        return length;
    }

    /// <summary>Loads whole columns at once into an empty buffer; offsets may start above 0; empty validity means no nulls.</summary>
    public void Load(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> offsets, ReadOnlySpan<ulong> validity)
    {
        RequireEmpty();
        var rows = offsets.Length - 1;
        if (_offsets.Length < offsets.Length) _offsets = new int[offsets.Length];
        var start = offsets[0];
        for (var i = 0; i <= rows; i++) _offsets[i] = offsets[i] - start;
        var length = _offsets[rows];
        if (_bytes.Length < length) _bytes = new byte[length];
        bytes.Slice(start, length).CopyTo(_bytes);
        TakeValidity(validity, rows);
    }

    private void Close(int end)
    {
        if (Count + 1 == _offsets.Length) Array.Resize(ref _offsets, (_offsets.Length - 1) * 2 + 1);
        _offsets[Count + 1] = end;
    }
}

using System.Numerics;

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

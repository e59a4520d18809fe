using Etl.Parquet.Encodings;

namespace Etl.Parquet.RowGroup;

/// <summary>Rows of one column that were given to the writer and are not encoded yet: the open batch, and the tail of earlier ones.</summary>
/// <remarks>
/// Where a row group ends depends on all columns, which arrive one after the other; so a batch is first copied here (10 GB/s), then
/// encoded in blocks whose borders depend on row numbers alone. That makes the file independent of batch sizes.
/// </remarks>
internal abstract class StagedColumn
{
    private ulong[] _validity = new ulong[16];

    /// <summary>Rows of finished batches.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows of the open batch, or -1 before the column was written.</summary>
    public int OpenRows { get; private set; } = -1;

    /// <summary>One bit per row, set when the row has a value.</summary>
    public ReadOnlySpan<ulong> Validity => _validity;

    /// <summary>Takes the bits of the open batch.</summary>
    protected void Open(int rows, ReadOnlySpan<ulong> validity)
    {
        var words = Bitmap.Words(Rows + rows) + 1;
        if (_validity.Length < words)
            Array.Resize(ref _validity, Math.Max(words, _validity.Length * 2));
        if (validity.IsEmpty)
            Bitmap.Fill(_validity, Rows, rows);
        else
            Bitmap.Copy(validity, 0, _validity, Rows, rows);
        OpenRows = rows;
    }

    /// <summary>The open batch is finished.</summary>
    public void Commit()
    {
        Rows += OpenRows;
        OpenRows = -1;
    }

    /// <summary>Drops the first <paramref name="rows"/> finished rows; there is no open batch.</summary>
    public void Discard(int rows)
    {
        if (rows == 0)
            return;
        Shift(rows);
        Bitmap.Copy(_validity, rows, _validity, 0, Rows - rows);
        Rows -= rows;
    }

    protected abstract void Shift(int rows);
}

/// <summary>Staged rows of a type with a fixed width.</summary>
internal sealed class StagedNumbers<T> : StagedColumn
    where T : unmanaged
{
    private T[] _values = new T[1024];

    public ReadOnlySpan<T> Values => _values;

    public void Append(ReadOnlySpan<T> values, ReadOnlySpan<ulong> validity)
    {
        if (_values.Length < Rows + values.Length)
            Array.Resize(ref _values, Math.Max(Rows + values.Length, _values.Length * 2));
        values.CopyTo(_values.AsSpan(Rows));
        Open(values.Length, validity);
    }

    protected override void Shift(int rows) => Array.Copy(_values, rows, _values, 0, Rows - rows);
}

/// <summary>Staged rows of text. A null takes no bytes here.</summary>
internal sealed class StagedText : StagedColumn
{
    private byte[] _bytes = new byte[1 << 14];
    private int[] _offsets = new int[1025];

    public byte[] Bytes => _bytes;

    /// <summary>Row i is <c>Bytes[Offsets[i]..Offsets[i + 1]]</c>.</summary>
    public ReadOnlySpan<int> Offsets => _offsets;

    /// <summary>Takes a batch whose offsets were checked.</summary>
    public void Append(ReadOnlySpan<byte> bytes, ReadOnlySpan<int> offsets, ReadOnlySpan<ulong> validity)
    {
        var rows = offsets.Length - 1;
        var at = _offsets[Rows];
        var first = offsets[0];
        var last = offsets[^1];
        var needBytes = (long)at + (last - first) + Hashing.ReadAhead; // behind the last text, so that loads may start at any
        if (needBytes > Array.MaxLength)
            throw new ArgumentException("The batch and the rows before it have more than 2 GiB of text in one column; expected smaller batches.", nameof(bytes));
        if (_bytes.Length < needBytes)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(needBytes, _bytes.Length * 2L)));
        if (_offsets.Length < Rows + rows + 1)
            Array.Resize(ref _offsets, Math.Max(Rows + rows + 1, _offsets.Length * 2));

        if (validity.IsEmpty || NullsAreEmpty(offsets, validity, rows))
        {
            bytes[first..last].CopyTo(_bytes.AsSpan(at));
            var target = _offsets.AsSpan(Rows + 1, rows);
            var delta = at - first;
            for (var i = 0; i < target.Length; i++)
                target[i] = offsets[i + 1] + delta;
        }
        else
        {
            for (var i = 0; i < rows; i++)
            {
                if (Bitmap.Get(validity, i))
                {
                    var text = bytes[offsets[i]..offsets[i + 1]];
                    text.CopyTo(_bytes.AsSpan(at));
                    at += text.Length;
                }

                _offsets[Rows + 1 + i] = at;
            }
        }

        Open(rows, validity);
    }

    protected override void Shift(int rows)
    {
        var first = _offsets[rows];
        Buffer.BlockCopy(_bytes, first, _bytes, 0, _offsets[Rows] - first);
        for (var i = rows; i <= Rows; i++)
            _offsets[i - rows] = _offsets[i] - first;
    }

    private static bool NullsAreEmpty(ReadOnlySpan<int> offsets, ReadOnlySpan<ulong> validity, int rows)
    {
        for (var row = 0; row < rows; row += 64)
        {
            var take = Math.Min(64, rows - row);
            var nulls = ~Bitmap.Read(validity, row, take) & (take == 64 ? ulong.MaxValue : (1UL << take) - 1);
            for (; nulls != 0; nulls &= nulls - 1)
            {
                var i = row + System.Numerics.BitOperations.TrailingZeroCount(nulls);
                if (offsets[i] != offsets[i + 1])
                    return false;
            }
        }

        return true;
    }
}

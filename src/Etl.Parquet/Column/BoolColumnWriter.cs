using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet.Column;

/// <summary>Columns of truth values: plain, one bit per value from the low end of each byte.</summary>
internal sealed class BoolColumnWriter(ParquetColumn column, ParquetWriterOptions options, PageCompressor compressor, PageStore store, StagedNumbers<bool> staged)
    : ColumnWriter(column, options, 0, compressor, store)
{
    private readonly bool[] _dense = new bool[RowGroupWriter.BlockRows];
    private int _bits; // bits used in the body's last byte, 0 when it is full
    private (bool False, bool True) _page;
    private (bool False, bool True) _chunk;

    public override void Append(int row, int rows)
    {
        var validity = staged.Validity;
        var present = Bitmap.Compact(staged.Values.Slice(row, rows), validity, row, _dense.AsSpan());
        ReadOnlySpan<bool> values = _dense.AsSpan(0, present);
        while (rows > 0)
        {
            var take = Math.Min(rows, RowsLeft);
            var count = take == rows ? values.Length : Bitmap.Count(validity, row, take);
            foreach (var value in values[..count])
                Add(value);
            Advance(validity, row, take, count, isFull: false);
            values = values[count..];
            row += take;
            rows -= take;
        }
    }

    public override void Clear()
    {
        base.Clear();
        _chunk = default;
    }

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left[0].CompareTo(right[0]);

    protected override Encoding CloseValues(bool last)
    {
        _bits = 0;
        return Encoding.Plain;
    }

    protected override void CloseBounds(ref PageRecord page)
    {
        page.HasBounds = _page.False || _page.True;
        if (page.HasBounds)
        {
            var start = BoundBytes.Length;
            BoundBytes.AppendByte(_page.False ? (byte)0 : (byte)1);
            BoundBytes.AppendByte(_page.True ? (byte)1 : (byte)0);
            page.Min = start..(start + 1);
            page.Max = (start + 1)..(start + 2);
        }

        _chunk = (_chunk.False || _page.False, _chunk.True || _page.True);
        _page = default;
    }

    protected override void ExportBounds(Statistics statistics)
    {
        if (!_chunk.False && !_chunk.True)
            return;
        statistics.Min = [_chunk.False ? (byte)0 : (byte)1];
        statistics.Max = [_chunk.True ? (byte)1 : (byte)0];
        statistics.MinExact = true;
        statistics.MaxExact = true;
    }

    private void Add(bool value)
    {
        if (_bits == 0)
            Body.AppendByte(0);
        if (value)
        {
            Body.Written[^1] |= (byte)(1 << _bits);
            _page.True = true;
        }
        else
        {
            _page.False = true;
        }

        _bits = (_bits + 1) & 7;
    }
}

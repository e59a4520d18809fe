using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet.Column;

/// <summary>Columns of int, long and double: dictionary codes first, plain values from the page on where that stops paying.</summary>
internal sealed class NumberColumnWriter<T> : ColumnWriter
    where T : unmanaged, INumber<T>
{
    private readonly StagedNumbers<T> _staged;
    private readonly NumberDictionary<T> _dictionary = new();
    private readonly T[] _dense = new T[RowGroupWriter.BlockRows];
    private int[] _codes = [];
    private bool _useDictionary;
    private int _entriesBefore; // dictionary entries that closed pages use
    private NumberBounds<T> _page = new();
    private NumberBounds<T> _chunk = new();

    public NumberColumnWriter(ParquetColumn column, ParquetWriterOptions options, PageCompressor compressor, PageStore store, StagedNumbers<T> staged)
        : base(column, options, Unsafe.SizeOf<T>(), compressor, store)
    {
        _staged = staged;
        _useDictionary = options.MaxDictionaryBytes > 0;
    }

    public override long BufferedBytes => base.BufferedBytes + (_useDictionary ? _dictionary.BufferedBytes + (Present * 4L) : _dictionary.Entries.Length);

    public override void Append(int row, int rows)
    {
        var validity = _staged.Validity;
        var present = Bitmap.Count(validity, row, rows);
        ReadOnlySpan<T> values = _staged.Values.Slice(row, rows);
        if (present != rows)
        {
            Bitmap.Compact(values, validity, row, _dense.AsSpan());
            values = _dense.AsSpan(0, present);
        }

        while (rows > 0)
        {
            var take = Math.Min(rows, RowsLeft);
            var count = take == rows ? values.Length : Bitmap.Count(validity, row, take);
            if (count > 0)
                Add(values[..count]);
            Advance(validity, row, take, count, isFull: false);
            values = values[count..];
            row += take;
            rows -= take;
        }
    }

    public override void Clear()
    {
        base.Clear();
        _dictionary.Clear();
        _useDictionary = Options.MaxDictionaryBytes > 0;
        _entriesBefore = 0;
        _chunk = new();
    }

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        MemoryMarshal.Read<T>(left).CompareTo(MemoryMarshal.Read<T>(right));

    protected override Encoding CloseValues(bool last)
    {
        if (!_useDictionary || Present == 0)
            return Encoding.Plain;
        var width = RleHybridEncoder.BitWidth(_dictionary.Count - 1);
        var newEntries = _dictionary.Count - _entriesBefore;
        var size = Unsafe.SizeOf<T>();
        if (DictionaryPolicy.PreferPlain(Pages.Count, last, Present, newEntries, newEntries * (long)size, Present * (long)width / 8, Present * (long)size))
        {
            LeaveDictionary(Present);
            return Encoding.Plain;
        }

        Body.AppendByte((byte)width);
        RleHybridEncoder.Encode(_codes.AsSpan(0, Present), width, Body);
        _entriesBefore = _dictionary.Count;
        return Encoding.RleDictionary;
    }

    protected override void CloseBounds(ref PageRecord page)
    {
        page.Nans = _page.Nans;
        page.HasBounds = _page.HasBounds;
        if (page.HasBounds)
        {
            var (min, max) = _page.Export();
            page.Min = Append(min);
            page.Max = Append(max);
        }

        _chunk.Add(_page);
        _page = new();

        Range Append(T bound)
        {
            var start = BoundBytes.Length;
            MemoryMarshal.Write(BoundBytes.Take(Unsafe.SizeOf<T>()), bound);
            return start..BoundBytes.Length;
        }
    }

    protected override void ExportBounds(Statistics statistics)
    {
        if (typeof(T) == typeof(double))
            statistics.NanCount = _chunk.Nans;
        if (!_chunk.HasBounds)
            return;
        var (min, max) = _chunk.Export();
        statistics.Min = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in min)).ToArray();
        statistics.Max = MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in max)).ToArray();
        statistics.MinExact = true;
        statistics.MaxExact = true;
    }

    protected override ReadOnlySpan<byte> Dictionary(out int entries)
    {
        entries = _entriesBefore;
        return _dictionary.Entries[..(entries * Unsafe.SizeOf<T>())];
    }

    private void Add(ReadOnlySpan<T> values)
    {
        _page.Add(values);
        if (!_useDictionary)
        {
            Body.Append(MemoryMarshal.AsBytes(values));
            return;
        }

        if (_codes.Length < Present + values.Length)
            Array.Resize(ref _codes, Math.Min(MaxPageRows, Math.Max(1024, (Present + values.Length) * 2)));
        _dictionary.Encode(values, _codes.AsSpan(Present, values.Length));
        if (_dictionary.Entries.Length > Options.MaxDictionaryBytes)
            LeaveDictionary(Present + values.Length);
    }

    /// <summary>Turns the open page into plain values and keeps the dictionary as closed pages know it.</summary>
    private void LeaveDictionary(int count)
    {
        var plain = MemoryMarshal.Cast<byte, T>(Body.Take(count * Unsafe.SizeOf<T>()));
        for (var i = 0; i < count; i++)
            plain[i] = _dictionary[_codes[i]];
        _dictionary.Truncate(_entriesBefore);
        _useDictionary = false;
    }
}

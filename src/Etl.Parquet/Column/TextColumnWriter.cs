using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet.Column;

/// <summary>Columns of text: dictionary codes first, plain values (4-byte length, bytes) from the page on where that stops paying.</summary>
internal sealed class TextColumnWriter : ColumnWriter
{
    // Texts of a dictionary so small repeat within a page; their bounds are found once a page, not once a row.
    private const int FewEntries = 1 << 13;

    private readonly StagedText _staged;
    private readonly TextDictionary _dictionary = new();
    private readonly int[] _dense = new int[RowGroupWriter.BlockRows + 1];
    private readonly ByteBuffer _cut = new();
    private readonly TextBounds _page = new();
    private readonly TextBounds _chunk = new();
    private readonly byte[] _met = new byte[FewEntries]; // 1 for an entry that the open page uses and its bounds do not know
    private int[] _codes = [];
    private bool _useDictionary;
    private int _entriesBefore; // dictionary entries that closed pages use,
    private int _entryBytesBefore; // and their bytes
    private long _plainBytes; // of the open page

    public TextColumnWriter(ParquetColumn column, ParquetWriterOptions options, PageCompressor compressor, PageStore store, StagedText staged)
        : base(column, options, 0, compressor, store)
    {
        _staged = staged;
        _useDictionary = options.MaxDictionaryBytes > 0;
    }

    public override long BufferedBytes => base.BufferedBytes + (_useDictionary ? _dictionary.BufferedBytes + (Present * 4L) : _dictionary.Entries.Length);

    public override void Append(int row, int rows)
    {
        var validity = _staged.Validity;
        var present = Bitmap.Count(validity, row, rows);
        // Nulls take no bytes, so the starts of the texts that are there, and the last end, describe them.
        var offsets = _staged.Offsets.Slice(row, rows + 1);
        if (present != rows)
        {
            Bitmap.Compact(offsets[..rows], validity, row, _dense.AsSpan());
            _dense[present] = offsets[rows];
            offsets = _dense.AsSpan(0, present + 1);
        }

        while (rows > 0)
        {
            var take = Math.Min(rows, RowsLeft);
            var count = take == rows ? offsets.Length - 1 : Bitmap.Count(validity, row, take);
            var full = PageBytes(offsets, count) >= Options.MaxPageBytes;
            if (full)
            {
                count = FirstFull(offsets, count);
                take = Bitmap.Select(validity, row, count - 1) + 1;
            }

            if (count > 0)
                Add(offsets[..(count + 1)]);
            Advance(validity, row, take, count, full);
            offsets = offsets[count..];
            row += take;
            rows -= take;
        }
    }

    public override void Clear()
    {
        base.Clear();
        _dictionary.Clear();
        _chunk.Clear();
        _useDictionary = Options.MaxDictionaryBytes > 0;
        _entriesBefore = 0;
        _entryBytesBefore = 0;
    }

    public override int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => left.SequenceCompareTo(right);

    protected override Encoding CloseValues(bool last)
    {
        var plainBytes = _plainBytes;
        _plainBytes = 0;
        if (!_useDictionary || Present == 0)
            return Encoding.Plain;
        var width = RleHybridEncoder.BitWidth(_dictionary.Count - 1);
        var newBytes = _dictionary.Entries.Length - _entryBytesBefore;
        if (DictionaryPolicy.PreferPlain(Pages.Count, last, Present, _dictionary.Count - _entriesBefore, newBytes, Present * (long)width / 8, plainBytes))
        {
            LeaveDictionary(Present);
            return Encoding.Plain;
        }

        Body.AppendByte((byte)width);
        RleHybridEncoder.Encode(_codes.AsSpan(0, Present), width, Body);
        _entriesBefore = _dictionary.Count;
        _entryBytesBefore = _dictionary.Entries.Length;
        return Encoding.RleDictionary;
    }

    protected override void CloseBounds(ref PageRecord page)
    {
        AddMet();
        if (_page.HasBounds && TextBounds.TryCutMax(_page.Max, _cut))
        {
            page.HasBounds = true;
            page.Min = Append(TextBounds.CutMin(_page.Min));
            page.Max = Append(_cut.Written);
        }

        _chunk.Add(_page);
        _page.Clear();

        Range Append(ReadOnlySpan<byte> bound)
        {
            var start = BoundBytes.Length;
            BoundBytes.Append(bound);
            return start..BoundBytes.Length;
        }
    }

    protected override void ExportBounds(Statistics statistics)
    {
        if (!_chunk.HasBounds)
            return;
        statistics.Min = TextBounds.CutMin(_chunk.Min).ToArray();
        statistics.MinExact = _chunk.Min.Length <= TextBounds.MaxBytes;
        if (!TextBounds.TryCutMax(_chunk.Max, _cut))
            return;
        statistics.Max = _cut.Written.ToArray();
        statistics.MaxExact = _chunk.Max.Length <= TextBounds.MaxBytes;
    }

    protected override ReadOnlySpan<byte> Dictionary(out int entries)
    {
        entries = _entriesBefore;
        return _dictionary.Entries[.._entryBytesBefore];
    }

    private long PageBytes(ReadOnlySpan<int> offsets, int count) => _plainBytes + (4L * count) + (offsets[count] - offsets[0]);

    /// <summary>The smallest number of texts that fills the page.</summary>
    private int FirstFull(ReadOnlySpan<int> offsets, int count)
    {
        var low = 1;
        while (low < count)
        {
            var middle = (low + count) / 2;
            if (PageBytes(offsets, middle) >= Options.MaxPageBytes)
                count = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private void Add(ReadOnlySpan<int> offsets)
    {
        var count = offsets.Length - 1;
        _plainBytes = PageBytes(offsets, count);
        if (!_useDictionary)
        {
            _page.Add(_staged.Bytes, offsets);
            AppendPlain(offsets);
            return;
        }

        if (_codes.Length < Present + count)
            Array.Resize(ref _codes, Math.Min(MaxPageRows, Math.Max(1024, (Present + count) * 2)));
        var codes = _codes.AsSpan(Present, count);
        _dictionary.Encode(_staged.Bytes, offsets, codes);
        if (_dictionary.Count <= FewEntries)
        {
            foreach (var code in codes)
                _met[code] = 1;
        }
        else
        {
            _page.Add(_staged.Bytes, offsets);
        }

        if (_dictionary.Entries.Length > Options.MaxDictionaryBytes)
            LeaveDictionary(Present + count);
    }

    private void AppendPlain(ReadOnlySpan<int> offsets)
    {
        var target = Body.Take((4 * (offsets.Length - 1)) + (offsets[^1] - offsets[0]));
        for (var i = 0; i + 1 < offsets.Length; i++)
        {
            var text = _staged.Bytes.AsSpan(offsets[i]..offsets[i + 1]);
            BinaryPrimitives.WriteInt32LittleEndian(target, text.Length);
            text.CopyTo(target[4..]);
            target = target[(4 + text.Length)..];
        }
    }

    /// <summary>Turns the open page into plain values and keeps the dictionary as closed pages know it.</summary>
    private void LeaveDictionary(int count)
    {
        AddMet();
        for (var i = 0; i < count; i++)
            Body.Append(_dictionary[_codes[i]]);
        _dictionary.Truncate(_entriesBefore);
        _useDictionary = false;
    }

    /// <summary>Folds the entries that the open page met into its bounds.</summary>
    private void AddMet()
    {
        if (!_useDictionary)
            return;
        var met = _met.AsSpan(0, Math.Min(_dictionary.Count, FewEntries));
        for (var code = met.IndexOf((byte)1); code >= 0;)
        {
            _page.Add(_dictionary[code][4..]);
            var next = met[(code + 1)..].IndexOf((byte)1);
            code = next < 0 ? -1 : code + 1 + next;
        }

        met.Clear();
    }
}

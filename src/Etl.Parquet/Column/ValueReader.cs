using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;

namespace Etl.Parquet.Column;

/// <summary>Decodes the values of one page at a time, from plain or dictionary encoding, into rows with gaps for nulls.</summary>
internal sealed class ValueReader(ReaderColumn column)
{
    private readonly int[] _codes = new int[1024];
    private byte[] _dictionary = []; // numbers or texts, one behind the other
    private int[] _dictionaryOffsets = [];
    private ParquetSharedText? _texts;
    private int _entries = -1;
    private Encoding _encoding;
    private RleHybridDecoder _runs;
    private int _at; // next plain byte
    private int _bit; // next bit within it, for plain truth values

    /// <summary>Forgets the dictionary.</summary>
    public void Clear()
    {
        _entries = -1;
        _texts = null;
    }

    public void LoadDictionary(ReadOnlySpan<byte> body, int entries)
    {
        if (column.Type == ParquetType.Bool)
            throw new ParquetFormatException("Truth values have a dictionary page; expected none.");
        var width = Width(column.Physical);
        if (width > 0 ? (long)entries * width > body.Length : entries > body.Length / 4)
            throw new ParquetFormatException(FormattableString.Invariant($"The dictionary announces {entries} entries; its {body.Length} bytes hold fewer."));
        PageReader.Grow(ref _dictionary, body.Length + ParquetColumnData.TextSlack);
        if (width == 0)
            LoadTexts(body, entries);
        else
            body.CopyTo(_dictionary);
        _entries = entries;
    }

    private unsafe void LoadTexts(ReadOnlySpan<byte> body, int entries)
    {
        PageReader.Grow(ref _dictionaryOffsets, entries + 1);
        var ends = _dictionaryOffsets;
        ends[0] = 0;
        var (at, end) = (0, 0);
        fixed (byte* from = body, to = _dictionary)
        {
            for (var i = 0; i < entries; i++)
            {
                var length = TextLength(body, at);
                at += 4;
                if (length <= 32 && body.Length - at >= 32)
                    Unsafe.CopyBlockUnaligned(to + end, from + at, 32);
                else
                    Buffer.MemoryCopy(from + at, to + end, length, length);
                at += length;
                end += length;
                ends[i + 1] = end;
            }
        }

        _texts = new ParquetSharedText(_dictionary, end);
    }

    /// <summary>Starts on the values of a page, which begin at <paramref name="start"/>.</summary>
    public void Open(ReadOnlySpan<byte> body, int start, Encoding encoding)
    {
        _encoding = encoding;
        _at = start;
        _bit = 0;
        switch (encoding)
        {
            case Encoding.Plain:
                return;
            case Encoding.RleDictionary or Encoding.PlainDictionary when column.Type != ParquetType.Bool:
                if (_entries < 0)
                    throw new ParquetFormatException("The page refers to a dictionary, and the column chunk has none.");
                _encoding = Encoding.RleDictionary;
                // A page of nulls may have no byte for the width.
                _runs = start < body.Length ? RleHybridDecoder.Create(start + 1, body.Length, body[start]) : RleHybridDecoder.Create(start, start, 1);
                return;
            case Encoding.Rle when column.Type == ParquetType.Bool:
                if (start == body.Length)
                {
                    _runs = RleHybridDecoder.Create(start, start, 1);
                    return;
                }

                var bytes = body.Length - start >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(body[start..]) : -1;
                if (bytes < 0 || bytes > body.Length - start - 4)
                    throw new ParquetFormatException(FormattableString.Invariant($"The truth values announce {bytes} bytes; the page has {body.Length - start - 4} left."));
                _runs = RleHybridDecoder.Create(start + 4, start + 4 + bytes, 1);
                return;
            default:
                throw new ParquetFormatException($"The values are encoded as '{FormatNames.Encoding(encoding)}', which is not supported for {column.Type}; expected PLAIN{(column.Type == ParquetType.Bool ? " or RLE" : ", RLE_DICTIONARY or PLAIN_DICTIONARY")}.");
        }
    }

    /// <summary>Fills <paramref name="rows"/> rows from <paramref name="row"/> on, of which <paramref name="present"/> have values.</summary>
    public void Read(ReadOnlySpan<byte> body, ParquetColumnData data, int row, int rows, int present)
    {
        switch (column.Physical)
        {
            case PhysicalType.Boolean:
                var bools = data.Writable<bool>().Slice(row, rows);
                ReadBools(body, bools[..present]);
                Spread(bools, data.WritableValidity, row, present);
                break;
            case PhysicalType.Int32:
                var int32s = data.Writable<int>().Slice(row, rows);
                ReadNumbers(body, int32s, MemoryMarshal.Cast<byte, int>(Source(body)), present);
                Spread(int32s, data.WritableValidity, row, present);
                break;
            case PhysicalType.Int64:
                var int64s = data.Writable<long>().Slice(row, rows);
                ReadNumbers(body, int64s, MemoryMarshal.Cast<byte, long>(Source(body)), present);
                Spread(int64s, data.WritableValidity, row, present);
                if (column.Scale != 1)
                    Scale(int64s);
                break;
            case PhysicalType.Double:
                var doubles = data.Writable<double>().Slice(row, rows);
                ReadNumbers(body, doubles, MemoryMarshal.Cast<byte, double>(Source(body)), present);
                Spread(doubles, data.WritableValidity, row, present);
                break;
            default:
                if (_encoding != Encoding.Plain && data.Shares(_texts!, row))
                {
                    ReadPlaces(body, data, row, present);
                    Spread(data.WritableStarts.Slice(row, rows), data.WritableValidity, row, present);
                    Spread(data.WritableLengths.Slice(row, rows), data.WritableValidity, row, present);
                    break;
                }

                data.Unshare(row);
                ReadTexts(body, data, row, present);
                SpreadOffsets(data.WritableOffsets.Slice(row, rows + 1), data.WritableValidity, row, present);
                break;
        }
    }

    private static int Width(PhysicalType type) => type switch
    {
        PhysicalType.Int32 => 4,
        PhysicalType.Int64 or PhysicalType.Double => 8,
        _ => 0,
    };

    // Where plain values stand, or the dictionary's.
    private ReadOnlySpan<byte> Source(ReadOnlySpan<byte> body) => _encoding == Encoding.Plain ? body[_at..] : _dictionary;

    // T is not constrained, so that it is compiled ahead for the framework's types (as FixedBuffer is): the caller makes the view that asks for a constraint.
    private void ReadNumbers<T>(ReadOnlySpan<byte> body, Span<T> values, ReadOnlySpan<T> source, int present)
    {
        if (_encoding == Encoding.Plain)
        {
            if (present > source.Length)
                throw TooShort(present);
            source[..present].CopyTo(values);
            _at += present * Unsafe.SizeOf<T>();
            return;
        }

        var dictionary = source[..Math.Max(0, _entries)];
        for (var i = 0; i < present;)
        {
            var codes = NextCodes(body, present - i);
            foreach (var code in codes)
                values[i++] = (uint)code < (uint)dictionary.Length ? dictionary[code] : throw BadCode(code);
        }
    }

    private void ReadBools(ReadOnlySpan<byte> body, Span<bool> values)
    {
        if (_encoding == Encoding.Rle)
        {
            for (var i = 0; i < values.Length;)
            {
                foreach (var code in NextCodes(body, values.Length - i))
                    values[i++] = code != 0;
            }

            return;
        }

        if (values.Length > ((body.Length - _at) * 8L) - _bit)
            throw TooShort(values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ((body[_at] >> _bit) & 1) != 0;
            if (++_bit == 8)
            {
                _bit = 0;
                _at++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadTexts(ReadOnlySpan<byte> body, ParquetColumnData data, int row, int present)
    {
        var offsets = data.WritableOffsets;
        var end = offsets[row];
        if (_encoding == Encoding.Plain)
        {
            for (var i = 0; i < present; i++)
            {
                var length = TextLength(body, _at);
                Copy(body[(_at + 4)..], length, data.WritableText((long)end + length)[end..]);
                _at += 4 + length;
                end += length;
                offsets[row + 1 + i] = end;
            }

            return;
        }

        for (var i = 0; i < present;)
        {
            var codes = NextCodes(body, present - i);
            end = CopyEntries(codes, data, end, offsets[(row + 1 + i)..]);
            i += codes.Length;
        }
    }

    /// <summary>Puts entries of the dictionary behind the texts that end at <paramref name="end"/>; returns where they end, each end in <paramref name="ends"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe int CopyEntries(ReadOnlySpan<int> codes, ParquetColumnData data, int end, Span<int> ends)
    {
        fixed (byte* dictionary = _dictionary)
        fixed (int* starts = _dictionaryOffsets)
        {
            var total = (long)end;
            foreach (var code in codes)
            {
                if ((uint)code >= (uint)_entries)
                    throw BadCode(code);
                total += starts[code + 1] - starts[code];
                // A large dictionary is not in the cache, and its entries are met in any order.
                if (Sse.IsSupported)
                    Sse.Prefetch0(dictionary + starts[code]);
            }

            fixed (byte* text = data.WritableText(total))
            {
                for (var i = 0; i < codes.Length; i++)
                {
                    var from = dictionary + starts[codes[i]];
                    var length = starts[codes[i] + 1] - starts[codes[i]];
                    var to = text + end;
                    // Most texts are short: two vectors, without asking how long exactly. The next text overwrites the surplus.
                    Vector256.Store(Vector256.Load(from), to);
                    Vector256.Store(Vector256.Load(from + 32), to + 32);
                    if (length > 64)
                        Buffer.MemoryCopy(from + 64, to + 64, length - 64, length - 64);
                    end += length;
                    ends[i] = end;
                }
            }
        }

        return end;
    }

    // Where each text stands in the dictionary, instead of the text.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void ReadPlaces(ReadOnlySpan<byte> body, ParquetColumnData data, int row, int present)
    {
        var starts = data.WritableStarts[row..];
        var lengths = data.WritableLengths[row..];
        long total = 0;
        fixed (byte* dictionary = _dictionary)
        fixed (int* offsets = _dictionaryOffsets)
        {
            for (var i = 0; i < present;)
            {
                foreach (var code in NextCodes(body, present - i))
                {
                    if ((uint)code >= (uint)_entries)
                        throw BadCode(code);
                    var start = offsets[code];
                    (starts[i], lengths[i]) = (start, offsets[code + 1] - start);
                    total += lengths[i++];
                    // As above: the texts are read soon, two lines of the cache at once.
                    if (Sse.IsSupported)
                    {
                        Sse.Prefetch0(dictionary + start);
                        Sse.Prefetch0(dictionary + start + ParquetColumnData.TextSlack - 1);
                    }
                }
            }
        }

        data.AddShared(total);
    }

    // One vector as well, where there is room for it: plain texts may end where their page ends.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Copy(ReadOnlySpan<byte> from, int length, Span<byte> to)
    {
        if (length <= Vector256<byte>.Count && from.Length >= Vector256<byte>.Count && to.Length >= Vector256<byte>.Count)
            Vector256.Create(from).CopyTo(to);
        else
            from[..length].CopyTo(to);
    }

    private ReadOnlySpan<int> NextCodes(ReadOnlySpan<byte> body, int wanted)
    {
        var codes = _codes.AsSpan(0, Math.Min(wanted, _codes.Length));
        _runs.Read(body, codes);
        return codes;
    }

    private static int TextLength(ReadOnlySpan<byte> body, int at)
    {
        if (body.Length - at < 4)
            throw new ParquetFormatException("The texts end before the length of the next one.");
        var length = BinaryPrimitives.ReadInt32LittleEndian(body[at..]);
        if (length < 0 || length > body.Length - at - 4)
            throw new ParquetFormatException(FormattableString.Invariant($"A text announces {length} bytes; expected at most the {body.Length - at - 4} left."));
        return length;
    }

    /// <summary>Moves the values at the front to their rows and zeroes the gaps.</summary>
    private static void Spread<T>(Span<T> rows, ReadOnlySpan<ulong> validity, int firstRow, int present)
    {
        var value = present;
        for (var i = rows.Length - 1; i >= value; i--)
            rows[i] = Bitmap.Get(validity, firstRow + i) ? rows[--value] : default!;
    }

    /// <summary>The same for text ends: a null ends where the text before it does.</summary>
    private static void SpreadOffsets(Span<int> offsets, ReadOnlySpan<ulong> validity, int firstRow, int present)
    {
        var value = present;
        for (var i = offsets.Length - 2; i >= value; i--)
            offsets[i + 1] = Bitmap.Get(validity, firstRow + i) ? offsets[value--] : offsets[value];
    }

    private void Scale(Span<long> values)
    {
        foreach (ref var value in values)
        {
            var high = Math.BigMul(value, column.Scale, out var low);
            if (high != low >> 63)
                throw new ParquetFormatException(FormattableString.Invariant($"The timestamp '{value}' milliseconds has no 64-bit count of microseconds."));
            value = low;
        }
    }

    private static ParquetFormatException TooShort(int wanted) =>
        new(FormattableString.Invariant($"The page ends before its values; expected {wanted} more."));

    private ParquetFormatException BadCode(int code) =>
        new(FormattableString.Invariant($"A value refers to dictionary entry {code}; expected 0 to {_entries - 1}."));
}

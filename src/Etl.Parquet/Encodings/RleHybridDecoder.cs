using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Etl.Parquet.Encodings;

/// <summary>Reads what <see cref="RleHybridEncoder"/> describes, a few values at a time. Trusts nothing.</summary>
/// <remarks>Holds no data of its own: the caller passes the same page body to every call. A mutable value type; do not copy.</remarks>
internal struct RleHybridDecoder
{
    private int _at;
    private int _end;
    private int _bitWidth;
    private long _repeatLeft;
    private int _repeatValue;
    private long _packedLeft;
    private long _packedBit;

    /// <summary>Starts at <paramref name="start"/>; nothing at or behind <paramref name="end"/> is read.</summary>
    public static RleHybridDecoder Create(int start, int end, int bitWidth)
    {
        if (bitWidth is < 0 or > 31)
            throw new ParquetFormatException(FormattableString.Invariant($"Values are packed in {bitWidth} bits; expected 0 to 31."));
        return new RleHybridDecoder { _at = start, _end = end, _bitWidth = bitWidth };
    }

    /// <summary>Fills <paramref name="values"/>.</summary>
    public void Read(ReadOnlySpan<byte> body, Span<int> values)
    {
        while (values.Length > 0)
        {
            if (_repeatLeft > 0)
            {
                var take = (int)Math.Min(_repeatLeft, values.Length);
                values[..take].Fill(_repeatValue);
                _repeatLeft -= take;
                values = values[take..];
            }
            else if (_packedLeft > 0)
            {
                var take = (int)Math.Min(_packedLeft, values.Length);
                Unpack(body, values[..take]);
                _packedLeft -= take;
                values = values[take..];
            }
            else
            {
                NextRun(body);
            }
        }
    }

    /// <summary>Reads <paramref name="count"/> values of one bit into <paramref name="bits"/> from <paramref name="targetBit"/> on.</summary>
    public void ReadBits(ReadOnlySpan<byte> body, Span<ulong> bits, int targetBit, int count)
    {
        while (count > 0)
        {
            var take = 0;
            if (_repeatLeft > 0)
            {
                take = (int)Math.Min(_repeatLeft, count);
                if (_repeatValue == 1)
                    Bitmap.Fill(bits, targetBit, take);
                else
                    Bitmap.Clear(bits, targetBit, take);
                _repeatLeft -= take;
            }
            else if (_packedLeft > 0)
            {
                take = (int)Math.Min(_packedLeft, count);
                CopyBits(body, bits, targetBit, take);
                _packedLeft -= take;
            }
            else
            {
                NextRun(body);
            }

            targetBit += take;
            count -= take;
        }
    }

    private void NextRun(ReadOnlySpan<byte> body)
    {
        var header = ReadVarint(body);
        if ((header & 1) == 0)
        {
            _repeatLeft = (long)(header >> 1);
            if (_repeatLeft == 0)
                throw new ParquetFormatException("A repeated run has no values; expected at least one.");
            var bytes = (_bitWidth + 7) / 8;
            if (_end - _at < bytes)
                throw new ParquetFormatException("The packed values end inside a repeated run.");
            var value = 0;
            for (var i = 0; i < bytes; i++)
                value |= body[_at++] << (8 * i);
            if (value < 0 || (_bitWidth < 31 && value >> _bitWidth != 0))
                throw new ParquetFormatException(FormattableString.Invariant($"A repeated run holds '{value}'; expected at most {_bitWidth} bits."));
            _repeatValue = value;
            return;
        }

        var groups = (long)(header >> 1);
        // A last group may be cut short by writers that do not pad; the values that are there count.
        var available = _bitWidth == 0 ? long.MaxValue : (_end - _at) * 8L / _bitWidth;
        _packedLeft = Math.Min(groups * 8, available);
        if (_packedLeft == 0)
            throw new ParquetFormatException("The packed values end where a run of them should follow.");
        _packedBit = _at * 8L;
        _at = (int)Math.Min(_end, _at + groups * _bitWidth);
    }

    private ulong ReadVarint(ReadOnlySpan<byte> body)
    {
        ulong value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (_at >= _end)
                throw new ParquetFormatException("The packed values end where a run should start: fewer values than the page announces.");
            var b = body[_at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }

        throw new ParquetFormatException("A run's header is longer than 5 bytes.");
    }

    private unsafe void Unpack(ReadOnlySpan<byte> body, Span<int> values)
    {
        var mask = (1UL << _bitWidth) - 1;
        var bit = _packedBit;
        var i = 0;
        // A pointer: code that was compiled ahead calls the framework for each slice of a span, and a process that reads one file is over before that is optimised.
        fixed (byte* from = body)
        {
            var end = BitConverter.IsLittleEndian ? ((long)body.Length - 8) << 3 | 7 : -1; // the last bit whose byte has seven more behind it
            for (; i < values.Length && bit <= end; i++, bit += _bitWidth)
                values[i] = (int)((Unsafe.ReadUnaligned<ulong>(from + (bit >> 3)) >> (int)(bit & 7)) & mask);
        }

        for (; i < values.Length; i++, bit += _bitWidth)
            values[i] = (int)((LastWord(body, (int)(bit >> 3)) >> (int)(bit & 7)) & mask);
        _packedBit = bit;
    }

    private void CopyBits(ReadOnlySpan<byte> body, Span<ulong> bits, int targetBit, int count)
    {
        Span<ulong> one = stackalloc ulong[1];
        while (count > 0)
        {
            // 56 bits: what is left of a word for any bit offset within its first byte.
            var take = Math.Min(count, 56);
            one[0] = LastWord(body, (int)(_packedBit >> 3)) >> (int)(_packedBit & 7);
            Bitmap.Copy(one, 0, bits, targetBit, take);
            _packedBit += take;
            targetBit += take;
            count -= take;
        }
    }

    private static ulong LastWord(ReadOnlySpan<byte> body, int at)
    {
        if (at + 8 <= body.Length)
            return BinaryPrimitives.ReadUInt64LittleEndian(body[at..]);
        ulong word = 0;
        for (var i = 0; at + i < body.Length; i++)
            word |= (ulong)body[at + i] << (8 * i);
        return word;
    }
}

using System.Buffers.Binary;

namespace Etl.Parquet.Encodings;

/// <summary>A byte array that grows and is kept for reuse. Not thread safe.</summary>
internal sealed class ByteBuffer(int capacity = 256)
{
    private byte[] _bytes = new byte[capacity];

    /// <summary>Bytes in use.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes that fit before the buffer grows.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>The bytes in use; valid until the next call that adds.</summary>
    public Span<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>The backing array; valid until the next call that adds.</summary>
    public byte[] Array => _bytes;

    public void Clear() => Length = 0;

    /// <summary>Forgets what lies behind <paramref name="length"/>, or claims bytes that were filled through <see cref="Reserve"/>.</summary>
    public void SetLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_bytes.Length);
        Length = length;
    }

    /// <summary>Makes room for <paramref name="count"/> more bytes and returns that room without claiming it.</summary>
    public Span<byte> Reserve(int count)
    {
        if (count > _bytes.Length - Length)
            Grow(count);
        return _bytes.AsSpan(Length, count);
    }

    /// <summary>Claims <paramref name="count"/> more bytes and returns them, not cleared.</summary>
    public Span<byte> Take(int count)
    {
        var room = Reserve(count);
        Length += count;
        return room;
    }

    public void Append(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void AppendByte(byte value)
    {
        if (Length == _bytes.Length)
            Grow(1);
        _bytes[Length++] = value;
    }

    public void AppendInt32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    /// <summary>Base-128, least significant group first, high bit set on all bytes but the last.</summary>
    public void AppendVarint(ulong value)
    {
        while (value >= 0x80)
        {
            AppendByte((byte)(value | 0x80));
            value >>= 7;
        }

        AppendByte((byte)value);
    }

    private void Grow(int count)
    {
        var need = (long)Length + count;
        if (need > System.Array.MaxLength)
            throw new InvalidOperationException(FormattableString.Invariant($"A Parquet buffer would need {need} bytes; expected at most {System.Array.MaxLength}. Use smaller batches."));
        System.Array.Resize(ref _bytes, (int)Math.Min(System.Array.MaxLength, Math.Max(need, _bytes.Length * 2L)));
    }
}

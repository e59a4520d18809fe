namespace Etl.Parquet.RowGroup;

/// <summary>Finished pages of the open row group, of all columns in the order they were finished.</summary>
/// <remarks>Segments are kept for the next row group, so memory is that of the largest row group, rounded up to a segment.</remarks>
internal sealed class PageStore
{
    private const int SegmentBytes = 1 << 18;

    private readonly List<byte[]> _segments = [];

    /// <summary>Bytes in use.</summary>
    public long Length { get; private set; }

    public void Clear() => Length = 0;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var index = (int)(Length / SegmentBytes);
            var at = (int)(Length % SegmentBytes);
            if (index == _segments.Count)
                _segments.Add(new byte[SegmentBytes]);
            var take = Math.Min(bytes.Length, SegmentBytes - at);
            bytes[..take].CopyTo(_segments[index].AsSpan(at));
            Length += take;
            bytes = bytes[take..];
        }
    }

    /// <summary>Writes a range that was appended.</summary>
    public void CopyTo(CountingOutput output, long start, long length)
    {
        while (length > 0)
        {
            var at = (int)(start % SegmentBytes);
            var take = (int)Math.Min(length, SegmentBytes - at);
            output.Write(_segments[(int)(start / SegmentBytes)].AsSpan(at, take));
            start += take;
            length -= take;
        }
    }
}

/// <summary>Writes to a stream and knows the position, so that the stream need not.</summary>
internal sealed class CountingOutput(Stream stream)
{
    /// <summary>Bytes written so far.</summary>
    public long Position { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        Position += bytes.Length;
    }

    public void Flush() => stream.Flush();
}

namespace Etl.Sandbox.Collect;

/// <summary>A file in memory that only grows, in segments of a mebibyte: no limit of 2 GB and no copying.</summary>
internal sealed class SegmentStream : Stream
{
    private const int Segment = 1 << 20;

    private readonly List<byte[]> _segments = [];
    private long _length;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        count = (int)Math.Min(Math.Min(count, Segment - Position % Segment), _length - Position);
        if (count <= 0)
            return 0;
        Array.Copy(_segments[(int)(Position / Segment)], Position % Segment, buffer, offset, count);
        Position += count;
        return count;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        while (count > 0)
        {
            if (Position / Segment == _segments.Count)
                _segments.Add(new byte[Segment]);
            var part = (int)Math.Min(count, Segment - Position % Segment);
            Array.Copy(buffer, offset, _segments[(int)(Position / Segment)], Position % Segment, part);
            (Position, offset, count) = (Position + part, offset + part, count - part);
            _length = Math.Max(_length, Position);
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => _length = value;
}

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// One version of a blob as a stream that can seek. Small reads are served from aligned pieces that are kept, the last used longest;
/// larger ones go past them. Memory: at most <see cref="Pieces"/> × <see cref="PieceBytes"/> and one request, 16 MiB, taken once and used again: large
/// arrays that come and go with each read are collected late. Waits on the calling thread.
/// </summary>
/// <param name="length">The blob's length.</param>
/// <param name="read">Fills the memory from an offset on, completely.</param>
internal sealed class BlobReadStream(long length, Func<long, Memory<byte>, Task> read) : Stream
{
    /// <summary>A footer of a daily file fits into one; a column's next page often is in the same.</summary>
    public const int PieceBytes = 256 << 10;

    private const int Pieces = 48;

    /// <summary>Most bytes of one request.</summary>
    private const int RequestBytes = 4 << 20;

    private readonly Dictionary<long, byte[]> _pieces = [];
    private readonly LinkedList<long> _used = new();
    private byte[] _large = [];
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A position is not negative.");
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var left = length - _position;
        if (left <= 0 || buffer.Length == 0) return 0;
        var count = (int)Math.Min(buffer.Length, left);
        if (count > PieceBytes)
        {
            count = Math.Min(count, RequestBytes);
            if (_large.Length < count) _large = new byte[count];
            Fetch(_position, _large.AsMemory(0, count));
            _large.AsSpan(0, count).CopyTo(buffer);
        }
        else
        {
            var index = _position / PieceBytes;
            var piece = Piece(index).AsSpan((int)(_position - index * PieceBytes));
            count = Math.Min(count, piece.Length);
            piece[..count].CopyTo(buffer);
        }
        _position += count;
        return count;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private byte[] Piece(long index)
    {
        if (_pieces.TryGetValue(index, out var piece))
        {
            _used.Remove(index);
        }
        else
        {
            var bytes = (int)Math.Min(PieceBytes, length - index * PieceBytes);
            if (_pieces.Count == Pieces)
            {
                _pieces.Remove(_used.First!.Value, out piece);
                _used.RemoveFirst();
            }
            if (piece?.Length != bytes) piece = new byte[bytes];
            Fetch(index * PieceBytes, piece);
            _pieces.Add(index, piece);
        }
        _used.AddLast(index);
        return piece;
    }

    // On a thread of its own: the caller's may be the only one of its context, and the answer would wait for it.
    private void Fetch(long offset, Memory<byte> into) => Task.Run(() => read(offset, into)).GetAwaiter().GetResult();
}

using System.Security.Cryptography;

namespace Etl.Parsing;

/// <summary>Passes a file on to the CSV reader and meanwhile counts, hashes, limits and checks its bytes for UTF-8, which that reader does not do.</summary>
internal sealed class CheckedStream(Stream inner, long limit) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _tail = new byte[8];
    private byte[] _head = [];
    private int _headUsed;
    private int _tailLength;

    internal long Bytes { get; private set; }

    internal byte LastByte { get; private set; }

    /// <summary>True once a read found the end.</summary>
    internal bool IsEnded { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => Bytes;
        set => throw new NotSupportedException();
    }

    /// <summary>
    /// Looks at the start: returns the error object that came instead of a file, null for a file.
    /// </summary>
    internal async Task<ServiceError?> InspectAsync(CancellationToken cancellation)
    {
        const int MaxErrorBytes = 1 << 20;
        _head = new byte[4096];
        var length = 0;
        while (true)
        {
            var got = await ReadInnerAsync(_head.AsMemory(length), cancellation).ConfigureAwait(false);
            length += got;
            // Errors come as a JSON object, or as XML from where the form of the answer cannot be chosen: both are read whole.
            var isError = length > 0 && _head[0] is (byte)'{' or (byte)'<';
            if (got == 0 || (length >= 3 && !isError) || length > MaxErrorBytes) break;
            if (length == _head.Length) Array.Resize(ref _head, length * 2);
        }
        Array.Resize(ref _head, length);
        if (length == 0)
            throw new ReportFormatException(ReportFormatException.EmptyBody, "The file is empty; where the service refuses a file it says why in the headers only.", 0);
        if (_head[0] is (byte)'{' or (byte)'<')
        {
            if (ServiceErrorReader.TryRead(_head) is { } error) return error;
            throw _head[0] == (byte)'<'
                ? new ReportFormatException(ReportFormatException.Html, "The reply is markup instead of a CSV file, such as the error page of a proxy.", 0)
                : new ReportFormatException(ReportFormatException.NotJson, "The reply is neither a CSV file nor an error object.", 0);
        }
        return null;
    }

    internal string Hash() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    public override int Read(Span<byte> buffer)
    {
        if (TakeHead(buffer, out var given)) return given;
        var got = inner.Read(buffer);
        Admit(buffer[..got]);
        return got;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        TakeHead(buffer.Span, out var given) ? given : await ReadInnerAsync(buffer, cancellationToken).ConfigureAwait(false);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _hash.Dispose();
        base.Dispose(disposing);
    }

    private async ValueTask<int> ReadInnerAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var got = await inner.ReadAsync(buffer, cancellation).ConfigureAwait(false);
        Admit(buffer.Span[..got]);
        return got;
    }

    private bool TakeHead(Span<byte> buffer, out int given)
    {
        given = Math.Min(_head.Length - _headUsed, buffer.Length);
        if (given == 0) return false;
        _head.AsSpan(_headUsed, given).CopyTo(buffer);
        _headUsed += given;
        return true;
    }

    private void Admit(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            IsEnded = true;
            if (_tailLength > 0) throw new ReportFormatException(ReportFormatException.Truncated, $"The file ends at byte {Bytes}, inside a character.", Bytes);
            return;
        }
        _hash.AppendData(bytes);
        var start = Bytes;
        Bytes += bytes.Length;
        LastByte = bytes[^1];
        if (Bytes > limit)
            throw new ReportFormatException(ReportFormatException.TooLarge, $"The file is larger than {limit} bytes, the limit for one file.", limit);
        // 1. Finish the character that the bytes before left open.
        while (_tailLength > 0 && !bytes.IsEmpty)
        {
            _tail[_tailLength++] = bytes[0];
            bytes = bytes[1..];
            start++;
            var sequence = _tail.AsSpan(0, _tailLength);
            if (Utf8Check.Whole(sequence) != sequence.Length && _tailLength < 4) continue;
            if (Utf8Check.FindFault(sequence) >= 0) throw Fault(start - _tailLength);
            _tailLength = 0;
        }
        // 2. Check the rest but for a character that it leaves open.
        var whole = Utf8Check.Whole(bytes);
        var fault = Utf8Check.FindFault(bytes[..whole]);
        if (fault >= 0) throw Fault(start + fault);
        if (whole == bytes.Length) return;
        bytes[whole..].CopyTo(_tail);
        _tailLength = bytes.Length - whole;
    }

    private static ReportFormatException Fault(long place) => new(ReportFormatException.BadUtf8, $"The file is not UTF-8 at byte {place}.", place);
}

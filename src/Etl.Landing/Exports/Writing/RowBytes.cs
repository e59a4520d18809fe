using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Etl.Landing.Exports.Writing;

/// <summary>Takes the bytes of one row and keeps them until the next is begun.</summary>
internal sealed class RowBytes : Stream
{
    private const int SeedBytes = 32;

    private byte[] _buffer = new byte[4096];
    private int _length = SeedBytes;

    /// <summary>The row; valid until the next one is begun.</summary>
    public ReadOnlyMemory<byte> Row => _buffer.AsMemory(SeedBytes, _length - SeedBytes);

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Begins a row.</summary>
    public void Begin() => _length = SeedBytes;

    /// <summary>Makes the row part of every row's content from now on: the row of headers, since the same cells under other headers are other facts.</summary>
    public void Seed() => SHA256.HashData(Row.Span, _buffer.AsSpan(0, SeedBytes));

    /// <summary>The first 128 bits of SHA-256 over the seed and the row.</summary>
    public UInt128 Content()
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_buffer.AsSpan(0, _length), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (_buffer.Length - _length < buffer.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + buffer.Length));
        buffer.CopyTo(_buffer.AsSpan(_length));
        _length += buffer.Length;
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}

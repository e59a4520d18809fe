using System.Security.Cryptography;
using System.Text;

namespace Etl.Landing.Exports.Writing;

/// <summary>Takes the text of one row and keeps its bytes in UTF-8. A half surrogate becomes U+FFFD.</summary>
internal sealed class RowBytes : TextWriter
{
    private const int SeedBytes = 32;

    private byte[] _buffer = new byte[4096];
    private int _length = SeedBytes;

    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <summary>The row; valid until the next one is begun.</summary>
    public ReadOnlyMemory<byte> Row => _buffer.AsMemory(SeedBytes, _length - SeedBytes);

    /// <summary>Begins a row.</summary>
    public void Begin() => _length = SeedBytes;

    /// <summary>Makes the row part of every row's content from now on: the row of headers, since the same cells under other headers are other facts.</summary>
    public void Seed() => SHA256.HashData(Row.Span, _buffer.AsSpan(0, SeedBytes));

    /// <summary>The first 128 bits of SHA-256 over the seed and the row.</summary>
    public UInt128 Content()
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(_buffer.AsSpan(0, _length), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <inheritdoc/>
    public override void Write(char value) => Write([value]);

    /// <inheritdoc/>
    public override void Write(string? value) => Write(value.AsSpan());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer)
    {
        var most = Encoding.UTF8.GetMaxByteCount(buffer.Length);
        if (_buffer.Length - _length < most) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + most));
        _length += Encoding.UTF8.GetBytes(buffer, _buffer.AsSpan(_length));
    }

    /// <summary>Takes bytes that are UTF-8 already.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (_buffer.Length - _length < bytes.Length) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }
}

using System.IO.Compression;
using Etl.Parquet.Encodings;

namespace Etl.Parquet.Compression;

/// <summary>Compresses page bodies with one codec. Owns its scratch buffer; not thread safe.</summary>
internal sealed class PageCompressor(ParquetCodec codec)
{
    private readonly ByteBuffer _output = new();
    private readonly SnappyEncoder _snappy = new();
    private BufferStream? _gzipTarget;

    /// <summary>The compressed form of <paramref name="body"/>; valid until the next call. Without a codec, the body itself.</summary>
    public ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> body)
    {
        if (codec == ParquetCodec.None)
            return body;
        _output.Clear();
        if (codec == ParquetCodec.Snappy)
        {
            var written = _snappy.Compress(body, _output.Reserve(SnappyEncoder.MaxCompressedBytes(body.Length)));
            _output.SetLength(written);
            return _output.Written;
        }

        // The framework's gzip cannot be reset, so each page costs one small object.
        _gzipTarget ??= new BufferStream(_output);
        using (var gzip = new GZipStream(_gzipTarget, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(body);
        return _output.Written;
    }

    /// <summary>A write-only stream over a buffer.</summary>
    private sealed class BufferStream(ByteBuffer buffer) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> bytes) => buffer.Append(bytes);

        public override void Write(byte[] bytes, int offset, int count) => buffer.Append(bytes.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] bytes, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}

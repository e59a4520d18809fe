using System.Numerics;
using Etl.Parquet.Compression;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet.Column;

/// <summary>Steps through the pages of one column chunk, with one restored page in memory. Trusts nothing.</summary>
internal sealed class PageReader(FileSource source)
{
    /// <summary>Largest page body that is restored. Ours end near 1 MiB; 256 MiB leaves room for one value of the writer's limit.</summary>
    public const int MaxPageBytes = 256 << 20;

    private const int HeaderWindow = 256;
    private const int MaxHeaderBytes = 16 << 20;

    private byte[] _stored = new byte[HeaderWindow];
    private byte[] _body = [];
    private CompressionCodec _codec;
    private long _at;
    private long _end;

    /// <summary>Number of the current page within the chunk, from zero; -1 before the first.</summary>
    public int Number { get; private set; } = -1;

    /// <summary>Where the current page's header starts in the file.</summary>
    public long Offset { get; private set; }

    public PageHeader Header { get; private set; }

    public int HeaderBytes { get; private set; }

    /// <summary>The restored body after <see cref="LoadBody"/>; valid until the next page.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(0, Header.Bytes);

    public void Start(ChunkMetadata chunk)
    {
        _codec = chunk.Codec;
        _at = chunk.Start;
        _end = chunk.Start + chunk.CompressedBytes;
        Offset = _at;
        Number = -1;
    }

    /// <summary>Moves to the next page and reads its header; false at the end of the chunk.</summary>
    public bool Next()
    {
        if (_at >= _end)
            return false;
        Number++;
        Offset = _at;
        Header = ReadHeader(out var length);
        HeaderBytes = length;
        if (Header.CompressedBytes > _end - _at - length)
            throw new ParquetFormatException(FormattableString.Invariant($"A page announces {Header.CompressedBytes} stored bytes; expected at most the {_end - _at - length} left in the column chunk."));
        _at += length + Header.CompressedBytes;
        return true;
    }

    /// <summary>Reads and restores the current page's body.</summary>
    public void LoadBody()
    {
        var header = Header;
        if (header.Bytes > MaxPageBytes)
            throw new ParquetFormatException(FormattableString.Invariant($"A page announces {header.Bytes} bytes; expected at most {MaxPageBytes}."));
        var levels = header.Type == PageType.DataV2 ? header.RepetitionBytes + (long)header.DefinitionBytes : 0;
        if (levels > header.Bytes || levels > header.CompressedBytes)
            throw new ParquetFormatException(FormattableString.Invariant($"A page announces {levels} bytes of levels; expected at most its {Math.Min(header.Bytes, header.CompressedBytes)} bytes."));
        var plain = (int)levels;
        var codec = header.IsCompressed ? _codec : CompressionCodec.Uncompressed;
        var (stored, bytes) = (header.CompressedBytes - plain, header.Bytes - plain);
        if (stored > 0 || bytes > 0)
            PageDecompressor.CheckSize(codec, stored, bytes);
        Grow(ref _body, header.Bytes);

        var start = Offset + HeaderBytes;
        source.Read(start, _body.AsSpan(0, plain));
        if (codec == CompressionCodec.Uncompressed)
        {
            source.Read(start + plain, _body.AsSpan(plain, bytes));
        }
        else if (stored > 0)
        {
            Grow(ref _stored, stored);
            source.Read(start + plain, _stored.AsSpan(0, stored));
            PageDecompressor.Decompress(codec, _stored, 0, stored, _body.AsSpan(plain, bytes));
        }
    }

    /// <summary>Makes room; what was there is lost. Powers of two, so that pages of about one size do not grow the buffer each a little.</summary>
    internal static void Grow<T>(ref T[] buffer, int count)
    {
        if (buffer.Length < count)
            buffer = new T[Math.Min(Array.MaxLength, BitOperations.RoundUpToPowerOf2((uint)count))];
    }

    private PageHeader ReadHeader(out int length)
    {
        for (var window = HeaderWindow; ; window *= 4)
        {
            var bytes = (int)Math.Min(window, _end - _at);
            Grow(ref _stored, bytes);
            source.Read(_at, _stored.AsSpan(0, bytes));
            try
            {
                return PageHeader.Read(_stored.AsSpan(0, bytes), out length);
            }
            catch (ParquetFormatException e) when (bytes == window && window < MaxHeaderBytes && CouldBeLonger(e))
            {
                // Statistics of long text can make a header longer than the window.
            }
        }
    }

    private static bool CouldBeLonger(ParquetFormatException e) => e.InnerException is EndOfStreamException;
}

using System.IO.Compression;
using Etl.Parquet.Metadata;

namespace Etl.Parquet.Compression;

/// <summary>Restores page bodies. Trusts neither the bytes nor the announced size.</summary>
internal static class PageDecompressor
{
    // Deflate's longest match is 258 bytes in about 2 bits.
    private const int MaxGzipRatio = 1032;

    /// <summary>Refuses a size that so many compressed bytes cannot yield, before anything is allocated for it.</summary>
    public static void CheckSize(CompressionCodec codec, int compressedBytes, int bytes)
    {
        var most = codec switch
        {
            CompressionCodec.Uncompressed => compressedBytes,
            CompressionCodec.Snappy => compressedBytes * (long)SnappyDecoder.MaxRatio,
            CompressionCodec.Gzip => compressedBytes * (long)MaxGzipRatio,
            _ => throw new ParquetFormatException($"Pages are compressed with '{FormatNames.Codec(codec)}', which is not supported; expected UNCOMPRESSED, SNAPPY or GZIP."),
        };
        if (bytes > most || (codec == CompressionCodec.Uncompressed && bytes != most))
            throw new ParquetFormatException(FormattableString.Invariant($"A page announces {bytes} bytes from {compressedBytes} stored bytes of {FormatNames.Codec(codec)}; expected at most {most}."));
    }

    /// <summary>Fills <paramref name="target"/> exactly.</summary>
    public static void Decompress(CompressionCodec codec, byte[] source, int start, int length, Span<byte> target)
    {
        switch (codec)
        {
            case CompressionCodec.Uncompressed:
                source.AsSpan(start, length).CopyTo(target);
                return;
            case CompressionCodec.Snappy:
                SnappyDecoder.Decompress(source.AsSpan(start, length), target);
                return;
            default:
                Gunzip(source, start, length, target);
                return;
        }
    }

    private static void Gunzip(byte[] source, int start, int length, Span<byte> target)
    {
        try
        {
            using var gzip = new GZipStream(new MemoryStream(source, start, length, writable: false), CompressionMode.Decompress);
            var read = gzip.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
            if (read != target.Length || gzip.ReadByte() >= 0)
                throw new ParquetFormatException(FormattableString.Invariant($"A gzip page yields {(read == target.Length ? "more than " : "")}{read} bytes; expected {target.Length}."));
        }
        catch (InvalidDataException e)
        {
            throw new ParquetFormatException($"A gzip page is damaged: {e.Message}", e);
        }
    }
}

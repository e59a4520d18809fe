using System.Collections.Concurrent;

namespace Etl.Parquet.Compression;

/// <summary>The compressors of a file: as many as threads compress at once. Thread safe.</summary>
internal sealed class PageCompressors(ParquetCodec codec)
{
    private readonly ConcurrentBag<PageCompressor> _free = [];

    /// <summary>One that nobody else has until it is given back.</summary>
    public PageCompressor Rent() => _free.TryTake(out var compressor) ? compressor : new PageCompressor(codec);

    /// <summary>Takes one back.</summary>
    public void Return(PageCompressor compressor) => _free.Add(compressor);
}

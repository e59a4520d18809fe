namespace Etl.Parquet;

/// <summary>What the footer says of a row group.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Bytes">Bytes of its pages when restored, headers included.</param>
/// <param name="CompressedBytes">Bytes of its pages in the file, headers included.</param>
/// <param name="Columns">One chunk per column of the schema, in that order.</param>
public sealed record ParquetRowGroupFacts(long Rows, long Bytes, long CompressedBytes, IReadOnlyList<ParquetChunkFacts> Columns);

/// <summary>What the footer says of a column chunk.</summary>
/// <param name="Codec">The format's name, such as <c>SNAPPY</c>; also for codecs that cannot be read here.</param>
/// <param name="Encodings">The format's names, such as <c>PLAIN</c>, <c>RLE</c> (levels) and <c>RLE_DICTIONARY</c>.</param>
/// <param name="Values">Rows, nulls included.</param>
/// <param name="Bytes">Bytes when restored, headers included.</param>
/// <param name="CompressedBytes">Bytes in the file, headers included.</param>
/// <param name="Offset">Where the chunk starts in the file.</param>
/// <param name="HasDictionary">True when the chunk starts with a dictionary page.</param>
/// <param name="Statistics">Null when the file has none.</param>
/// <param name="HasPageIndex">True when the file says where the chunk's pages are.</param>
public sealed record ParquetChunkFacts(
    string Codec,
    IReadOnlyList<string> Encodings,
    long Values,
    long Bytes,
    long CompressedBytes,
    long Offset,
    bool HasDictionary,
    ParquetStatistics? Statistics,
    bool HasPageIndex);

/// <summary>Bounds and counts of a column chunk or page. What the file does not say is null.</summary>
/// <param name="NullCount">Nulls.</param>
/// <param name="NanCount">NaN values; they are outside of the bounds.</param>
/// <param name="Min">No value is below: a bool, int (days for dates), long (microseconds for timestamps), double or string.</param>
/// <param name="Max">No value is above.</param>
/// <param name="IsMinExact">True when <paramref name="Min"/> occurs; false when it may be a cut text.</param>
/// <param name="IsMaxExact">True when <paramref name="Max"/> occurs.</param>
public sealed record ParquetStatistics(long? NullCount, long? NanCount, object? Min, object? Max, bool? IsMinExact, bool? IsMaxExact);

/// <summary>A page as its header describes it.</summary>
/// <param name="Kind"><c>DICTIONARY</c>, <c>DATA</c>, <c>DATA_V2</c> or <c>INDEX</c>.</param>
/// <param name="Encoding">The format's name.</param>
/// <param name="Values">Rows of a data page, entries of a dictionary.</param>
/// <param name="Offset">Where the header starts in the file.</param>
/// <param name="HeaderBytes">Bytes of the header.</param>
/// <param name="Bytes">Bytes of the body when restored.</param>
/// <param name="CompressedBytes">Bytes of the body in the file.</param>
public sealed record ParquetPageFacts(string Kind, string Encoding, int Values, long Offset, int HeaderBytes, int Bytes, int CompressedBytes);

/// <summary>A data page as the page index describes it.</summary>
/// <param name="Offset">Where the header starts in the file.</param>
/// <param name="Bytes">Header and stored body.</param>
/// <param name="FirstRow">Its first row, counted from the start of the row group.</param>
/// <param name="IsNull">True when the page holds nothing but nulls; null when the file has no bounds for its pages.</param>
/// <param name="Statistics">Null when the file has no bounds for its pages.</param>
public sealed record ParquetPageIndexEntry(long Offset, int Bytes, long FirstRow, bool? IsNull, ParquetStatistics? Statistics);

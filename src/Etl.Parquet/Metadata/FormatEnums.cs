namespace Etl.Parquet.Metadata;

// The numbers are the format's own: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

internal enum PhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    Int96 = 3,
    Float = 4,
    Double = 5,
    ByteArray = 6,
    FixedLenByteArray = 7,
}

internal enum ConvertedType
{
    Utf8 = 0,
    Enum = 4,
    Date = 6,
    TimestampMillis = 9,
    TimestampMicros = 10,
    UInt8 = 11,
    UInt16 = 12,
    Int8 = 15,
    Int16 = 16,
    Int32 = 17,
    Int64 = 18,
    Json = 19,
}

internal enum Repetition
{
    Required = 0,
    Optional = 1,
    Repeated = 2,
}

internal enum Encoding
{
    Plain = 0,
    PlainDictionary = 2,
    Rle = 3,
    BitPacked = 4,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}

internal enum CompressionCodec
{
    Uncompressed = 0,
    Snappy = 1,
    Gzip = 2,
    Lzo = 3,
    Brotli = 4,
    Lz4 = 5,
    Zstd = 6,
    Lz4Raw = 7,
}

internal enum PageType
{
    Data = 0,
    Index = 1,
    Dictionary = 2,
    DataV2 = 3,
}

internal enum BoundaryOrder
{
    Unordered = 0,
    Ascending = 1,
    Descending = 2,
}

/// <summary>The format's spelling of its numbers, for facts and messages.</summary>
internal static class FormatNames
{
    public static string Codec(CompressionCodec codec) => codec switch
    {
        CompressionCodec.Uncompressed => "UNCOMPRESSED",
        CompressionCodec.Snappy => "SNAPPY",
        CompressionCodec.Gzip => "GZIP",
        CompressionCodec.Lzo => "LZO",
        CompressionCodec.Brotli => "BROTLI",
        CompressionCodec.Lz4 => "LZ4",
        CompressionCodec.Zstd => "ZSTD",
        CompressionCodec.Lz4Raw => "LZ4_RAW",
        _ => FormattableString.Invariant($"codec {(int)codec}"),
    };

    public static string Encoding(Encoding encoding) => encoding switch
    {
        Metadata.Encoding.Plain => "PLAIN",
        Metadata.Encoding.PlainDictionary => "PLAIN_DICTIONARY",
        Metadata.Encoding.Rle => "RLE",
        Metadata.Encoding.BitPacked => "BIT_PACKED",
        Metadata.Encoding.DeltaBinaryPacked => "DELTA_BINARY_PACKED",
        Metadata.Encoding.DeltaLengthByteArray => "DELTA_LENGTH_BYTE_ARRAY",
        Metadata.Encoding.DeltaByteArray => "DELTA_BYTE_ARRAY",
        Metadata.Encoding.RleDictionary => "RLE_DICTIONARY",
        Metadata.Encoding.ByteStreamSplit => "BYTE_STREAM_SPLIT",
        _ => FormattableString.Invariant($"encoding {(int)encoding}"),
    };
}

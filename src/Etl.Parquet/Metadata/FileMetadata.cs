namespace Etl.Parquet.Metadata;

/// <summary>What the footer says of the file, before it is checked against a schema.</summary>
internal sealed class FileMetadata
{
    public long Rows { get; set; }

    public string? CreatedBy { get; set; }

    public List<SchemaElement> Schema { get; } = [];

    public List<RowGroupMetadata> RowGroups { get; } = [];

    public List<KeyValuePair<string, string>> KeyValues { get; } = [];

    /// <summary>Per leaf column, true when its bounds follow the order that the type defines.</summary>
    public List<bool> ColumnOrders { get; } = [];
}

/// <summary>One node of the schema tree, depth first.</summary>
internal sealed class SchemaElement
{
    public PhysicalType? Type { get; set; }

    public Repetition? Repetition { get; set; }

    public string Name { get; set; } = "";

    public int? Children { get; set; }

    public int? Converted { get; set; }

    public LogicalType Logical { get; set; }
}

/// <summary>The format's logical type: the union's field number and what the choices say that matter here.</summary>
internal record struct LogicalType(int Kind, int Unit, bool IsAdjustedToUtc, int BitWidth, bool IsSigned)
{
    public const int String = 1;
    public const int Enum = 4;
    public const int Date = 6;
    public const int Timestamp = 8;
    public const int Integer = 10;
    public const int Json = 12;
    public const int Millis = 1;
    public const int Micros = 2;
}

/// <summary>One row group in the footer.</summary>
internal sealed class RowGroupMetadata
{
    public long Rows { get; set; }

    public long Bytes { get; set; }

    public long CompressedBytes { get; set; }

    public long Offset { get; set; }

    public List<ChunkMetadata> Chunks { get; init; } = [];
}

/// <summary>One column chunk in the footer. Offsets count from the start of the file.</summary>
internal sealed class ChunkMetadata
{
    public bool HasMetadata { get; set; }

    public PhysicalType Type { get; set; }

    public string? FilePath { get; set; }

    public string Path { get; set; } = "";

    public int PathLength { get; set; }

    /// <summary>Numbers of <see cref="Encoding"/>: a list of a type of ours would be compiled anew by each process that opens a file.</summary>
    public List<int> Encodings { get; } = [];

    public CompressionCodec Codec { get; set; }

    public long Values { get; set; }

    public long Bytes { get; set; }

    public long CompressedBytes { get; set; }

    public long DataOffset { get; set; }

    public long? DictionaryOffset { get; set; }

    public Statistics? Statistics { get; set; }

    /// <summary>Pages by type and encoding. Written only.</summary>
    public List<PageCount> EncodingStats { get; } = [];

    public long? OffsetIndexOffset { get; set; }

    public int OffsetIndexBytes { get; set; }

    public long? ColumnIndexOffset { get; set; }

    public int ColumnIndexBytes { get; set; }

    /// <summary>First byte of the chunk: its dictionary page if there is one.</summary>
    public long Start => DictionaryOffset is { } d && d > 0 && d < DataOffset ? d : DataOffset;
}

/// <summary>How many pages of a column chunk are of one type and encoding.</summary>
internal sealed class PageCount(PageType type, Encoding encoding)
{
    public PageType Type => type;

    public Encoding Encoding => encoding;

    public int Pages { get; set; }
}

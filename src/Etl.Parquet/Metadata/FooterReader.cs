namespace Etl.Parquet.Metadata;

/// <summary>Reads the footer's structure; what it means is checked by <see cref="SchemaMapping"/> and the file reader.</summary>
internal static class FooterReader
{
    public static FileMetadata Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        var file = new FileMetadata();
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 2:
                    for (var n = reader.List(CompactWriter.StructType); n > 0; n--)
                        file.Schema.Add(ReadElement(ref reader));
                    break;
                case 3:
                    file.Rows = reader.Int64();
                    break;
                case 4:
                    for (var n = reader.List(CompactWriter.StructType); n > 0; n--)
                        file.RowGroups.Add(ReadRowGroup(ref reader));
                    break;
                case 5:
                    for (var n = reader.List(CompactWriter.StructType); n > 0; n--)
                        file.KeyValues.Add(ReadKeyValue(ref reader));
                    break;
                case 6:
                    file.CreatedBy = reader.String();
                    break;
                case 7:
                    for (var n = reader.List(CompactWriter.StructType); n > 0; n--)
                        file.ColumnOrders.Add(ReadUnion(ref reader) == 1);
                    break;
                case 8:
                    throw new ParquetFormatException("The file is encrypted, which is not supported.");
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return file;
    }

    private static SchemaElement ReadElement(ref CompactReader reader)
    {
        var element = new SchemaElement();
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    element.Type = (PhysicalType)reader.Int32();
                    break;
                case 3:
                    element.Repetition = (Repetition)reader.Int32();
                    break;
                case 4:
                    element.Name = reader.String();
                    break;
                case 5:
                    element.Children = reader.Int32();
                    break;
                case 6:
                    element.Converted = reader.Int32();
                    break;
                case 10:
                    element.Logical = ReadLogicalType(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return element;
    }

    private static LogicalType ReadLogicalType(ref CompactReader reader)
    {
        var result = new LogicalType();
        var outer = reader.BeginStructField();
        while (reader.NextField(out var kind))
        {
            result.Kind = kind;
            var inner = reader.BeginStructField();
            while (reader.NextField(out var id))
            {
                switch (kind, id)
                {
                    case (LogicalType.Timestamp, 1):
                        result.IsAdjustedToUtc = reader.Bool();
                        break;
                    case (LogicalType.Timestamp, 2):
                        var unitOuter = reader.BeginStructField();
                        result.Unit = ReadUnionFields(ref reader);
                        reader.EndStruct(unitOuter);
                        break;
                    case (LogicalType.Integer, 1):
                        result.BitWidth = reader.Int8();
                        break;
                    case (LogicalType.Integer, 2):
                        result.IsSigned = reader.Bool();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }

            reader.EndStruct(inner);
        }

        reader.EndStruct(outer);
        return result;
    }

    private static RowGroupMetadata ReadRowGroup(ref CompactReader reader)
    {
        var group = new RowGroupMetadata();
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    for (var n = reader.List(CompactWriter.StructType); n > 0; n--)
                        group.Chunks.Add(ReadChunk(ref reader));
                    break;
                case 2:
                    group.Bytes = reader.Int64();
                    break;
                case 3:
                    group.Rows = reader.Int64();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return group;
    }

    private static ChunkMetadata ReadChunk(ref CompactReader reader)
    {
        var chunk = new ChunkMetadata();
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    chunk.FilePath = reader.String();
                    break;
                case 3:
                    ReadChunkMetadata(ref reader, chunk);
                    break;
                case 4:
                    chunk.OffsetIndexOffset = reader.Int64();
                    break;
                case 5:
                    chunk.OffsetIndexBytes = reader.Int32();
                    break;
                case 6:
                    chunk.ColumnIndexOffset = reader.Int64();
                    break;
                case 7:
                    chunk.ColumnIndexBytes = reader.Int32();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return chunk;
    }

    private static void ReadChunkMetadata(ref CompactReader reader, ChunkMetadata chunk)
    {
        chunk.HasMetadata = true;
        var outer = reader.BeginStructField();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    chunk.Type = (PhysicalType)reader.Int32();
                    break;
                case 2:
                    for (var n = reader.List(CompactWriter.Int32Type); n > 0; n--)
                        chunk.Encodings.Add(reader.Int32Element());
                    break;
                case 3:
                    chunk.PathLength = reader.List(CompactWriter.BinaryType);
                    for (var n = chunk.PathLength; n > 0; n--)
                        chunk.Path = System.Text.Encoding.UTF8.GetString(reader.BinaryElement());
                    break;
                case 4:
                    chunk.Codec = (CompressionCodec)reader.Int32();
                    break;
                case 5:
                    chunk.Values = reader.Int64();
                    break;
                case 6:
                    chunk.Bytes = reader.Int64();
                    break;
                case 7:
                    chunk.CompressedBytes = reader.Int64();
                    break;
                case 9:
                    chunk.DataOffset = reader.Int64();
                    break;
                case 11:
                    chunk.DictionaryOffset = reader.Int64();
                    break;
                case 12:
                    chunk.Statistics = Statistics.Read(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
    }

    private static KeyValuePair<string, string> ReadKeyValue(ref CompactReader reader)
    {
        var (key, value) = ("", "");
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    key = reader.String();
                    break;
                case 2:
                    value = reader.String();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        return new(key, value);
    }

    private static int ReadUnion(ref CompactReader reader)
    {
        var outer = reader.BeginStruct();
        var choice = ReadUnionFields(ref reader);
        reader.EndStruct(outer);
        return choice;
    }

    private static int ReadUnionFields(ref CompactReader reader)
    {
        var choice = 0;
        while (reader.NextField(out var id))
        {
            choice = id;
            reader.Skip();
        }

        return choice;
    }
}

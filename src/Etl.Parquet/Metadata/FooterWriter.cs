namespace Etl.Parquet.Metadata;

/// <summary>Writes the footer's structure.</summary>
internal static class FooterWriter
{
    public static void Write(CompactWriter writer, ParquetSchema schema, long rows, IReadOnlyList<RowGroupMetadata> groups, IReadOnlyList<KeyValuePair<string, string>> keyValues)
    {
        writer.BeginElement();
        writer.Int32(1, 1); // Every reader knows version 1; 2 has no agreed meaning.
        WriteSchema(writer, schema);
        writer.Int64(3, rows);
        writer.List(4, CompactWriter.StructType, groups.Count);
        for (var i = 0; i < groups.Count; i++)
            WriteRowGroup(writer, groups[i], i);
        if (keyValues.Count > 0)
        {
            writer.List(5, CompactWriter.StructType, keyValues.Count);
            foreach (var (key, value) in keyValues)
            {
                writer.BeginElement();
                writer.String(1, key);
                writer.String(2, value);
                writer.End();
            }
        }

        writer.String(6, "etl version 0.1.0");
        writer.List(7, CompactWriter.StructType, schema.Columns.Count);
        foreach (var _ in schema.Columns)
        {
            writer.BeginElement();
            writer.Empty(1); // The order that the type defines.
            writer.End();
        }

        writer.End();
    }

    private static void WriteSchema(CompactWriter writer, ParquetSchema schema)
    {
        writer.List(2, CompactWriter.StructType, schema.Columns.Count + 1);
        writer.BeginElement();
        writer.String(4, "schema");
        writer.Int32(5, schema.Columns.Count);
        writer.End();
        foreach (var column in schema.Columns)
        {
            writer.BeginElement();
            writer.Int32(1, (int)SchemaMapping.Physical(column.Type));
            writer.Int32(3, (int)Repetition.Optional);
            writer.String(4, column.Name);
            WriteMeaning(writer, column.Type);
            writer.End();
        }
    }

    private static void WriteMeaning(CompactWriter writer, ParquetType type)
    {
        switch (type)
        {
            case ParquetType.Text:
                writer.Int32(6, (int)ConvertedType.Utf8);
                writer.Begin(10);
                writer.Empty(LogicalType.String);
                writer.End();
                break;
            case ParquetType.Date:
                writer.Int32(6, (int)ConvertedType.Date);
                writer.Begin(10);
                writer.Empty(LogicalType.Date);
                writer.End();
                break;
            case ParquetType.Timestamp:
                writer.Int32(6, (int)ConvertedType.TimestampMicros);
                writer.Begin(10);
                writer.Begin(LogicalType.Timestamp);
                writer.Bool(1, true); // adjusted to UTC
                writer.Begin(2);
                writer.Empty(LogicalType.Micros);
                writer.End();
                writer.End();
                writer.End();
                break;
            default:
                break; // The physical type says it all.
        }
    }

    private static void WriteRowGroup(CompactWriter writer, RowGroupMetadata group, int ordinal)
    {
        writer.BeginElement();
        writer.List(1, CompactWriter.StructType, group.Chunks.Count);
        foreach (var chunk in group.Chunks)
            WriteChunk(writer, chunk);
        writer.Int64(2, group.Bytes);
        writer.Int64(3, group.Rows);
        writer.Int64(5, group.Offset);
        writer.Int64(6, group.CompressedBytes);
        if (ordinal <= short.MaxValue)
            writer.Int16(7, (short)ordinal);
        writer.End();
    }

    private static void WriteChunk(CompactWriter writer, ChunkMetadata chunk)
    {
        writer.BeginElement();
        writer.Int64(2, 0);
        writer.Begin(3);
        writer.Int32(1, (int)chunk.Type);
        writer.List(2, CompactWriter.Int32Type, chunk.Encodings.Count);
        foreach (var encoding in chunk.Encodings)
            writer.NumberElement(encoding);
        writer.List(3, CompactWriter.BinaryType, 1);
        writer.BinaryElement(System.Text.Encoding.UTF8.GetBytes(chunk.Path));
        writer.Int32(4, (int)chunk.Codec);
        writer.Int64(5, chunk.Values);
        writer.Int64(6, chunk.Bytes);
        writer.Int64(7, chunk.CompressedBytes);
        writer.Int64(9, chunk.DataOffset);
        if (chunk.DictionaryOffset is { } dictionary)
            writer.Int64(11, dictionary);
        chunk.Statistics?.Write(writer, 12);
        writer.List(13, CompactWriter.StructType, chunk.EncodingStats.Count);
        foreach (var stat in chunk.EncodingStats)
        {
            writer.BeginElement();
            writer.Int32(1, (int)stat.Type);
            writer.Int32(2, (int)stat.Encoding);
            writer.Int32(3, stat.Pages);
            writer.End();
        }

        writer.End();
        if (chunk.OffsetIndexOffset is { } offsetIndex)
        {
            writer.Int64(4, offsetIndex);
            writer.Int32(5, chunk.OffsetIndexBytes);
        }

        if (chunk.ColumnIndexOffset is { } columnIndex)
        {
            writer.Int64(6, columnIndex);
            writer.Int32(7, chunk.ColumnIndexBytes);
        }

        writer.End();
    }
}

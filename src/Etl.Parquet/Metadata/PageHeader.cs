namespace Etl.Parquet.Metadata;

/// <summary>What stands in front of each page.</summary>
internal record struct PageHeader
{
    public PageType Type { get; set; }

    /// <summary>Bytes of the body when restored.</summary>
    public int Bytes { get; set; }

    /// <summary>Bytes of the body as stored.</summary>
    public int CompressedBytes { get; set; }

    /// <summary>Rows of a data page (nulls included), or entries of a dictionary page.</summary>
    public int Values { get; set; }

    public Encoding Encoding { get; set; }

    public Encoding LevelEncoding { get; set; }

    /// <summary>Version 2 only: bytes of the repetition and definition levels, which stand uncompressed in front.</summary>
    public int RepetitionBytes { get; set; }

    public int DefinitionBytes { get; set; }

    public bool IsCompressed { get; set; }

    public static void WriteData(CompactWriter writer, int bytes, int compressedBytes, int rows, Encoding encoding)
    {
        writer.BeginElement();
        writer.Int32(1, (int)PageType.Data);
        writer.Int32(2, bytes);
        writer.Int32(3, compressedBytes);
        writer.Begin(5);
        writer.Int32(1, rows);
        writer.Int32(2, (int)encoding);
        writer.Int32(3, (int)Encoding.Rle);
        writer.Int32(4, (int)Encoding.Rle);
        writer.End();
        writer.End();
    }

    public static void WriteDictionary(CompactWriter writer, int bytes, int compressedBytes, int entries)
    {
        writer.BeginElement();
        writer.Int32(1, (int)PageType.Dictionary);
        writer.Int32(2, bytes);
        writer.Int32(3, compressedBytes);
        writer.Begin(7);
        writer.Int32(1, entries);
        writer.Int32(2, (int)Encoding.Plain);
        writer.End();
        writer.End();
    }

    /// <summary>Reads a header; <paramref name="length"/> is how many bytes it takes.</summary>
    /// <exception cref="ParquetFormatException">With an <see cref="EndOfStreamException"/> as cause when the bytes end too early.</exception>
    public static PageHeader Read(ReadOnlySpan<byte> bytes, out int length)
    {
        var reader = new CompactReader(bytes);
        var header = new PageHeader { Type = (PageType)(-1), Bytes = -1, CompressedBytes = -1, IsCompressed = true, LevelEncoding = Encoding.Rle };
        var details = -1;
        var outer = reader.BeginStruct();
        while (reader.NextField(out var id))
        {
            switch (id)
            {
                case 1:
                    header.Type = (PageType)reader.Int32();
                    break;
                case 2:
                    header.Bytes = reader.Int32();
                    break;
                case 3:
                    header.CompressedBytes = reader.Int32();
                    break;
                case 5 or 7 or 8:
                    details = id;
                    ReadDetails(ref reader, ref header, id);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
        length = reader.Position;
        var expected = header.Type switch { PageType.Data => 5, PageType.Dictionary => 7, PageType.DataV2 => 8, _ => details };
        if (header.Bytes < 0 || header.CompressedBytes < 0 || header.Values < 0 || header.RepetitionBytes < 0 || header.DefinitionBytes < 0 || details != expected)
            throw new ParquetFormatException(FormattableString.Invariant($"A page header of type {(int)header.Type} is incomplete or negative: {header.Bytes} bytes, {header.CompressedBytes} stored, {header.Values} values."));
        return header;
    }

    private static void ReadDetails(ref CompactReader reader, ref PageHeader header, int kind)
    {
        var outer = reader.BeginStructField();
        while (reader.NextField(out var id))
        {
            switch (kind, id)
            {
                case (_, 1):
                    header.Values = reader.Int32();
                    break;
                case (5, 2) or (7, 2) or (8, 4):
                    header.Encoding = (Encoding)reader.Int32();
                    break;
                case (5, 3):
                    header.LevelEncoding = (Encoding)reader.Int32();
                    break;
                case (8, 5):
                    header.DefinitionBytes = reader.Int32();
                    break;
                case (8, 6):
                    header.RepetitionBytes = reader.Int32();
                    break;
                case (8, 7):
                    header.IsCompressed = reader.Bool();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        reader.EndStruct(outer);
    }
}

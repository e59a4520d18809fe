using System.Buffers.Binary;
using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;

namespace Etl.Parquet.Tests;

/// <summary>Puts a file of one column together as other writers do: choices that our writer never makes.</summary>
internal sealed class ForeignFile
{
    public PhysicalType Type { get; init; } = PhysicalType.Int32;

    public Repetition Repetition { get; init; } = Repetition.Optional;

    public ConvertedType? Converted { get; init; }

    public Action<CompactWriter>? Logical { get; init; }

    public CompressionCodec Codec { get; init; }

    public int Rows { get; init; }

    /// <summary>Dictionary page body and its entries.</summary>
    public (byte[] Body, int Entries)? Dictionary { get; init; }

    /// <summary>Data pages: levels (no length prefix), values, rows.</summary>
    public List<(byte[] Levels, byte[] Values, int Rows)> Pages { get; init; } = [];

    public Encoding Encoding { get; init; }

    /// <summary>Of these pages alone, by their number; the others have the one of all.</summary>
    public Dictionary<int, Encoding> EncodingOf { get; init; } = [];

    public bool IsVersion2 { get; init; }

    /// <summary>Version 2 only.</summary>
    public bool IsCompressed { get; init; } = true;

    public byte[] Build()
    {
        var file = new ByteBuffer();
        var writer = new CompactWriter(file);
        file.Append("PAR1"u8);
        if (Dictionary is var (body, entries))
        {
            var stored = Compress(body);
            PageHeader.WriteDictionary(writer, body.Length, stored.Length, entries);
            file.Append(stored);
        }

        var dataOffset = file.Length;
        for (var page = 0; page < Pages.Count; page++)
        {
            var (levels, values, rows) = Pages[page];
            var encoding = EncodingOf.GetValueOrDefault(page, Encoding);
            if (IsVersion2)
                WriteVersion2(writer, levels, values, rows, encoding);
            else
                WriteVersion1(writer, levels, values, rows, encoding);
        }

        var end = file.Length;
        WriteFooter(writer, dataOffset, end);
        file.AppendInt32(file.Length - end);
        file.Append("PAR1"u8);
        return file.Written.ToArray();
    }

    private void WriteVersion1(CompactWriter writer, byte[] levels, byte[] values, int rows, Encoding encoding)
    {
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, levels.Length);
        byte[] body = Repetition == Repetition.Required ? values : [.. length, .. levels, .. values];
        var stored = Compress(body);
        PageHeader.WriteData(writer, body.Length, stored.Length, rows, encoding);
        writer.Output.Append(stored);
    }

    private void WriteVersion2(CompactWriter writer, byte[] levels, byte[] values, int rows, Encoding encoding)
    {
        var stored = IsCompressed ? Compress(values) : values;
        writer.BeginElement();
        writer.Int32(1, (int)PageType.DataV2);
        writer.Int32(2, levels.Length + values.Length);
        writer.Int32(3, levels.Length + stored.Length);
        writer.Begin(8);
        writer.Int32(1, rows);
        writer.Int32(2, 0);
        writer.Int32(3, rows);
        writer.Int32(4, (int)encoding);
        writer.Int32(5, levels.Length);
        writer.Int32(6, 0);
        if (!IsCompressed)
            writer.Bool(7, false);
        writer.End();
        writer.End();
        writer.Output.Append(levels);
        writer.Output.Append(stored);
    }

    private byte[] Compress(byte[] body) => Codec switch
    {
        CompressionCodec.Snappy => new PageCompressor(ParquetCodec.Snappy).Compress(body).ToArray(),
        CompressionCodec.Gzip => new PageCompressor(ParquetCodec.Gzip).Compress(body).ToArray(),
        _ => body,
    };

    private void WriteFooter(CompactWriter writer, long dataOffset, long end)
    {
        writer.BeginElement();
        writer.Int32(1, 2);
        writer.List(2, CompactWriter.StructType, 2);
        writer.BeginElement();
        writer.String(4, "root");
        writer.Int32(5, 1);
        writer.End();
        writer.BeginElement();
        writer.Int32(1, (int)Type);
        writer.Int32(3, (int)Repetition);
        writer.String(4, "c");
        if (Converted is { } converted)
            writer.Int32(6, (int)converted);
        if (Logical is not null)
        {
            writer.Begin(10);
            Logical(writer);
            writer.End();
        }

        writer.End();
        writer.Int64(3, Rows);
        writer.List(4, CompactWriter.StructType, 1);
        writer.BeginElement();
        writer.List(1, CompactWriter.StructType, 1);
        writer.BeginElement();
        writer.Int64(2, 4);
        writer.Begin(3);
        writer.Int32(1, (int)Type);
        writer.List(2, CompactWriter.Int32Type, 1);
        writer.NumberElement((int)Encoding);
        writer.List(3, CompactWriter.BinaryType, 1);
        writer.BinaryElement("c"u8);
        writer.Int32(4, (int)Codec);
        writer.Int64(5, Rows);
        writer.Int64(6, end - 4);
        writer.Int64(7, end - 4);
        writer.Int64(9, dataOffset);
        if (Dictionary is not null)
            writer.Int64(11, 4);
        writer.End();
        writer.End();
        writer.Int64(2, end - 4);
        writer.Int64(3, Rows);
        writer.End();
        writer.End();
    }
}

using System.Text;
using Etl.Parquet;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>Small Parquet files of every type, codec and layout that our writer has.</summary>
internal static class ParquetShapes
{
    public static IEnumerable<byte[]> All()
    {
        foreach (var codec in Enum.GetValues<ParquetCodec>())
        {
            yield return File(3, codec, groupRows: 1000, pageRows: 1000);
            yield return File(40, codec, groupRows: 25, pageRows: 10);
            yield return File(0, codec, groupRows: 10, pageRows: 10);
            yield return Rows(60, codec);
        }
        yield return Groups(5);
        yield return Columns(12);
    }

    public static byte[] Rows(int rows, ParquetCodec codec) => Write(new ParquetSchema([new("a", ParquetType.Int64)]), new ParquetWriterOptions { Codec = codec }, writer =>
    {
        writer.WriteInt64(0, Enumerable.Range(0, rows).Select(i => i * 2654435761L).ToArray(), []);
        writer.EndBatch(rows);
    });

    public static byte[] Groups(int groups) => Write(new ParquetSchema([new("a", ParquetType.Int32)]), new ParquetWriterOptions { MaxRowGroupRows = 1 }, writer =>
    {
        writer.WriteInt32(0, Enumerable.Range(0, Math.Max(groups, 1)).ToArray(), []);
        writer.EndBatch(Math.Max(groups, 1));
    });

    public static byte[] Columns(int columns) => Write(new ParquetSchema(Enumerable.Range(0, Math.Max(columns, 1)).Select(i => new ParquetColumn($"c{i}", ParquetType.Bool))), new ParquetWriterOptions(), writer =>
    {
        for (var c = 0; c < Math.Max(columns, 1); c++) writer.WriteBool(c, [true, false], []);
        writer.EndBatch(2);
    });

    private static byte[] File(int rows, ParquetCodec codec, int groupRows, int pageRows)
    {
        var schema = new ParquetSchema(Enum.GetValues<ParquetType>().Select(t => new ParquetColumn($"{t}", t)));
        return Write(schema, new ParquetWriterOptions { Codec = codec, MaxRowGroupRows = groupRows, MaxPageRows = pageRows }, writer =>
        {
            var validity = new ulong[(rows / 64) + 1];
            for (var i = 0; i < rows; i++) if (i % 5 != 0) validity[i / 64] |= 1UL << (i % 64);
            var texts = Enumerable.Range(0, rows).Select(i => i % 5 == 0 ? "" : $"text {i % 4}").ToArray();
            int[] offsets = [0, .. texts.Select((_, i) => texts[..(i + 1)].Sum(t => t.Length))];
            foreach (var (type, column) in schema.Columns.Select((c, i) => (c.Type, i)))
            {
                switch (type)
                {
                    case ParquetType.Bool: writer.WriteBool(column, Values(rows, i => i % 3 == 0), validity); break;
                    case ParquetType.Int32 or ParquetType.Date: writer.WriteInt32(column, Values(rows, i => i % 7), validity); break;
                    case ParquetType.Int64 or ParquetType.Timestamp: writer.WriteInt64(column, Values(rows, i => i * 1_000_003L), validity); break;
                    case ParquetType.Double: writer.WriteDouble(column, Values(rows, i => i / 3.0), validity); break;
                    default: writer.WriteText(column, Encoding.UTF8.GetBytes(string.Concat(texts)), offsets, validity); break;
                }
            }
            writer.EndBatch(rows);
        });
    }

    private static T[] Values<T>(int rows, Func<int, T> value) => [.. Enumerable.Range(0, rows).Select(value)];

    private static byte[] Write(ParquetSchema schema, ParquetWriterOptions options, Action<ParquetWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new ParquetWriter(stream, schema, options))
        {
            write(writer);
            writer.Complete(new Dictionary<string, string> { ["etl.format"] = "1" });
        }
        return stream.ToArray();
    }
}
